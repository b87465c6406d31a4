import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { always, EchoBackend, ok, RawBackend, type Script } from '../support/backends.js';
import { request } from '../support/client.js';
import { ample, atMost, timed, until, within } from '../support/deadline.js';
import { fullBacklog } from '../support/full-backlog.js';
import { everythingTo, type RouteOptions, startProxy, type TestProxy } from '../support/proxy.js';

const silent: Script = async (conversation) => {
  await conversation.request();
};
const unavailable = 'HTTP/1.1 503 Oh\r\nContent-Length: 0\r\n\r\n';

const startTo = (urls: string | readonly string[], options: RouteOptions): Promise<TestProxy> =>
  startProxy(everythingTo(urls, options));

/** Why requests were given up; an exchange is counted behind its response. */
async function reasons(proxy: TestProxy): Promise<readonly string[]> {
  await until(() => proxy.proxy.stats().requestsActive === 0, 'the exchange has ended');
  return Object.keys(proxy.proxy.stats().reasons);
}

async function expect504(proxy: TestProxy, reason: string, least: number, bytes = request('GET /')): Promise<void> {
  const { result, took } = await timed(() => proxy.ask(bytes));
  assert.deepEqual([result.status, result.text], [504, 'Gateway Timeout']);
  assert.ok(took >= least * 0.9 && took < ample, `${took} ms`);
  assert.deepEqual(await reasons(proxy), [reason]);
}

describe('a server that cannot be reached', () => {
  test('is given up after "connect" of the service', async () => {
    await using full = await fullBacklog();
    await using proxy = await startTo(full.url, { serviceTimeouts: { connect: '200ms' } });
    await expect504(proxy, 'connect_timeout', 200);
  });

  test('is given up after "perTry" as well', async () => {
    await using full = await fullBacklog();
    await using proxy = await startTo(full.url, { routerTimeouts: { perTry: '200ms' } });
    await expect504(proxy, 'try_timeout', 200);
  });
});

describe('a server that does not answer', () => {
  test('is given up after "responseHeader"; that of the router wins over the service, and both over the transport', async () => {
    await using app = await RawBackend.start(silent);
    await using proxy = await startTo(app.url, {
      routerTimeouts: { responseHeader: '150ms' },
      serviceTimeouts: { responseHeader: '1h' },
      transport: { forwardingTimeouts: { responseHeaderTimeout: '1h' } },
    });
    await expect504(proxy, 'upstream_head_timeout', 150);
    await app.endingOf(0);
  });

  test('may take its time where the router says so', async () => {
    await using app = await RawBackend.start(async (conversation) => {
      await conversation.request();
      setTimeout(() => conversation.send(ok), 300);
    });
    await using proxy = await startTo(app.url, {
      routerTimeouts: { responseHeader: '0s' },
      serviceTimeouts: { responseHeader: '50ms' },
    });
    assert.equal((await proxy.ask(request('GET /'))).status, 200);
  });

  test('is given up after "perTry", and another one is asked if the request allows it', async () => {
    await using one = await RawBackend.start(silent);
    await using app = await EchoBackend.start();
    const options = { serviceTimeouts: { perTry: '300ms' }, middlewares: [{ retry: { attempts: 2 } }] };
    await using proxy = await startTo([one.url, app.url], options);
    for (let i = 0; i < 2; i++) assert.equal((await proxy.ask(request('GET /'))).status, 200);
    assert.equal(one.requests.length, 1);
    const posts = [];
    for (let i = 0; i < 2; i++) posts.push(await proxy.ask(request('POST /', 'Content-Length: 2') + 'hi'));
    assert.deepEqual(posts.map(({ status }) => status).sort(), [200, 504]);
    assert.deepEqual(await reasons(proxy), ['try_timeout']);
  });

  test('is given up after "total", and nothing is left of the request', async () => {
    await using app = await RawBackend.start(silent);
    await using proxy = await startTo(app.url, { serviceTimeouts: { total: '200ms' } });
    await expect504(proxy, 'total_timeout', 200);
    await expect504(proxy, 'total_timeout', 200, request('PUT /', 'Content-Length: 5') + 'hello');
    await app.endingOf(0);
    await app.endingOf(1);
    await until(() => proxy.proxy.stats().requestsActive === 0, 'nothing is left');
  });

  test('is given up after "total" while the client still sends', async () => {
    await using app = await RawBackend.start(silent);
    await using proxy = await startTo(app.url, { routerTimeouts: { total: '200ms' } });
    await using client = await proxy.connect();
    await client.send(request('PUT /', 'Content-Length: 1000000') + 'hello');
    const response = await client.response();
    assert.deepEqual([response.status, response.header('connection')], [504, 'close']);
  });
});

test('"total" holds for all tries together', async () => {
  await using app = await RawBackend.start(always(unavailable));
  const retry = { attempts: 1000, status: ['503'], initialInterval: '50ms', budget: { percent: 10_000 } };
  await using proxy = await startTo(app.url, { routerTimeouts: { total: '400ms' }, middlewares: [{ retry }] });
  await expect504(proxy, 'total_timeout', 400);
  assert.ok(app.requests.length <= 17, String(app.requests.length));
});

describe('a response that has begun', () => {
  const heads = {
    'with a length': 'HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nhello',
    'in chunks': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
  };
  for (const [how, head] of Object.entries(heads)) {
    for (const [which, reason] of [
      ['idle', 'upstream_idle_timeout'],
      ['total', 'total_timeout'],
    ] as const) {
      test(`${how} is cut after "${which}"`, async () => {
        await using app = await RawBackend.start(always(head));
        await using proxy = await startTo(app.url, { serviceTimeouts: { [which]: '300ms' } });
        await using client = await proxy.connect();
        await client.send(request('GET /'));
        assert.equal((await client.head()).status, 200);
        const { ending } = await client.closed();
        assert.equal(ending, 'reset');
        assert.deepEqual(await reasons(proxy), [reason]);
        await app.endingOf(0);
      });
    }
  }

  test('may take longer than "idle" as long as bytes come', async () => {
    const idle = atMost(2000);
    await using app = await RawBackend.start(async (conversation) => {
      await conversation.request();
      conversation.send('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n');
      for (let i = 0; i < 10; i++) {
        await new Promise((resolve) => setTimeout(resolve, idle / 7));
        conversation.send('x'.repeat(10_000));
      }
    });
    await using proxy = await startTo(app.url, { serviceTimeouts: { idle: `${idle}ms` } });
    assert.equal((await proxy.ask(request('GET /'))).body.bytes.length, 100_000);
  });
});

test('a WebSocket that has been opened is not bounded by any of them', async () => {
  await using app = await EchoBackend.start();
  const server = new WebSocketServer({ server: app.server });
  const limits = { idle: '200ms', total: '5s', perTry: '5s', responseHeader: '5s' };
  await using proxy = await startTo(app.url, { routerTimeouts: limits });
  const accepted = once(server, 'connection') as Promise<[WebSocket]>;
  const client = new WebSocket(proxy.url('/').replace('http', 'ws'));
  client.on('error', () => undefined);
  await within(once(client, 'open'), 'the client is connected');
  const [peer] = await accepted;
  await new Promise((resolve) => setTimeout(resolve, 5500));
  const message = once(client, 'message') as Promise<[Buffer]>;
  peer.send('hello');
  assert.equal((await within(message, 'a message'))[0].toString(), 'hello');
  client.terminate();
  server.close();
});
