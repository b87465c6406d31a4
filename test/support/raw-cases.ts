/** The table of bytes that clients may send: test/integration/http1-cases.json. */
import { readFileSync } from 'node:fs';

export interface RawCase {
  readonly id: string;
  readonly row: string;
  /** Text of one-byte characters, or pieces of it and pairs of a piece and how often it is repeated. */
  readonly raw: string | readonly (string | readonly [string, number])[];
  /** Statuses of which the last answer must have one, or "close" when there may be none. */
  readonly expect: readonly number[] | 'close';
  /** Complete requests that may reach a server. */
  readonly upstream: number;
}

const file = new URL('../integration/http1-cases.json', import.meta.url);
export const rawCases = JSON.parse(readFileSync(file, 'utf8')) as readonly RawCase[];

/** The bytes of the case. */
export function bytesOf({ raw }: RawCase): Buffer {
  const pieces = typeof raw === 'string' ? [raw] : raw;
  const texts = pieces.map((piece) => (typeof piece === 'string' ? piece : piece[0].repeat(piece[1])));
  return Buffer.from(texts.join(''), 'latin1');
}

/** True when the first answer can only be a refusal. */
export const isRefusal = ({ expect, upstream }: RawCase): boolean =>
  expect !== 'close' && upstream === 0 && expect.every((status) => status >= 400);
