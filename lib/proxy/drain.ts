/** How long a proxy may take to end. */
import { AppError } from '../errors.js';
import type { InstallConfiguration } from '../install/schema.js';
import { parseDuration } from '../source/duration.js';

/** How to end. */
export interface CloseOptions {
  /**
   * How long running requests may take to end: a duration such as `10s`, or milliseconds. Left out, `transport.lifeCycle` of
   * the entry points decides. 0 ends at once.
   */
  readonly drain?: string | number;
}

/** Milliseconds. */
export interface DrainTimes {
  /** How long connections are still accepted. */
  readonly grace: number;
  /** How long what runs then may take. */
  readonly limit: number;
}

const milliseconds = (nanoseconds: bigint): number => Number(nanoseconds / 1_000_000n);

/** The times of the options, or the longest of all entry points. Throws ERR_FAIRLEAD_CONFIG for what is no duration. */
export function drainTimes({ drain }: CloseOptions, { entryPoints }: InstallConfiguration): DrainTimes {
  if (drain !== undefined) return { grace: 0, limit: typeof drain === 'number' ? drain : written(drain) };
  const cycles = Object.values(entryPoints).map(({ transport }) => transport.lifeCycle);
  return {
    grace: Math.max(0, ...cycles.map(({ requestAcceptGraceTimeout }) => milliseconds(requestAcceptGraceTimeout))),
    limit: Math.max(0, ...cycles.map(({ graceTimeOut }) => milliseconds(graceTimeOut))),
  };
}

function written(drain: string): number {
  const parsed = parseDuration(drain);
  if (parsed === undefined || parsed < 0n) throw new AppError('ERR_FAIRLEAD_CONFIG', `"${drain}" is no duration`);
  return milliseconds(parsed);
}
