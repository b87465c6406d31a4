// D21: services that answer in the place of others. What the client sees is one answer, whole, from the service that can.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import type { DynamicConfig } from '../../lib/index.js';
import { always, closedPort, EchoBackend, field, RawBackend } from '../support/backends.js';
import { request } from '../support/client.js';
import { until } from '../support/deadline.js';
import { startProxy } from '../support/proxy.js';

type Services = NonNullable<NonNullable<DynamicConfig['http']>['services']>;
type Errors = NonNullable<NonNullable<Services[string]['failover']>['errors']>;

const to = (url: string): Services[string] => ({ loadBalancer: { servers: [{ url }] } });
const toAll = (services: Services): DynamicConfig => ({
  http: { routers: { all: { rule: 'PathPrefix(`/`)', service: 'app' } }, services },
});
const failover = (main: string, fallback: string, errors: Errors = { status: ['500-504'] }): Services => ({
  app: { failover: { service: 'main', fallback: 'fallback', errors } },
  main: to(main),
  fallback: to(fallback),
});

/** Answers with this status and a body, after the whole request has come. */
const answers = (status: number, text = 'broken') =>
  RawBackend.start(always(`HTTP/1.1 ${status} X\r\nX-Main: yes\r\nContent-Length: ${text.length}\r\n\r\n${text}`));

const post = (body: string, ...fields: readonly string[]): string =>
  request('POST /p?q=1', `Content-Length: ${body.length}`, ...fields) + body;
const put = (body: string): string => request('PUT /', `Content-Length: ${body.length}`) + body;
const chunked = (...pieces: readonly string[]): string =>
  `${request('POST /p', 'Transfer-Encoding: chunked')}${pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join('')}0\r\n\r\n`;

