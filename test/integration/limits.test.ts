import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { always, EchoBackend, ok, RawBackend } from '../support/backends.js';
import { request } from '../support/client.js';
import { ample, atMost, until } from '../support/deadline.js';
import { everythingTo, startProxy, type TestProxy } from '../support/proxy.js';

type Settings = Readonly<Record<string, unknown>>;

/** A proxy whose entry point has these settings. */
const proxyTo = (url: string, settings: Settings, limits: Settings = {}): Promise<TestProxy> =>
  startProxy({
    entryPoints: { web: { address: '127.0.0.1:0', ...settings } },
    fairlead: { workers: 1, limits },
    ...everythingTo(url),
  });
const responding = (respondingTimeouts: Settings): Settings => ({ transport: { respondingTimeouts } });

describe('a head', () => {
  test('larger than maxHeaderBytes is refused with 431, one below is not (A45)', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await proxyTo(app.url, { http: { maxHeaderBytes: 2048 } });
    assert.equal((await proxy.ask(request('GET /', `X: ${'x'.repeat(1900)}`))).status, 200);
    await using client = await proxy.connect();
    const response = await client.ask(request('GET /', `X: ${'x'.repeat(2100)}`));
    assert.deepEqual([response.status, response.header('connection')], [431, 'close']);
    await client.closed();
    assert.equal((await proxy.ask(request(`GET /${'x'.repeat(2100)}`))).status, 414);
    assert.equal(app.requests.length, 1);
  });

  test('with more than maxHeaderFields is refused with 431', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await proxyTo(app.url, {}, { maxHeaderFields: 10 });
    const fields = (count: number): string => request('GET /', ...Array.from({ length: count }, (_, i) => `X-${i}: y`));
    assert.equal((await proxy.ask(fields(9))).status, 200);
    assert.equal((await proxy.ask(fields(10))).status, 431);
  });

  test('that never ends is answered with 408 after headTimeout, however it trickles (A54)', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await proxyTo(app.url, {}, { headTimeout: '400ms' });
    const begin = performance.now();
    await using client = await proxy.connect();
    await client.send('GET / HTTP/1.1\r\nHost: a\r\n');
    const trickle = setInterval(() => client.socket.write('X: y\r\n'), 50);
    const result = await client.response();
    const took = performance.now() - begin;
    clearInterval(trickle);
    assert.deepEqual([result.status, result.header('connection')], [408, 'close']);
    assert.ok(took >= 390 && took < ample, `${took} ms`);
    await client.closed();
    assert.equal(app.connections, 0);
  });

  test('that never begins has its connection closed after headTimeout, without an answer', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await proxyTo(app.url, {}, { headTimeout: '200ms' });
    const begin = performance.now();
    await using client = await proxy.connect();
    const result = await client.closed();
    const took = performance.now() - begin;
    assert.equal(result.rest, '');
    assert.ok(took >= 190 && took < ample, `${took} ms`);
  });
});

describe('an idle connection', () => {
  test('is closed after idleTimeout', async () => {
    await using app = await EchoBackend.start();
    const idle = atMost(800);
    await using proxy = await proxyTo(app.url, responding({ idleTimeout: `${idle}ms` }));
    await using client = await proxy.connect();
    let begin = 0;
    for (let i = 0; i < 3; i++) {
      if (i > 0) await delay(idle / 2);
      begin = performance.now();
      assert.equal((await client.ask(request('GET /'))).status, 200);
    }
    assert.deepEqual(await client.closed(), { ending: 'end', rest: '' });
    const took = performance.now() - begin;
    assert.ok(took >= idle - 10 && took < ample, `${took} ms`);
  });

  test('outlives headTimeout', async () => {
    await using app = await EchoBackend.start();
    const headTimeout = atMost(300);
    await using proxy = await proxyTo(app.url, {}, { headTimeout: `${headTimeout}ms` });
    await using client = await proxy.connect();
    await client.ask(request('GET /'));
    await delay(3 * headTimeout);
    assert.equal((await client.ask(request('GET /'))).status, 200);
  });
});

