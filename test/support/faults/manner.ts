/**
 * How a faulty server treats one request. The request says it itself, in a field: so client and server agree on what must
 * come of it, and a run is the same whenever its seed is.
 */
import type { Random } from '../lib/random.js';

/** What follows the last byte that is sent. */
export type Ending = 'keep' | 'end' | 'reset' | 'half';

export interface Manner {
  /** How the body says where it ends. */
  readonly framing: 'length' | 'chunked' | 'close';
  readonly status: number;
  /** Bytes of the body. */
  readonly size: number;
  /** Interim responses before the final one. */
  readonly interim: number;
  /** Milliseconds before anything is sent. */
  readonly pause: number;
  /** Bytes in one write, of short responses; 0 = all. */
  readonly piece: number;
  /** Answers as soon as the head of the request is there. */
  readonly early: boolean;
  /** Content-Length is wrong by so many bytes. */
  readonly lie: number;
  /** What is sent behind the response, in the same write; the second half of `split` a moment later. */
  readonly rest: 'none' | 'response' | 'junk' | 'line' | 'half' | 'split';
  /** The response is broken off after so many bytes; -1 = it is not. */
  readonly cut: number;
  readonly ending: Ending;
  /** The head itself is no head. */
  readonly head: 'fine' | 'huge' | 'fields' | 'nonsense' | 'status' | 'both';
}

export const plain: Manner = {
  framing: 'length',
  status: 200,
  size: 100,
  interim: 0,
  pause: 0,
  piece: 0,
  early: false,
  lie: 0,
  rest: 'none',
  cut: -1,
  ending: 'keep',
  head: 'fine',
};

/** As a field value: what differs from `plain`. */
export function written(manner: Manner): string {
  const keys = Object.keys(plain) as (keyof Manner)[];
  return keys
    .filter((key) => manner[key] !== plain[key])
    .map((key) => `${key}=${manner[key]}`)
    .join(',');
}

/** What `written` has written. */
export function parsed(text: string): Manner {
  const manner: Record<string, string | number | boolean> = { ...plain };
  for (const pair of text.split(',')) {
    const [key = '', value = ''] = pair.split('=');
    const like = manner[key];
    if (like === undefined) continue;
    manner[key] = typeof like === 'number' ? Number(value) : typeof like === 'boolean' ? value === 'true' : value;
  }
  return manner as unknown as Manner;
}

/** The bytes of a body, which tell whose they are. */
export const bodyOf = (tag: string, size: number): Buffer => Buffer.alloc(size, `${tag};`);

const bodiless = (manner: Manner, method: string): boolean =>
  method === 'HEAD' || manner.status === 204 || manner.status === 304;

/** The head that a server is told to send. */
function headOf(manner: Manner, tag: string, method: string): string {
  const fields = [`X-Tag: ${tag}`];
  if (manner.framing === 'length') fields.push(`Content-Length: ${manner.size + manner.lie}`);
  if (manner.framing === 'chunked' && !bodiless(manner, method)) fields.push('Transfer-Encoding: chunked');
  if (manner.head === 'huge') fields.push(`Set-Cookie: ${'x'.repeat(300_000)}`);
  if (manner.head === 'fields') for (let i = 0; i < 1000; i++) fields.push(`X-Field-${i}: y`);
  if (manner.head === 'both') fields.push('Transfer-Encoding: chunked', 'Content-Length: 5');
  const line = manner.head === 'status' ? 'HTTP/1.1 99 What' : `HTTP/1.1 ${manner.status} Status`;
  return manner.head === 'nonsense' ? `NONSENSE ${tag}\r\n\r\n` : `${[line, ...fields].join('\r\n')}\r\n\r\n`;
}

function framed(manner: Manner, tag: string): Buffer {
  const body = bodyOf(tag, manner.size);
  if (manner.framing !== 'chunked') return body;
  const pieces: Buffer[] = [];
  for (let at = 0; at < body.length; at += 1000) {
    const chunk = body.subarray(at, at + 1000);
    pieces.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'));
  }
  return Buffer.concat([...pieces, Buffer.from('0\r\n\r\n')]);
}

