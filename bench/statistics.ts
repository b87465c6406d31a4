/** The statistics of interleaved rounds. Pure. */

/** The middle of `values`; the mean of the two middle ones when their number is even. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor((sorted.length - 1) / 2);
  return ((sorted[middle] ?? NaN) + (sorted[Math.ceil((sorted.length - 1) / 2)] ?? NaN)) / 2;
}

/**
 * `own` as a multiple of `other`: the median of the ratios of the rounds both took part in, because two measurements of one
 * round are seconds apart and share what the machine did then. NaN without a common round, or when `other` is 0.
 */
export function pairedRatio(own: readonly number[], other: readonly number[]): number {
  const rounds = Math.min(own.length, other.length);
  const ratios = own.slice(0, rounds).map((value, round) => value / (other[round] ?? NaN));
  const ratio = median(ratios);
  return Number.isFinite(ratio) ? ratio : NaN;
}
