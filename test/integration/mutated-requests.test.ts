/**
 * Whatever bytes a client sends, the server is sent whole, well-formed requests, one for each that the client made, or ones
 * that are visibly cut. Two servers read what the proxy writes: ours, which is strict, and Node's.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { always, EchoBackend, ok, RawBackend } from '../support/backends.js';
import { Client } from '../support/client.js';
import { until, within } from '../support/deadline.js';
import { Random } from '../support/lib/random.js';
import { everythingTo, startProxy, type TestProxy } from '../support/proxy.js';

interface Case {
  readonly raw: unknown;
  readonly upstream: number;
}
const cases = JSON.parse(readFileSync(new URL('http1-cases.json', import.meta.url), 'utf8')) as readonly Case[];
const textsOf = (chosen: readonly Case[]): readonly string[] =>
  chosen.flatMap(({ raw }) => (typeof raw === 'string' && raw.length < 1000 ? [raw] : []));
/** Most changes of a good request make a bad one; those of a bad one hardly ever a good one. */
const good = textsOf(cases.filter(({ upstream }) => upstream > 0));
const bad = textsOf(cases.filter(({ upstream }) => upstream === 0));

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
  '\xff',
  '%00',
  '/../',
];

function mutated(seed: string, random: Random): string {
  let text = seed;
  for (let edits = 1 + random.below(2); edits > 0; edits--) {
    const at = random.below(text.length);
    const kept = random.below(3) === 0 ? 1 : 0;
    const piece = random.chance(60) ? random.pick(pieces) : String.fromCharCode(random.below(256));
    text = text.slice(0, at) + piece + text.slice(at + kept);
  }
  return text;
}

/** Sends the bytes, waits until nothing more comes, and leaves. */
async function shoot(port: number, bytes: string): Promise<void> {
  const client = await Client.connect(port);
  client.socket.write(Buffer.from(bytes, 'latin1'));
  await Promise.race([client.closed(), new Promise((resolve) => setTimeout(resolve, 8))]).catch(() => undefined);
  client.socket.destroy();
}

async function shootAll(proxy: TestProxy, seed: number): Promise<void> {
  const random = new Random(seed);
  for (let i = 0; i < 400; i++) await shoot(proxy.port(), mutated(random.pick(random.chance(80) ? good : bad), random));
}
const shooters = 6;

test('nothing that is no request reaches a strict server', async () => {
  await using app = await RawBackend.start(always(ok));
  await using proxy = await startProxy(everythingTo(app.url));
  const shooting = Array.from({ length: shooters }, (_, seed) => shootAll(proxy, seed));
  await within(Promise.all(shooting), 'everything has been sent', 60_000);
  assert.deepEqual(app.failures, []);
  assert.ok(app.requests.length > 100, `${app.requests.length}`);
  for (const { line, fields } of app.requests) {
    assert.match(
      line,
      /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ (\/[!$&'()*+,;=:@\w.~%-]*(\/[!$&'()*+,;=:@\w.~%-]*)*(\?[\x21-\x7e\x80-\xff]*)?|\*) HTTP\/1\.1$/,
    );
    for (const [name, value] of fields) assert.ok(/^[\w!#$%&'*+.^`|~-]+$/.test(name) && !/[\0\r\n]/.test(value));
  }
  assert.equal((await proxy.ask('GET / HTTP/1.1\r\nHost: a\r\n\r\n')).status, 200);
  await until(() => proxy.proxy.stats().requestsActive === 0, 'nothing is left of them');
});

/** A request that the proxy cut is none; and methods are not for Node alone to define. */
const harmless = new Set(['ECONNRESET', 'HPE_INVALID_EOF_STATE', 'HPE_INVALID_METHOD']);

test("nothing that Node's server refuses reaches it", async () => {
  await using app = await EchoBackend.start();
  const faults: unknown[] = [];
  app.server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!harmless.has(error.code ?? '')) faults.push(error);
    socket.destroy();
  });
  await using proxy = await startProxy(everythingTo(app.url));
  const shooting = Array.from({ length: shooters }, (_, seed) => shootAll(proxy, 100 + seed));
  await within(Promise.all(shooting), 'everything has been sent', 60_000);
  assert.deepEqual(faults, []);
  assert.ok(app.requests.length > 100, `${app.requests.length}`);
});
