/** The verdict of a soak, and its text. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SoakRequest } from './arguments.js';
import type { Ledger } from './ledger.js';
import type { Sample } from './samples.js';
import { SERIES, type Trend, trendOf } from './series.js';

/** What is left in the proxy once all traffic has ended; each number must be what stands beside it. */
export interface AtRest {
  /** Client connections; 0. */
  readonly connections: number;
  /** Requests; 0. */
  readonly requestsActive: number;
  /** Upgraded connections; 0. */
  readonly upgradesActive: number;
  /** Configurations; 1. */
  readonly snapshotsLive: number;
  /** Of the drain; 0. */
  readonly exitCode: number | undefined;
}

/** The whole result. */
export interface Summary {
  readonly minutes: number;
  readonly warmupMinutes: number;
  readonly samples: number;
  readonly trends: readonly Trend[];
  readonly counts: Ledger['counts'];
  readonly exchanges: number;
  readonly documentedFailures: number;
  readonly unexpectedFailures: number;
  /** By reason, from the counters of the data plane. */
  readonly reasons: Readonly<Record<string, number>>;
  /** CPU of the proxy in percent of one core. */
  readonly cpuPercent: number;
  readonly atRest: AtRest;
  /** Every sentence is a failure. */
  readonly faults: readonly string[];
}

const RESTED: AtRest = { connections: 0, requestsActive: 0, upgradesActive: 0, snapshotsLive: 1, exitCode: 0 };

/** Judges. */
export function summarise(
  { warmupMinutes }: SoakRequest,
  samples: readonly Sample[],
  ledger: Ledger,
  reasons: Summary['reasons'],
  atRest: AtRest,
): Summary {
  const trends = SERIES.map((series) => trendOf(series, samples, warmupMinutes * 60));
  const last = samples.at(-1);
  return {
    minutes: (last?.seconds ?? 0) / 60,
    warmupMinutes,
    samples: samples.length,
    trends,
    counts: ledger.counts,
    exchanges: ledger.done,
    documentedFailures: ledger.documented,
    unexpectedFailures: ledger.unexpected,
    reasons,
    cpuPercent: (100 * ((last?.cpuSeconds ?? 0) - (samples[0]?.cpuSeconds ?? 0))) / Math.max(1, last?.seconds ?? 0),
    atRest,
    faults: faultsOf(trends, ledger, atRest),
  };
}

function faultsOf(trends: readonly Trend[], ledger: Ledger, atRest: AtRest): readonly string[] {
  const slopes = trends
    .filter(({ isBeyond }) => isBeyond)
    .map(
      ({ name, line, unit, limitPerHour }) =>
        `${name} grows by ${line.slope.toFixed(2)} ${unit}/h (limit ${limitPerHour?.toFixed(2) ?? ''})`,
    );
  const failures = ledger.unexpected > 0 ? [`${ledger.unexpected} failures that nothing explains`] : [];
  const left = (Object.keys(RESTED) as (keyof AtRest)[])
    .filter((key) => atRest[key] !== RESTED[key])
    .map((key) => `at rest ${key} is ${atRest[key] ?? 'unknown'} instead of ${RESTED[key] ?? ''}`);
  return [...slopes, ...failures, ...left];
}

/** Writes summary.json. */
export function writeSummary(summary: Summary, directory: string): void {
  writeFileSync(join(directory, 'summary.json'), `${JSON.stringify(summary, undefined, 2)}\n`);
}

/** For the terminal. */
export function textOf(summary: Summary): string {
  const { minutes, samples, exchanges, documentedFailures, unexpectedFailures, cpuPercent, faults } = summary;
  const rows = summary.trends.map(({ name, unit, first, last, line, percentPerHour, isBeyond }) => {
    const slope = `${line.slope.toFixed(2)} ± ${line.error.toFixed(2)} ${unit}/h (${percentPerHour.toFixed(1)} %/h)`;
    return `  ${name.padEnd(24)} ${first.toFixed(1).padStart(9)} → ${last.toFixed(1).padStart(9)}  ${slope}${isBeyond ? '  BEYOND ITS LIMIT' : ''}`;
  });
  return `${minutes.toFixed(1)} minutes, ${samples} samples, ${exchanges} exchanges, proxy at ${cpuPercent.toFixed(1)} % of a core
failures: ${documentedFailures} explained by a killed server, ${unexpectedFailures} by nothing
${rows.join('\n')}
${faults.length === 0 ? 'no slope, nothing left behind' : faults.map((fault) => `FAULT: ${fault}`).join('\n')}
`;
}
