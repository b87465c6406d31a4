/** Changes of bytes that clients might send, the same for the same seed. */
import { type RawCase, rawCases } from '../raw-cases.js';
import type { Random } from './random.js';

const textsOf = (chosen: readonly RawCase[]): readonly string[] =>
  chosen.flatMap(({ raw }) => (typeof raw === 'string' && raw.length < 1000 ? [raw] : []));

/** Most changes of a good request make a bad one; those of a bad one hardly ever a good one. */
const good = textsOf(rawCases.filter(({ upstream }) => upstream > 0));
const bad = textsOf(rawCases.filter(({ upstream }) => upstream === 0));

/** What the table of cases holds, of one-byte characters. */
export const knownRequests: readonly string[] = [...good, ...bad];

/** What parsers have stumbled over. */
const pieces = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  ' ',
  '\t',
  ':',
  ';',
  ',',
  '0\r\n\r\n',
  'chunked',
  'Content-Length: 5\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Connection: close\r\n',
  '\xff',
  '%00',
  '/../',
];

/** Whole lines: put between others they leave a message that may be sound. */
const lines = [
  'Content-Length: 0\r\n',
  'Content-Length: 5\r\n',
  'Content-Length: 05\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer_Encoding: chunked\r\n',
  'Connection: close\r\n',
  'Connection: keep-alive, content-length\r\n',
  'Connection: transfer-encoding, host\r\n',
  'Upgrade: h2c\r\nConnection: upgrade\r\n',
  'Expect: 100-continue\r\n',
  'Trailer: Content-Length\r\n',
  'TE: trailers\r\n',
  'X: \xff\t"\r\n',
  'Host: b\r\n',
  '5\r\nhello\r\n',
  '5;x="y"\r\nhello\r\n',
  '0\r\n',
  'GET /line HTTP/1.1\r\n',
  '\r\n',
];

function withPieces(text: string, random: Random): string {
  let changed = text;
  for (let edits = 1 + random.below(2); edits > 0; edits--) {
    const at = random.below(changed.length);
    const kept = random.below(3) === 0 ? 1 : 0;
    const piece = random.chance(60) ? random.pick(pieces) : String.fromCharCode(random.below(256));
    changed = changed.slice(0, at) + piece + changed.slice(at + kept);
  }
  return changed;
}

/** Lines put in, left out or doubled. */
function withLines(text: string, random: Random): string {
  const kept = text.split(/(?<=\r\n)/);
  const at = random.below(kept.length) + 1;
  const doubled = kept[at - 1] ?? '';
  const put = random.chance(70) ? random.pick(lines) : doubled;
  return [...kept.slice(0, at - (random.chance(20) ? 1 : 0)), put, ...kept.slice(at)].join('');
}

/** One of the known requests, changed by pieces, bytes or lines; often with another one behind it. */
export function mutatedRequest(random: Random): string {
  const seed = random.pick(random.chance(80) ? good : bad);
  const changed = random.chance(50) ? withPieces(seed, random) : withLines(seed, random);
  return random.chance(40) ? changed + random.pick(good) : changed;
}
