/**
 * Replays test/integration/http1-cases.json over sockets: bytes that clients may send, and what must come of them. Each case
 * has a proxy and a server of its own; the server answers everything with 200 and counts what reaches it.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { always, ok, RawBackend } from '../support/backends.js';
import { type Client, responseOrEnding } from '../support/client.js';
import { everythingTo, startProxy } from '../support/proxy.js';
import { bytesOf, type RawCase, rawCases } from '../support/raw-cases.js';

/** A fault in a body may be found when its head has been forwarded already. */
const bodyRows = new Set(['A18', 'A19', 'A20', 'A21', 'A22', 'A23', 'A24', 'A25', 'A26']);

/** Sends the pieces and returns the statuses of the answers; an answer too many would show as bytes after the last. */
async function replay(
  client: Client,
  { expect, upstream }: RawCase,
  pieces: readonly Buffer[],
): Promise<readonly number[]> {
  for (const piece of pieces) client.socket.write(piece);
  if (expect === 'close') client.halfClose();
  const isRefused = expect !== 'close' && expect.every((status) => status >= 400);
  const answers = upstream + (isRefused ? 1 : 0);
  const isHead = Buffer.concat(pieces).toString('latin1', 0, 5) === 'HEAD ';
  const statuses: number[] = [];
  while (statuses.length < answers) {
    const answer = await responseOrEnding(client, isHead && statuses.length === 0 ? 'HEAD' : 'GET');
    if (typeof answer === 'string') break;
    statuses.push(answer.status);
  }
  return statuses;
}

async function run(each: RawCase, pieces: readonly Buffer[]): Promise<void> {
  await using backend = await RawBackend.start(always(ok));
  await using proxy = await startProxy(everythingTo(backend.url));
  await using client = await proxy.connect();
  const last = (await replay(client, each, pieces)).at(-1);
  if (each.expect === 'close') assert.equal(last, undefined);
  else assert.ok(last !== undefined && each.expect.includes(last), `${last} is none of ${each.expect.join()}`);
  if (last === undefined || last >= 400) assert.ok(backend.requests.length <= each.upstream);
  else assert.equal(backend.requests.length, each.upstream);
  // What was understood and has no route may be followed by another request.
  if (last === undefined || (last >= 400 && last !== 404)) assert.equal((await client.closed()).rest, '');
  const isInBody = bodyRows.has(each.row) || each.id.includes('trailer');
  if (each.upstream === 0 && !isInBody) assert.equal(backend.bytes, 0);
}

describe('raw requests, each in one piece', { concurrency: 4 }, () => {
  for (const each of rawCases) test(`${each.row} ${each.id}`, () => run(each, [bytesOf(each)]));
});

/** Longer ones would only repeat what the shorter ones show. */
const longestInBytes = 300;

describe('raw requests, each byte by itself', { concurrency: 4 }, () => {
  for (const each of rawCases) {
    const bytes = bytesOf(each);
    if (bytes.length > longestInBytes) continue;
    const single = [...bytes].map((byte) => Buffer.of(byte));
    test(`${each.row} ${each.id}`, () => run(each, single));
  }
});
