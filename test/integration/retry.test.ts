import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import type { MiddlewareInput } from '../../lib/index.js';
import { always, closedPort, EchoBackend, ok, onceThenEnd, RawBackend, type Script } from '../support/backends.js';
import { type RawResponse, request } from '../support/client.js';
import { ample, timed, until, within } from '../support/deadline.js';
import { everythingTo, startProxy, type TestProxy } from '../support/proxy.js';

const unavailable = 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 5\r\nX-From: broken\r\n\r\nbroke';
const put = (body: string): string => request('PUT /', `Content-Length: ${body.length}`) + body;
const post = (body: string): string => request('POST /', `Content-Length: ${body.length}`) + body;

type RetryOptions = NonNullable<Extract<MiddlewareInput, { readonly retry?: unknown }>['retry']>;
const freely = { percent: 1000, minPerSecond: 1000 };

const retrying = (urls: readonly string[], retry: RetryOptions): Promise<TestProxy> =>
  startProxy(everythingTo(urls, { middlewares: [{ retry: { budget: freely, ...retry } }] }));

const broken = (): Promise<RawBackend> => RawBackend.start(always(unavailable));
const resets: Script = async (conversation) => {
  await conversation.request();
  conversation.reset();
};

describe('a response with a listed status', () => {
  test('is replaced by that of another server; the client does not see it', async () => {
    await using one = await broken();
    await using two = await broken();
    await using app = await EchoBackend.start();
    await using proxy = await retrying([one.url, two.url, app.url], { attempts: 3, status: ['500-504'] });
    await using client = await proxy.connect();
    for (let i = 0; i < 6; i++) {
      const response = await client.ask(request('GET /'));
      assert.deepEqual([response.status, response.header('x-from')], [200, undefined]);
    }
    assert.equal(app.requests.length, 6);
    // The response that was discarded had come to its end: its connection is kept.
    assert.deepEqual([one.connections, two.connections], [1, 1]);
  });

  test('comes through when the attempts are used up, with its body', async () => {
    const apps = [await broken(), await broken(), await broken()];
    await using proxy = await retrying(
      apps.map(({ url }) => url),
      { attempts: 2, status: ['503'] },
    );
    const response = await proxy.ask(request('GET /'));
    assert.deepEqual([response.status, response.text], [503, 'broke']);
    assert.deepEqual(apps.map(({ requests }) => requests.length).sort(), [0, 1, 1]);
    for (const app of apps) await app[Symbol.asyncDispose]();
  });

  test('comes through when it is not listed', async () => {
    await using app = await broken();
    await using proxy = await retrying([app.url], { attempts: 5, status: ['500-502', '504'] });
    assert.equal((await proxy.ask(request('GET /'))).status, 503);
    assert.equal(app.requests.length, 1);
  });

  test('makes the only server be asked again, after the pause', async () => {
    await using app = await RawBackend.start(async (conversation) => {
      while ((await conversation.request()) !== undefined)
        conversation.send(app.requests.length < 3 ? unavailable : ok);
    });
    await using proxy = await retrying([app.url], { attempts: 4, status: ['503'], initialInterval: '100ms' });
    const { result, took } = await timed(() => proxy.ask(request('GET /')));
    assert.equal(result.status, 200);
    assert.equal(app.requests.length, 3);
    assert.ok(took >= 95 && took < ample, `${took} ms`);
  });

  test('comes through when the time for tries is over', async () => {
    await using app = await broken();
    await using proxy = await retrying([app.url], {
      attempts: 1000,
      status: ['503'],
      initialInterval: '50ms',
      timeout: '200ms',
    });
    const response = await proxy.ask(request('GET /'));
    assert.equal(response.status, 503);
    assert.ok(app.requests.length <= 9, String(app.requests.length));
  });
});

