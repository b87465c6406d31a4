/** Straight lines through noisy series, and whether their slope is beyond a limit. Pure. */

/** One point: hours and value. */
export interface Point {
  readonly hours: number;
  readonly value: number;
}

/** A fitted line. */
export interface Line {
  /** Value per hour. */
  readonly slope: number;
  /** Standard error of the slope. */
  readonly error: number;
  /** Value of the line at the first point. */
  readonly start: number;
}

/** Least squares. With fewer than three points, or all at one time, the slope is 0 and its error unknown (NaN). */
export function fit(points: readonly Point[]): Line {
  const count = points.length;
  const meanX = mean(points.map(({ hours }) => hours));
  const meanY = mean(points.map(({ value }) => value));
  const spread = sum(points.map(({ hours }) => (hours - meanX) ** 2));
  if (count < 3 || spread === 0) return { slope: 0, error: NaN, start: meanY };
  const slope = sum(points.map(({ hours, value }) => (hours - meanX) * (value - meanY))) / spread;
  const residue = sum(points.map(({ hours, value }) => (value - meanY - slope * (hours - meanX)) ** 2));
  const first = points[0]?.hours ?? 0;
  return { slope, error: Math.sqrt(residue / (count - 2) / spread), start: meanY + slope * (first - meanX) };
}

/** One point per minute: samples of a busy machine are noisy and depend on their neighbours. */
export function perMinute(points: readonly Point[], reduce: (values: readonly number[]) => number): readonly Point[] {
  const minutes = new Map<number, number[]>();
  for (const { hours, value } of points) {
    const minute = Math.floor(hours * 60);
    const values = minutes.get(minute) ?? [];
    values.push(value);
    minutes.set(minute, values);
  }
  return [...minutes].map(([minute, values]) => ({ hours: (minute + 0.5) / 60, value: reduce(values) }));
}

/** The middle of `values`; the upper one of two. */
export function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

/** The least of `values`. */
export function least(values: readonly number[]): number {
  return Math.min(...values);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => sum(values) / Math.max(1, values.length);
