/** What is watched over the whole soak, and how fast it may grow. */
import type { Sample } from './samples.js';
import { type Line, type Point, fit, least, middle, perMinute } from './slopes.js';

/** One figure over time. */
export interface Series {
  readonly name: string;
  readonly unit: string;
  readonly of: (sample: Sample) => number;
  /** How the samples of a minute become one. */
  readonly reduce: (values: readonly number[]) => number;
  /** The greatest slope per hour: in percent of the start, or in the unit. Absent for what is only shown. */
  readonly limit?: { readonly percent: number } | { readonly units: number };
}

/** In the order of the plot. */
export const SERIES: readonly Series[] = [
  { name: 'RSS', unit: 'MB', of: ({ rssBytes }) => rssBytes / 1e6, reduce: middle, limit: { percent: 5 } },
  // The least of a minute: what is left after a collection.
  {
    name: 'V8 heap',
    unit: 'MB',
    of: ({ heapUsedBytes }) => heapUsedBytes / 1e6,
    reduce: least,
    limit: { percent: 10 },
  },
  { name: 'descriptors', unit: '', of: ({ descriptors }) => descriptors, reduce: middle, limit: { units: 10 } },
  { name: 'threads', unit: '', of: ({ threads }) => threads, reduce: middle, limit: { units: 0.5 } },
  { name: 'snapshots', unit: '', of: ({ snapshotsLive }) => snapshotsLive, reduce: middle, limit: { units: 1 } },
  { name: 'connections', unit: '', of: ({ connections }) => connections, reduce: middle, limit: { units: 10 } },
  // A pool keeps what the busiest moment so far took, so a few steps in an hour are no leak.
  { name: 'buffers', unit: 'MB', of: ({ buffersBytes }) => buffersBytes / 1e6, reduce: middle, limit: { units: 3 } },
  { name: 'latency p50', unit: 'µs', of: ({ p50 }) => p50, reduce: middle, limit: { percent: 30 } },
  { name: 'latency p99', unit: 'µs', of: ({ p99 }) => p99, reduce: middle },
  { name: 'failures not explained', unit: '', of: ({ unexpected }) => unexpected, reduce: middle },
];

/** A series with its line. */
export interface Trend {
  readonly name: string;
  readonly unit: string;
  readonly first: number;
  readonly last: number;
  readonly line: Line;
  /** Slope as percent of the line's start per hour. */
  readonly percentPerHour: number;
  readonly limitPerHour: number | undefined;
  /** The slope is beyond its limit, and more than twice its standard error away from it. */
  readonly isBeyond: boolean;
}

/** The trend of `series` in the samples after the warm-up. */
export function trendOf(series: Series, samples: readonly Sample[], warmupSeconds: number): Trend {
  const points = pointsOf(series, samples).filter(({ hours }) => hours * 3600 >= warmupSeconds);
  const minutes = perMinute(points, series.reduce);
  const line = fit(minutes);
  const limitPerHour = limitOf(series, minutes);
  const certain = line.slope - 2 * line.error;
  return {
    name: series.name,
    unit: series.unit,
    first: minutes[0]?.value ?? NaN,
    last: minutes.at(-1)?.value ?? NaN,
    line,
    percentPerHour: line.start === 0 ? 0 : (100 * line.slope) / line.start,
    limitPerHour,
    isBeyond: limitPerHour !== undefined && certain > limitPerHour,
  };
}

/** The samples of a series that are known. */
export function pointsOf({ of }: Series, samples: readonly Sample[]): readonly Point[] {
  return samples
    .map((sample) => ({ hours: sample.seconds / 3600, value: of(sample) }))
    .filter(({ value }) => Number.isFinite(value));
}

/** A share is one of the mean: where a line begins may be far from any value, even below zero. */
function limitOf({ limit }: Series, points: readonly Point[]): number | undefined {
  if (limit === undefined) return undefined;
  const mean = points.reduce((sum, { value }) => sum + value, 0) / Math.max(points.length, 1);
  return 'units' in limit ? limit.units : (limit.percent / 100) * mean;
}