describe('D21: a failover service', () => {
  test('passes on what its service answers, unless the status is one of errors.status', async () => {
    await using fallback = await EchoBackend.start('fallback');
    for (const status of [200, 404, 499, 505]) {
      await using main = await answers(status, 'from main');
      await using proxy = await startProxy(toAll(failover(main.url, fallback.url)));
      const response = await proxy.ask(request('GET /'));
      assert.deepEqual([response.status, response.text, response.header('X-Main')], [status, 'from main', 'yes']);
      assert.equal(proxy.proxy.stats().failovers, 0);
    }
    assert.equal(fallback.requests.length, 0);
  });

  test('asks its fallback with the same request, and shows nothing of the first answer', async () => {
    await using fallback = await EchoBackend.start('fallback');
    await using main = await answers(503);
    await using proxy = await startProxy(toAll(failover(main.url, fallback.url)));
    await using client = await proxy.connect();
    for (let i = 0; i < 3; i++) {
      const response = await client.ask(post('hello', 'X-A: b'));
      const { name, method, url, body } = response.echoed;
      assert.deepEqual([response.status, name, method, url, body], [200, 'fallback', 'POST', '/p?q=1', 'hello']);
      assert.equal(response.header('X-Main'), undefined);
      assert.equal(field(fallback.last, 'X-A'), 'b');
      assert.equal(field(fallback.last, 'X-Forwarded-For'), '127.0.0.1');
    }
    await until(() => proxy.proxy.stats().responses2xx === 3, 'each request is counted once');
    const { failovers, requestsTotal, responses5xx, upstreamRequests } = proxy.proxy.stats();
    assert.deepEqual([failovers, requestsTotal, responses5xx, upstreamRequests], [3, 3, 0, 6]);
    assert.deepEqual([main.connections, fallback.connections], [1, 1]);
  });

  test('takes what the proxy itself says of its service like an answer', async () => {
    await using fallback = await EchoBackend.start('fallback');
    const closed = `http://127.0.0.1:${await closedPort()}`;
    await using refused = await startProxy(toAll(failover(closed, fallback.url)));
    assert.equal((await refused.ask(request('GET /'))).echoed.name, 'fallback');
    const empty = { ...failover('http://127.0.0.1:1', fallback.url), main: { loadBalancer: { servers: [] } } };
    await using without = await startProxy(toAll(empty));
    assert.equal((await without.ask(request('GET /'))).echoed.name, 'fallback');
    await using cut = await RawBackend.start(async (conversation) => {
      await conversation.request();
      conversation.reset();
    });
    await using reset = await startProxy(toAll(failover(cut.url, fallback.url)));
    assert.equal((await reset.ask(post('once more'))).echoed.body, 'once more');
  });

  test('passes on what its fallback answers, whatever that is', async () => {
    await using main = await answers(500);
    await using fallback = await answers(502, 'also broken');
    await using proxy = await startProxy(toAll(failover(main.url, fallback.url)));
    const response = await proxy.ask(request('GET /'));
    assert.deepEqual([response.status, response.text], [502, 'also broken']);
  });

  test('sends bodies again, long and chunked ones and those that are still coming', async () => {
    await using fallback = await EchoBackend.start('fallback');
    await using main = await answers(500);
    await using proxy = await startProxy(toAll(failover(main.url, fallback.url)));
    const long = randomBytes(1_500_000).toString('hex');
    assert.equal(digest((await proxy.ask(post(long))).echoed.body), digest(long));
    assert.equal((await proxy.ask(chunked('one ', 'two ', 'three'))).echoed.body, 'one two three');
    await using early = await RawBackend.start(async (conversation) => {
      await conversation.head();
      conversation.end('HTTP/1.1 500 Early\r\nContent-Length: 0\r\n\r\n');
    });
    await using hasty = await startProxy(toAll(failover(early.url, fallback.url)));
    await using client = await hasty.connect();
    await client.send(request('POST /', 'Content-Length: 10'));
    await client.send('12345');
    const reply = client.response();
    await client.send('67890');
    assert.equal((await reply).echoed.body, '1234567890');
  });

  test('passes a body of no bounded length on as it comes, and then the first answer is the answer', async () => {
    await using fallback = await EchoBackend.start('fallback');
    await using main = await answers(500, 'too long to ask again');
    await using proxy = await startProxy(toAll(failover(main.url, fallback.url)));
    const response = await proxy.ask(post('x'.repeat(5 * 1024 * 1024)));
    assert.deepEqual([response.status, response.text], [500, 'too long to ask again']);
    assert.equal(fallback.requests.length, 0);
  });

  test('refuses bodies longer than maxRequestBodyBytes before anybody is asked', async () => {
    await using fallback = await EchoBackend.start('fallback');
    await using main = await answers(500);
    const errors = { status: ['500'], maxRequestBodyBytes: 10 };
    await using proxy = await startProxy(toAll(failover(main.url, fallback.url, errors)));
    for (const bytes of [post('x'.repeat(11)), chunked('123456', '78901')]) {
      const response = await proxy.ask(bytes);
      assert.deepEqual([response.status, response.text], [413, 'Request body too large\n']);
    }
    await until(() => proxy.proxy.stats().reasons['body_too_large'] === 2, 'the refusals are counted');
    assert.equal(main.connections, 0);
    assert.equal((await proxy.ask(post('x'.repeat(10)))).echoed.body, 'x'.repeat(10));
    assert.equal((await proxy.ask(chunked('12345', '67890'))).echoed.body, '1234567890');
    assert.equal((await proxy.ask(request('GET /'))).echoed.name, 'fallback');
  });

  test('keeps an expectation until somebody wants the body', async () => {
    await using fallback = await EchoBackend.start('fallback');
    await using main = await RawBackend.start(async (conversation) => {
      await conversation.head();
      conversation.end('HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n');
    });
    await using proxy = await startProxy(toAll(failover(main.url, fallback.url)));
    await using client = await proxy.connect();
    await client.send(request('POST /', 'Content-Length: 5', 'Expect: 100-continue'));
    assert.equal((await client.head()).status, 100);
    await client.send('hello');
    assert.equal((await client.response()).echoed.body, 'hello');
  });

  test('lets upgrades through, and to the fallback', async () => {
    const key = ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='];
    const upgrade = request('GET /', 'Connection: upgrade', 'Upgrade: websocket', ...key);
    const accept = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n';
    await using socket = await RawBackend.start(async (conversation) => {
      await conversation.head();
      conversation.send(accept);
      conversation.send(`echo ${(await conversation.reader.take(4)).toString()}`);
    });
    await using broken = await answers(503);
    for (const main of [socket.url, broken.url]) {
      await using proxy = await startProxy(toAll(failover(main, socket.url)));
      await using client = await proxy.connect();
      assert.equal((await client.ask(upgrade)).status, 101);
      await client.send('ping');
      assert.equal((await client.reader.take(9)).toString(), 'echo ping');
    }
  });

  test('nests: the first service in the row that can answers', async () => {
    await using last = await EchoBackend.start('last');
    await using one = await answers(500);
    await using two = await answers(404);
    const services: Services = {
      app: { failover: { service: 'inner', fallback: 'last', errors: { status: ['404'] } } },
      inner: { failover: { service: 'one', fallback: 'two', errors: { status: ['500-599'] } } },
      one: to(one.url),
      two: { weighted: { services: [{ name: 'deep' }] } },
      deep: to(two.url),
      last: to(last.url),
    };
    await using proxy = await startProxy(toAll(services));
    const { name, body } = (await proxy.ask(post('through all'))).echoed;
    assert.deepEqual([name, body, one.requests.length, two.requests.length], ['last', 'through all', 1, 1]);
    assert.equal(proxy.proxy.stats().failovers, 2);
    // What an inner service does not take is for the outer one.
    const straight: Services = { ...services, one: to(two.url) };
    await using outer = await startProxy(toAll(straight));
    assert.equal((await outer.ask(post('x'))).echoed.name, 'last');
    assert.equal(outer.proxy.stats().failovers, 1);
  });

  test('lets the middlewares of one service be those of one service', async () => {
    await using fallback = await EchoBackend.start('fallback');
    await using main = await answers(500);
    const services = failover(main.url, fallback.url);
    const http = toAll(services).http;
    const config: DynamicConfig = {
      http: {
        ...http,
        services: {
          ...services,
          main: { ...services['main'], middlewares: ['prefix', 'mark'] },
          fallback: { ...services['fallback'], middlewares: ['own'] },
        },
        middlewares: {
          prefix: { addPrefix: { prefix: '/main' } },
          mark: { headers: { customRequestHeaders: { 'X-Main': 'a' }, customResponseHeaders: { 'X-From': 'main' } } },
          own: { headers: { customResponseHeaders: { 'X-Own': 'fallback' } } },
        },
      },
    };
    await using proxy = await startProxy(config);
    const response = await proxy.ask(request('GET /path'));
    assert.equal(main.requests[0]?.line, 'GET /main/path HTTP/1.1');
    assert.deepEqual([response.echoed.url, field(response.echoed, 'X-Main')], ['/path', undefined]);
    assert.deepEqual([response.header('X-From'), response.header('X-Own')], [undefined, 'fallback']);
  });

  test('sets no cookie of a service whose answer is dropped', async () => {
    await using fallback = await EchoBackend.start('fallback');
    await using main = await answers(500);
    const stuck = (url: string, name: string): Services[string] => ({
      loadBalancer: { servers: [{ url }], sticky: { cookie: { name } } },
    });
    const services: Services = {
      ...failover(main.url, fallback.url),
      app: { weighted: { services: [{ name: 'safe' }], sticky: { cookie: { name: 'top' } } } },
      safe: failover(main.url, fallback.url)['app'] ?? {},
      main: { weighted: { services: [{ name: 'deep' }], sticky: { cookie: { name: 'main' } } } },
      deep: stuck(main.url, 'deep'),
      fallback: stuck(fallback.url, 'fallback'),
    };
    await using proxy = await startProxy(toAll(services));
    const response = await proxy.ask(request('GET /'));
    assert.equal(response.echoed.name, 'fallback');
    const cookies = response.fields.filter(([name]) => name.toLowerCase() === 'set-cookie');
    assert.deepEqual(
      cookies.map(([, value]) => value.split('=')[0]),
      ['top', 'fallback'],
    );
  });

  test('asks its fallback after the tries of its service, and remembers all of them', async () => {
    await using fallback = await EchoBackend.start('fallback');
    await using one = await answers(503);
    await using two = await answers(503);
    const config = toAll({
      ...failover(one.url, fallback.url),
      main: { loadBalancer: { servers: [{ url: one.url }, { url: two.url }] } },
    });
    const again = { attempts: 2, status: ['503'], budget: { percent: 1000, minPerSecond: 1000 } };
    const http = { ...config.http, middlewares: { again: { retry: again } } };
    const all = { rule: 'PathPrefix(`/`)', service: 'app', middlewares: ['again'] };
    await using proxy = await startProxy({ http: { ...http, routers: { all } } });
    const body = 'x'.repeat(100_000);
    assert.equal((await proxy.ask(put(body))).echoed.body, body);
    assert.deepEqual([one.requests.length, two.requests.length, fallback.requests.length], [1, 1, 1]);
    for (const { body: sent } of [...one.requests, ...two.requests]) assert.equal(sent.bytes.toString(), body);
    const { upstreamRetries, failovers } = proxy.proxy.stats();
    assert.deepEqual([upstreamRetries, failovers], [1, 1]);
  });

  test('does not retry at its fallback because of a middleware of its service', async () => {
    await using broken = await answers(503);
    await using app = await EchoBackend.start('app');
    const again = { attempts: 2, status: ['503'], budget: { percent: 1000, minPerSecond: 1000 } };
    const services = {
      ...failover(broken.url, app.url),
      main: { ...to(broken.url), middlewares: ['again'] },
      fallback: { loadBalancer: { servers: [{ url: broken.url }, { url: app.url }] } },
    };
    await using proxy = await startProxy({
      http: { ...toAll(services).http, middlewares: { again: { retry: again } } },
    });
    await using client = await proxy.connect();
    const statuses = [await client.ask(put('a')), await client.ask(put('b'))].map(({ status }) => status);
    assert.deepEqual(statuses.sort(), [200, 503]);
  });

  test('is cancelled with its client', async () => {
    await using fallback = await EchoBackend.start('fallback');
    let asked: () => void = () => {};
    const isAsked = new Promise<void>((resolve) => (asked = resolve));
    await using main = await RawBackend.start(async (conversation) => {
      await conversation.head();
      asked();
    });
    await using proxy = await startProxy(toAll(failover(main.url, fallback.url)));
    const client = await proxy.connect();
    await client.send(post('x'));
    await isAsked;
    client.reset();
    await main.endingOf(0);
    assert.equal(fallback.requests.length, 0);
  });
});

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
