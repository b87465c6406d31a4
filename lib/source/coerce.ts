/** Reads scalars from the text that flags, environment and labels deliver, as Go's strconv does. */

const booleans: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'true', 'TRUE', 'True'].map((text) => [text, true] as const),
  ...['0', 'f', 'F', 'false', 'FALSE', 'False'].map((text) => [text, false] as const),
]);

/** A boolean written as Go accepts it; undefined for anything else. */
export function booleanOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return booleans.get(String(value));
  return typeof value === 'string' ? booleans.get(value.trim()) : undefined;
}

/** A number, or the number a text holds; undefined for anything else. */
export function numberOf(value: unknown, kind: 'number' | 'bigint'): number | bigint | undefined {
  if (kind === 'bigint') return bigintOf(value);
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'string' || !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value.trim())) return undefined;
  return Number(value);
}

function bigintOf(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : undefined;
  return typeof value === 'string' && /^[+-]?\d+$/.test(value.trim()) ? BigInt(value.trim()) : undefined;
}

/** Text; numbers and booleans as they are usually written. */
export function scalarText(value: unknown): string {
  return typeof value === 'string' ? value : String(value);
}
