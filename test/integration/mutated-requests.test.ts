/**
 * Whatever bytes a client sends, the server is sent whole, well-formed requests, one for each that the client made, or ones
 * that are visibly cut. Two servers read what the proxy writes: ours, which is strict, and Node's.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { always, EchoBackend, ok, RawBackend } from '../support/backends.js';
import { Client } from '../support/client.js';
import { until, within } from '../support/deadline.js';
import { mutatedRequest } from '../support/lib/mutation.js';
import { Random } from '../support/lib/random.js';
import { everythingTo, startProxy, type TestProxy } from '../support/proxy.js';

/** Sends the bytes, waits until nothing more comes, and leaves. */
async function shoot(port: number, bytes: string): Promise<void> {
  const client = await Client.connect(port);
  client.socket.write(Buffer.from(bytes, 'latin1'));
  await Promise.race([client.closed(), new Promise((resolve) => setTimeout(resolve, 8))]).catch(() => undefined);
  client.socket.destroy();
}

async function shootAll(proxy: TestProxy, seed: number): Promise<void> {
  const random = new Random(seed);
  for (let i = 0; i < 400; i++) await shoot(proxy.port(), mutatedRequest(random));
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