describe('the body of a request', () => {
  for (const size of [0, 5, 16_384, 300_000]) {
    test(`of ${size} bytes is sent again`, async () => {
      await using one = await broken();
      await using app = await EchoBackend.start();
      await using proxy = await retrying([one.url, app.url], { attempts: 2, status: ['503'] });
      await using client = await proxy.connect();
      const body = 'x'.repeat(size);
      for (let i = 0; i < 4; i++) assert.equal((await client.ask(put(body))).echoed.body, body);
      assert.equal(app.requests.length, 4);
      assert.equal(one.requests.length, 2);
    });
  }

  test('in chunks is sent again with its trailers', async () => {
    await using one = await broken();
    await using app = await EchoBackend.start();
    await using proxy = await retrying([one.url, app.url], { attempts: 2, status: ['503'] });
    await using client = await proxy.connect();
    const head = request('PUT /', 'Transfer-Encoding: chunked', 'Trailer: X-Sum');
    for (let i = 0; i < 2; i++) {
      await client.send(`${head}5\r\nhello\r\n`);
      await client.send('5\r\nworld\r\n0\r\nX-Sum: 7\r\n\r\n');
      const { body, trailers } = (await client.response()).echoed;
      assert.deepEqual([body, trailers], ['helloworld', [['X-Sum', '7']]]);
    }
    assert.equal(one.requests.length, 1);
  });

  test('is sent whole to the next server although it was still on its way to the first', async () => {
    // Answers before it has read more than the head.
    await using early = await RawBackend.start(async (conversation) => {
      await conversation.head();
      conversation.send(unavailable);
    });
    await using app = await EchoBackend.start();
    await using proxy = await retrying([early.url, app.url], { attempts: 2, status: ['503'] });
    await using client = await proxy.connect();
    const half = 'x'.repeat(100_000);
    for (let i = 0; i < 2; i++) {
      await client.send(request('PUT /', 'Content-Length: 200000') + half);
      if (early.requests.length === 0) await until(() => early.requests.length > 0, 'the first server has the head');
      await client.send(half);
      assert.equal((await client.response()).echoed.body, half + half);
    }
    assert.equal(early.requests.length, 1);
  });

  test('that is longer than what may be kept goes to one server only', async () => {
    await using one = await broken();
    await using two = await broken();
    await using proxy = await retrying([one.url, two.url], { attempts: 2, status: ['503'], maxRequestBodyBytes: 1000 });
    assert.equal((await proxy.ask(put('x'.repeat(1001)))).status, 503);
    const chunked = request('PUT /', 'Transfer-Encoding: chunked');
    assert.equal((await proxy.ask(`${chunked}3e9\r\n${'x'.repeat(1001)}\r\n0\r\n\r\n`)).status, 503);
    assert.equal(one.requests.length + two.requests.length, 2);
    assert.equal((await proxy.ask(put('x'.repeat(1000)))).status, 503);
    assert.equal(one.requests.length + two.requests.length, 4);
  });

  test('that a client was to be asked for is asked for once', async () => {
    await using refusing = await RawBackend.start(async (conversation) => {
      await conversation.head();
      conversation.end(unavailable);
    });
    await using app = await RawBackend.start(async (conversation) => {
      while ((await conversation.head()) !== undefined) {
        conversation.send('HTTP/1.1 100 Continue\r\n\r\n');
        await conversation.reader.take(5);
        conversation.send(ok);
      }
    });
    await using proxy = await retrying([refusing.url, app.url], { attempts: 2, status: ['503'] });
    await using client = await proxy.connect();
    await client.send(request('PUT /', 'Expect: 100-continue', 'Content-Length: 5'));
    assert.equal((await client.head()).status, 100);
    await client.send('hello');
    const interim: RawResponse[] = [];
    assert.equal((await client.response('PUT', interim)).status, 200);
    assert.deepEqual([interim.length, refusing.requests.length], [0, 1]);
  });
});

describe('a method that is not idempotent', () => {
  test('is sent once, whatever the response', async () => {
    await using one = await broken();
    await using two = await RawBackend.start(resets);
    await using proxy = await retrying([one.url, two.url], { attempts: 5, status: ['503'] });
    const statuses = [await proxy.ask(post('hello')), await proxy.ask(post('hello'))].map(({ status }) => status);
    assert.deepEqual(statuses.sort(), [502, 503]);
    assert.equal(one.requests.length + two.requests.length, 2);
  });

  test('goes to another server when nothing was sent', async () => {
    await using app = await EchoBackend.start();
    const urls = [`http://127.0.0.1:${await closedPort()}`, `http://127.0.0.1:${await closedPort()}`, app.url];
    await using proxy = await retrying(urls, { attempts: 3 });
    for (let i = 0; i < 3; i++) assert.equal((await proxy.ask(post('hello'))).echoed.body, 'hello');
    assert.equal(app.requests.length, 3);
  });

  test('is sent again on request', async () => {
    await using one = await broken();
    await using app = await EchoBackend.start();
    const options = { attempts: 2, status: ['503'], retryNonIdempotentMethod: true };
    await using proxy = await retrying([one.url, app.url], options);
    for (let i = 0; i < 2; i++) assert.equal((await proxy.ask(post('hello'))).echoed.body, 'hello');
    assert.equal(one.requests.length, 1);
  });
});