const poison = 'HTTP/1.1 200 OK\r\nX-Tag: poison\r\nContent-Length: 7\r\n\r\npoison;';
const rests: Readonly<Record<Manner['rest'], string>> = {
  none: '',
  response: poison,
  junk: '\0\x01junk',
  line: '\r\n',
  half: poison.slice(0, 30),
  split: poison.slice(0, 30),
};
/** What follows the first half. */
export const secondHalf = poison.slice(30);

/** All that the server sends, cut where it is to be cut. */
export function responseOf(manner: Manner, tag: string, method: string): Buffer {
  const interim = `HTTP/1.1 103 Early Hints\r\nX-Tag: ${tag}\r\n\r\n`.repeat(manner.interim);
  const head = Buffer.from(interim + headOf(manner, tag, method));
  const body = bodiless(manner, method) ? Buffer.alloc(0) : framed(manner, tag);
  const all = Buffer.concat([head, body, Buffer.from(rests[manner.rest], 'latin1')]);
  return manner.cut < 0 ? all : all.subarray(0, manner.cut);
}

/** More interim responses than this are a fault of the server. */
const mostInterim = 20;

/**
 * What a client may see: `whole` of this many bytes, `cut` (a broken connection, or 502 in place of the response), or
 * `either` when the moment decides.
 */
export type Expected = { readonly kind: 'whole'; readonly size: number } | { readonly kind: 'cut' | 'either' };

export function expected(manner: Manner, method: string): Expected {
  if (manner.head !== 'fine' || manner.interim > mostInterim) return { kind: 'cut' };
  const none = bodiless(manner, method);
  if (manner.cut >= 0) {
    const complete = responseOf({ ...manner, cut: -1, rest: 'none' }, 'x', method).length;
    // Tags differ in length: what is cut near the end may be whole.
    if (none || manner.cut > complete - 40) return { kind: 'either' };
    return { kind: manner.ending === 'keep' ? 'either' : 'cut' };
  }
  if (!none && manner.framing === 'close' && manner.ending !== 'end') return { kind: 'cut' };
  if (!none && manner.framing === 'length' && manner.lie > 0) return { kind: 'cut' };
  const size = none ? 0 : manner.framing === 'length' ? manner.size + manner.lie : manner.size;
  // What the client has not read yet goes down with a reset.
  return manner.ending === 'reset' ? { kind: 'either' } : { kind: 'whole', size };
}

const sizes = [0, 1, 100, 100, 100, 1000, 20_000, 70_000] as const;

/** A fault, or none, by chance. */
export function randomManner(random: Random): Manner {
  const size = random.pick(sizes);
  const base: Manner = { ...plain, size, framing: random.pick(['length', 'length', 'chunked'] as const) };
  if (random.chance(45)) return base;
  const cut = random.below(Math.min(size, 5000) + 120);
  const ending = random.pick(['end', 'reset'] as const);
  const rest = random.pick(['response', 'junk', 'line', 'half', 'split'] as const);
  // Behind more than one packet's worth, what is too much may come after the connection has been used again: nobody can
  // tell it from an answer then.
  const small = { ...base, size: Math.min(size, 1000) };
  return random.pick<() => Manner>([
    () => ({ ...base, cut, ending }),
    () => ({ ...base, cut, ending, piece: 1 + random.below(50) }),
    () => ({ ...base, framing: 'close', ending }),
    () => ({ ...base, ending: random.pick(['end', 'reset', 'half'] as const) }),
    () => ({ ...small, rest }),
    () => ({ ...small, rest, ending }),
    () => ({ ...small, status: random.pick([204, 304] as const), framing: 'length', rest }),
    () => ({ ...base, status: random.pick([204, 304, 404, 500] as const), framing: 'length' }),
    () => ({ ...base, interim: 1 + random.below(24) }),
    () => ({ ...base, pause: random.below(10) }),
    () => ({ ...small, piece: 1 + random.below(20), pause: random.below(3) }),
    () => ({
      ...base,
      early: true,
      status: random.pick([200, 413] as const),
      ending: random.pick(['keep', 'end'] as const),
    }),
    () => ({ ...base, framing: 'length', lie: 1 + random.below(50), ending: 'end' }),
    () => ({ ...small, size: 100, framing: 'length', lie: -1 - random.below(50) }),
    () => ({ ...small, head: random.pick(['huge', 'fields', 'nonsense', 'status', 'both'] as const), ending: 'end' }),
    () => ({ ...base, cut: 0, ending }),
  ])();
}
