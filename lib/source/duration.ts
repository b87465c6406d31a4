/** Durations as Go writes them. Everywhere in Fairlead a duration is a bigint number of nanoseconds. */

const nanoseconds: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

/** Go's range: a signed 64-bit count of nanoseconds, about 292 years. */
const longest = 2n ** 63n - 1n;

const part = /(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/y;

/**
 * Reads `1h30m`, `1.5s`, `-2ms`, or a number without a unit, which means seconds as in Traefik.
 * Undefined when the text is not a duration or exceeds Go's range.
 */
export function parseDuration(text: string): bigint | undefined {
  const trimmed = text.trim();
  if (/^[+-]?\d+$/.test(trimmed)) return inRange(BigInt(trimmed) * 1_000_000_000n);
  const sign = trimmed.startsWith('-') ? -1n : 1n;
  const body = trimmed.replace(/^[+-]/, '');
  let total = 0n;
  part.lastIndex = 0;
  while (part.lastIndex < body.length) {
    const match = part.exec(body);
    if (match === null) return undefined;
    const [, whole = '', fraction = '', unit = 's'] = match;
    if (whole === '' && fraction === '') return undefined;
    const scale = nanoseconds[unit] ?? 0n;
    total += BigInt(whole === '' ? '0' : whole) * scale + fractionOf(fraction.slice(0, 18), scale);
  }
  return body === '' ? undefined : inRange(sign * total);
}

function fractionOf(digits: string, scale: bigint): bigint {
  return digits === '' ? 0n : (BigInt(digits) * scale) / 10n ** BigInt(digits.length);
}

function inRange(value: bigint): bigint | undefined {
  return value > longest || value < -longest ? undefined : value;
}

/** Writes nanoseconds as Go does: `1m30s`, `1.5s`, `250ms`, `0s`. */
export function formatDuration(value: bigint): string {
  if (value < 0n) return `-${formatDuration(-value)}`;
  if (value === 0n) return '0s';
  for (const [unit, scale] of [
    ['ns', 1n],
    ['µs', 1_000n],
    ['ms', 1_000_000n],
  ] as const) {
    if (value < scale * 1000n) return `${decimal(value, scale)}${unit}`;
  }
  const hours = value / 3_600_000_000_000n;
  const minutes = (value / 60_000_000_000n) % 60n;
  const seconds = `${decimal(value % 60_000_000_000n, 1_000_000_000n)}s`;
  if (hours > 0n) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0n ? `${minutes}m${seconds}` : seconds;
}

function decimal(value: bigint, scale: bigint): string {
  const fraction = value % scale === 0n ? '' : String(value % scale).padStart(String(scale).length - 1, '0');
  return fraction === '' ? String(value / scale) : `${value / scale}.${fraction.replace(/0+$/, '')}`;
}
