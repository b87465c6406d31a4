/** HTTP/1 as the tests read it: plainly, and with every byte accounted for. */
import type { ByteReader } from './byte-reader.js';

export type Fields = readonly (readonly [name: string, value: string])[];

/** A head with its fields in the order and the letter case in which they came. */
export interface Head {
  readonly line: string;
  readonly fields: Fields;
}

/** The values of a field, whatever its letter case. */
export const valuesOf = (fields: Fields, name: string): readonly string[] =>
  fields.filter(([key]) => key.toLowerCase() === name.toLowerCase()).map(([, value]) => value);

/** The only value of a field; undefined when there is none. Fails for several. */
export function valueOf(fields: Fields, name: string): string | undefined {
  const values = valuesOf(fields, name);
  if (values.length > 1) throw new Error(`${values.length} fields named ${name}`);
  return values[0];
}

function fieldOf(line: string): readonly [string, string] {
  const colon = line.indexOf(':');
  if (colon < 0) throw new Error(`no field: ${JSON.stringify(line)}`);
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

export async function readHead(reader: ByteReader): Promise<Head> {
  const [line = '', ...fields] = await reader.head();
  return { line, fields: fields.map(fieldOf) };
}

/** A body as it was framed. */
export interface Body {
  readonly framing: 'none' | 'length' | 'chunked' | 'close';
  readonly bytes: Buffer;
  /** Sizes of the chunks. */
  readonly chunks: readonly number[];
  readonly trailers: Fields;
}

const nothing: Body = { framing: 'none', bytes: Buffer.alloc(0), chunks: [], trailers: [] };

/** Reads the body that the fields announce; `toClose` says that one without a length ends with the connection. */
export async function readBody(reader: ByteReader, fields: Fields, toClose: boolean): Promise<Body> {
  const coding = valueOf(fields, 'Transfer-Encoding');
  if (coding !== undefined) {
    if (coding !== 'chunked') throw new Error(`transfer coding ${coding}`);
    return readChunks(reader);
  }
  const length = valueOf(fields, 'Content-Length');
  if (length !== undefined) return { ...nothing, framing: 'length', bytes: await reader.take(Number(length)) };
  return toClose ? { ...nothing, framing: 'close', bytes: await reader.toEnd() } : nothing;
}

async function readChunks(reader: ByteReader): Promise<Body> {
  const pieces: Buffer[] = [];
  for (;;) {
    const line = await reader.line();
    if (!/^[0-9a-f]+$/.test(line)) throw new Error(`chunk line ${JSON.stringify(line)}`);
    const size = Number.parseInt(line, 16);
    if (size === 0) break;
    pieces.push(await reader.take(size));
    const end = await reader.line();
    if (end !== '') throw new Error(`chunk ends with ${JSON.stringify(end)}`);
  }
  const trailers: (readonly [string, string])[] = [];
  for (let line = await reader.line(); line !== ''; line = await reader.line()) trailers.push(fieldOf(line));
  const chunks = pieces.map(({ length }) => length);
  return { framing: 'chunked', bytes: Buffer.concat(pieces), chunks, trailers };
}