describe('a connection', () => {
  test('is closed after keepAliveMaxRequests, announced with the last response', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await proxyTo(app.url, { transport: { keepAliveMaxRequests: 3 } });
    await using client = await proxy.connect();
    const announced: (string | undefined)[] = [];
    for (let i = 0; i < 3; i++) announced.push((await client.ask(request('GET /'))).header('connection'));
    assert.deepEqual(announced, [undefined, undefined, 'close']);
    assert.deepEqual(await client.closed(), { ending: 'end', rest: '' });
  });

  test('is closed after keepAliveMaxTime, announced with a response', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await proxyTo(app.url, { transport: { keepAliveMaxTime: '400ms' } });
    const begin = performance.now();
    await using client = await proxy.connect();
    let announced: string | undefined;
    while ((announced = (await client.ask(request('GET /'))).header('connection')) === undefined) await delay(20);
    assert.equal(announced, 'close');
    const took = performance.now() - begin;
    assert.ok(took >= 390 && took < ample, `${took} ms`);
    assert.deepEqual(await client.closed(), { ending: 'end', rest: '' });
  });

  test('beyond maxConnections is closed at once; there is room again when one ends', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await proxyTo(app.url, {}, { maxConnections: 2 });
    await using first = await proxy.connect();
    await using second = await proxy.connect();
    for (const client of [first, second]) assert.equal((await client.ask(request('GET /'))).status, 200);
    await using third = await proxy.connect();
    assert.equal((await third.closed()).rest, '');
    await until(() => proxy.proxy.stats().connectionsRefused === 1, 'it is counted');
    first.socket.destroy();
    await until(async () => {
      await using next = await proxy.connect();
      next.socket.write(request('GET /'));
      return (await next.reader.hasMore()) && (await next.response()).status === 200;
    }, 'there is room again');
    assert.equal((await second.ask(request('GET /'))).status, 200);
  });
});

describe('a request body', () => {
  test('that does not end within readTimeout is refused with 408, and the server sees no end', async () => {
    await using app = await RawBackend.start(always(ok));
    await using proxy = await proxyTo(app.url, responding({ readTimeout: '400ms' }));
    const begin = performance.now();
    await using client = await proxy.connect();
    await client.send(request('POST /', 'Content-Length: 1000'));
    const trickle = setInterval(() => client.socket.write('x'), 50);
    const result = await client.response();
    const took = performance.now() - begin;
    clearInterval(trickle);
    assert.deepEqual([result.status, result.header('connection')], [408, 'close']);
    assert.ok(took >= 390 && took < ample, `${took} ms`);
    await client.closed();
    await app.endingOf(0);
    assert.equal(app.requests.length, 0);
  });

  test('may take longer than readTimeout when that is 0', async () => {
    await using app = await RawBackend.start(always(ok));
    await using proxy = await proxyTo(app.url, responding({ readTimeout: '0s' }));
    await using client = await proxy.connect();
    await client.send(request('POST /', 'Content-Length: 4'));
    for (const letter of 'body') {
      await delay(60);
      await client.send(letter);
    }
    assert.equal((await client.response()).status, 200);
  });
});

test('a client that takes nothing for writeTimeout is cut, and the server is told', async () => {
  const endless = Buffer.alloc(64 * 1024);
  await using app = await RawBackend.start(async (conversation) => {
    await conversation.request();
    conversation.send(`HTTP/1.1 200 OK\r\nContent-Length: ${1024 ** 4}\r\n\r\n`);
    while (conversation.reader.ending === 'open') {
      if (!conversation.socket.write(endless))
        await Promise.race([
          new Promise((resolve) => conversation.socket.once('drain', resolve)),
          app.endingOf(conversation.index),
        ]);
    }
  });
  await using proxy = await proxyTo(app.url, responding({ writeTimeout: '300ms' }));
  await using client = await proxy.connect();
  client.reader.pause();
  await client.send(request('GET /'));
  await app.endingOf(0);
  await until(() => proxy.proxy.stats().reasons['write_timeout'] === 1, 'it is counted');
  client.reader.resume();
  await client.closed();
  assert.ok(client.reader.total < 1024 ** 4);
});

test('refusals are counted by reason', async () => {
  await using app = await EchoBackend.start();
  await using proxy = await proxyTo(app.url, { http: { maxHeaderBytes: 2048 } });
  await proxy.ask(request('GET /', `X: ${'x'.repeat(2100)}`));
  await proxy.ask('GET / HTTP/1.1\r\n\r\n');
  await proxy.ask('GET / HTTP/2.0\r\nHost: a\r\n\r\n');
  await proxy.ask('CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n');
  // An exchange is counted behind its response.
  const counted = (): number => proxy.proxy.stats().responses4xx + proxy.proxy.stats().responses5xx;
  await until(() => counted() === 4 && proxy.proxy.stats().requestsActive === 0, 'all have ended');
  const { reasons, responses4xx, responses5xx, requestsTotal } = proxy.proxy.stats();
  assert.deepEqual(reasons, {
    header_too_large: 1,
    malformed_request: 1,
    unsupported_version: 1,
    unsupported_method: 1,
  });
  assert.deepEqual([responses4xx, responses5xx, requestsTotal], [2, 2, 4]);
});