describe('a server that fails', () => {
  const failures: readonly (readonly [string, Script])[] = [
    ['resets the connection', resets],
    ['closes it', onceThenEnd('')],
    ['closes it in the head', onceThenEnd('HTTP/1.1 200 OK\r\nContent-')],
    ['answers nonsense', onceThenEnd('nonsense\r\n\r\n')],
  ];
  for (const [how, script] of failures) {
    test(`and ${how}: an idempotent request goes to another`, async () => {
      await using one = await RawBackend.start(script);
      await using app = await EchoBackend.start();
      await using proxy = await retrying([one.url, app.url], { attempts: 2 });
      for (let i = 0; i < 4; i++) assert.equal((await proxy.ask(put('hello'))).echoed.body, 'hello');
      assert.deepEqual([one.requests.length, app.requests.length], [2, 4]);
    });
  }

  test('is left alone where network errors are excepted, and where attempts are 1', async () => {
    await using one = await RawBackend.start(resets);
    for (const retry of [{ attempts: 3, status: ['503'], disableRetryOnNetworkError: true }, { attempts: 1 }]) {
      await using proxy = await retrying([one.url], retry);
      assert.equal((await proxy.ask(request('GET /'))).status, 502);
    }
    assert.equal(one.requests.length, 2);
  });

  test('in the middle of its response is not asked again: the client has begun to read', async () => {
    await using one = await RawBackend.start(onceThenEnd('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'));
    await using proxy = await retrying([one.url], { attempts: 3 });
    await using client = await proxy.connect();
    await client.send(request('GET /'));
    assert.equal((await client.head()).status, 200);
    await client.closed();
    assert.equal(one.requests.length, 1);
  });
});

test('interim responses are relayed from one try only', async () => {
  const hint = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n';
  await using one = await RawBackend.start(always(hint + unavailable));
  await using two = await RawBackend.start(always(hint + unavailable));
  await using app = await RawBackend.start(always(hint + ok));
  await using proxy = await retrying([one.url, two.url, app.url], { attempts: 3, status: ['503'] });
  await using client = await proxy.connect();
  for (let i = 0; i < 3; i++) {
    const interim: RawResponse[] = [];
    await client.send(request('GET /'));
    assert.equal((await client.response('GET', interim)).status, 200);
    assert.equal(interim.length, 1);
  }
});

test('a WebSocket is opened at another server, and stays there', async () => {
  await using one = await broken();
  await using app = await EchoBackend.start();
  const server = new WebSocketServer({ server: app.server });
  await using proxy = await retrying([one.url, app.url], { attempts: 2, status: ['100-199', '503'] });
  for (let i = 0; i < 2; i++) {
    const accepted = once(server, 'connection') as Promise<[WebSocket]>;
    const client = new WebSocket(proxy.url('/').replace('http', 'ws'));
    client.on('error', () => undefined);
    await within(once(client, 'open'), 'the client is connected');
    const [peer] = await accepted;
    const message = once(client, 'message') as Promise<[Buffer]>;
    peer.send('hello');
    assert.equal((await within(message, 'a message'))[0].toString(), 'hello');
    const closed = once(client, 'close');
    peer.terminate();
    await within(closed, 'the tunnel is closed');
  }
  assert.equal(one.requests.length, 1);
  server.close();
});

test('a client that leaves during the pause ends the tries', async () => {
  await using app = await broken();
  await using proxy = await retrying([app.url], { attempts: 100, status: ['503'], initialInterval: '200ms' });
  await using client = await proxy.connect();
  await client.send(request('GET /'));
  await until(() => app.requests.length === 1, 'the first try');
  client.socket.destroy();
  await until(() => proxy.proxy.stats().requestsActive === 0, 'the request is over');
  const asked = app.requests.length;
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.ok(app.requests.length === asked && asked <= 2, `${app.requests.length} of ${asked}`);
});

describe('D20: with all servers failing', () => {
  for (const [what, script] of [
    ['with 500', always('HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n')],
    ['by resets', resets],
  ] as const) {
    test(`${what}, retries add a fifth to the load and a few a second`, async () => {
      const apps = [await RawBackend.start(script), await RawBackend.start(script), await RawBackend.start(script)];
      const urls = apps.map(({ url }) => url);
      const middlewares = [{ retry: { attempts: 4, status: ['500'] } }];
      await using proxy = await startProxy(everythingTo(urls, { middlewares }));
      const clients = await Promise.all(Array.from({ length: 10 }, () => proxy.connect()));
      const requests = 1000;
      const { took } = await timed(() =>
        Promise.all(
          clients.map(async (client) => {
            for (let i = 0; i < requests / clients.length; i++) {
              assert.ok((await client.ask(request('GET /'))).status >= 500);
            }
          }),
        ),
      );
      const load = apps.reduce((sum, app) => sum + app.requests.length, 0);
      const most = requests * 1.2 + 10 * (took / 1000 + 1);
      assert.ok(load > requests * 1.15 && load <= most, `${load} of at most ${most}`);
      assert.ok(proxy.proxy.stats().upstreamRetriesDenied > 500);
      for (const client of clients) await client[Symbol.asyncDispose]();
      for (const app of apps) await app[Symbol.asyncDispose]();
    });
  }
});
