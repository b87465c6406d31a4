// D21: copies of requests. Whatever becomes of a mirror, the answer of the main service is the same.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, request as requestHttp, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import type { DynamicConfig } from '../../lib/index.js';
import { always, closedPort, EchoBackend, field, ok, RawBackend, type Script } from '../support/backends.js';
import { request } from '../support/client.js';
import { until } from '../support/deadline.js';
import { startProxy, type TestProxy } from '../support/proxy.js';

type Services = NonNullable<NonNullable<DynamicConfig['http']>['services']>;
type Mirroring = Partial<NonNullable<Services[string]['mirroring']>>;

const to = (url: string): Services[string] => ({ loadBalancer: { servers: [{ url }] } });
const toAll = (services: Services, changed: DynamicConfig['http'] = {}): DynamicConfig => ({
  http: { routers: { all: { rule: 'PathPrefix(`/`)', service: 'app' } }, services, ...changed },
});
const mirrored = (main: string, mirror: string, options: Mirroring = {}): Services => ({
  app: { mirroring: { service: 'main', mirrors: [{ name: 'mirror', percent: 100 }], ...options } },
  main: to(main),
  mirror: to(mirror),
});
const post = (body: string, ...fields: readonly string[]): string =>
  request('POST /p?q=1', `Content-Length: ${body.length}`, ...fields) + body;
const chunked = (...pieces: readonly string[]): string =>
  `${request('POST /p', 'Transfer-Encoding: chunked')}${pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join('')}0\r\nX-End: yes\r\n\r\n`;

/** What became of the copies, once none is under way. */
async function outcomes(proxy: TestProxy): Promise<Readonly<Record<string, number>>> {
  await until(() => proxy.proxy.stats().mirrorsActive === 0, 'every copy has ended');
  const stats = proxy.proxy.stats();
  const { mirrorRequests, mirrorAnswered, mirrorFailed, mirrorGivenUp, mirrorCancelled, mirrorSkipped } = stats;
  assert.equal(mirrorRequests, mirrorAnswered + mirrorFailed + mirrorGivenUp + mirrorCancelled);
  const all = { mirrorAnswered, mirrorFailed, mirrorGivenUp, mirrorCancelled, mirrorSkipped };
  return Object.fromEntries(Object.entries(all).filter(([, count]) => count > 0));
}

describe('mirrors', () => {
  test('get the method, the target, the fields and the body, and nobody gets their answer', async () => {
    await using main = await EchoBackend.start('main');
    await using mirror = await EchoBackend.start('mirror');
    await using proxy = await startProxy(toAll(mirrored(main.url, mirror.url)));
    await using client = await proxy.connect();
    for (const bytes of [request('GET /a%20b?c'), post('hello', 'X-A: b', 'Cookie: c=d'), chunked('one ', 'two')]) {
      assert.equal((await client.ask(bytes)).echoed.name, 'main');
      await until(() => mirror.requests.length === main.requests.length, 'the copy arrives');
      const { name: _, ...original } = main.last;
      const { name: __, ...copy } = mirror.last;
      assert.deepEqual(copy, original);
    }
    assert.deepEqual(await outcomes(proxy), { mirrorAnswered: 3 });
    const { requestsTotal, responses2xx, upstreamRequests } = proxy.proxy.stats();
    assert.deepEqual([requestsTotal, responses2xx, upstreamRequests], [3, 3, 6]);
    assert.equal(mirror.connections, 1);
  });

  test('get their share exactly', async () => {
    await using main = await EchoBackend.start('main');
    await using ten = await EchoBackend.start('ten');
    await using third = await EchoBackend.start('third');
    await using none = await EchoBackend.start('none');
    const mirrors = [
      { name: 'ten', percent: 10 },
      { name: 'third', percent: 33 },
      { name: 'none', percent: 0 },
    ];
    const services = {
      app: { mirroring: { service: 'main', mirrors } },
      ...{ main: to(main.url), ten: to(ten.url), third: to(third.url), none: to(none.url) },
    };
    await using proxy = await startProxy(toAll(services));
    await using client = await proxy.connect();
    const counts = [];
    for (let i = 1; i <= 100; i++) {
      await client.ask(request('GET /'));
      if (i === 1 || i === 10 || i === 11 || i === 100) {
        await outcomes(proxy);
        counts.push([ten.requests.length, third.requests.length, none.requests.length]);
      }
    }
    // The first request is everybody's, as with Traefik.
    assert.deepEqual(counts, [
      [1, 1, 0],
      [1, 4, 0],
      [2, 4, 0],
      [10, 33, 0],
    ]);
  });

  test('go on in turn when something else changes', async () => {
    await using main = await EchoBackend.start('main');
    await using mirror = await EchoBackend.start('mirror');
    const services = mirrored(main.url, mirror.url, { mirrors: [{ name: 'mirror', percent: 50 }] });
    await using proxy = await startProxy(toAll(services));
    for (let i = 0; i < 6; i++) {
      await proxy.ask(request('GET /'));
      const extra = { rule: `Host(\`other${i}.example\`)`, service: 'app' };
      const all = { rule: 'PathPrefix(`/`)', service: 'app' };
      await proxy.proxy.apply(toAll(services, { routers: { all, extra } }));
    }
    await outcomes(proxy);
    assert.equal(mirror.requests.length, 3);
  });

  test('get no body with mirrorBody: false, and none of the request with a body longer than maxBodySize', async () => {
    await using main = await EchoBackend.start('main');
    await using mirror = await EchoBackend.start('mirror');
    await using bodiless = await startProxy(toAll(mirrored(main.url, mirror.url, { mirrorBody: false })));
    assert.equal((await bodiless.ask(post('hello', 'X-A: b'))).echoed.body, 'hello');
    assert.deepEqual(await outcomes(bodiless), { mirrorAnswered: 1 });
    assert.deepEqual([mirror.last.method, mirror.last.body, field(mirror.last, 'X-A')], ['POST', '', 'b']);

    await using bounded = await startProxy(toAll(mirrored(main.url, mirror.url, { maxBodySize: 10 })));
    for (const body of ['x'.repeat(11), 'y'.repeat(10)]) {
      assert.equal((await bounded.ask(post(body))).echoed.body, body);
      assert.equal((await bounded.ask(chunked(body.slice(0, 6), body.slice(6)))).echoed.body, body);
    }
    assert.deepEqual(await outcomes(bounded), { mirrorAnswered: 2, mirrorSkipped: 2 });
    assert.deepEqual(
      mirror.requests.slice(1).map(({ body }) => body),
      ['y'.repeat(10), 'y'.repeat(10)],
    );
  });

  test('may be any service', async () => {
    await using main = await EchoBackend.start('main');
    await using one = await EchoBackend.start('one');
    await using two = await EchoBackend.start('two');
    const services: Services = {
      app: { weighted: { services: [{ name: 'outer' }] } },
      outer: { mirroring: { service: 'main', mirrors: [{ name: 'again', percent: 100 }] } },
      main: { ...to(main.url), middlewares: ['ours'] },
      again: { mirroring: { service: 'first', mirrors: [{ name: 'split', percent: 100 }] } },
      first: { failover: { service: 'dead', fallback: 'one', errors: { status: ['503'] } } },
      dead: { loadBalancer: { servers: [] } },
      split: { weighted: { services: [{ name: 'two' }] }, middlewares: ['theirs'] },
      one: to(one.url),
      two: to(two.url),
    };
    const middlewares = { ours: { addPrefix: { prefix: '/main' } }, theirs: { addPrefix: { prefix: '/mirror' } } };
    await using proxy = await startProxy(toAll(services, { middlewares }));
    assert.equal((await proxy.ask(post('to all'))).echoed.url, '/main/p?q=1');
    assert.deepEqual(await outcomes(proxy), { mirrorAnswered: 2 });
    assert.deepEqual(
      [one.last.url, one.last.body, two.last.url, two.last.body],
      ['/p?q=1', 'to all', '/mirror/p?q=1', 'to all'],
    );
  });

  test('are copied from what a middleware has read', async () => {
    await using auth = await RawBackend.start(always('HTTP/1.1 204 No Content\r\n\r\n'));
    await using main = await EchoBackend.start('main');
    await using mirror = await EchoBackend.start('mirror');
    const middlewares = { auth: { forwardAuth: { address: auth.url, forwardBody: true, maxBodySize: 1000 } } };
    const routers = { all: { rule: 'PathPrefix(`/`)', service: 'app', middlewares: ['auth'] } };
    await using proxy = await startProxy(toAll(mirrored(main.url, mirror.url), { middlewares, routers }));
    assert.equal((await proxy.ask(chunked('read ', 'before'))).echoed.body, 'read before');
    assert.deepEqual(await outcomes(proxy), { mirrorAnswered: 1 });
    assert.equal(mirror.last.body, 'read before');
  });

  test('are not asked to upgrade', async () => {
    await using main = await RawBackend.start(async (conversation) => {
      await conversation.head();
      conversation.send('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: something\r\n\r\n');
    });
    await using mirror = await EchoBackend.start('mirror');
    await using proxy = await startProxy(toAll(mirrored(main.url, mirror.url)));
    await using client = await proxy.connect();
    const upgrade = request('GET /', 'Connection: upgrade', 'Upgrade: something');
    const upgraded = await client.ask(upgrade);
    assert.equal(upgraded.status, 101);
    assert.deepEqual(await outcomes(proxy), { mirrorSkipped: 1 });
  });
});

/** Reads a head and does nothing about it. */
const askedOnly: Script = async (conversation) => {
  await conversation.head();
};

/** Mirrors that do not do what they should, and what becomes of the copies. */
const faulty: readonly (readonly [name: string, start: () => Promise<RawBackend>, outcome: string])[] = [
  ['answers 500', () => RawBackend.start(always('HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\nno')), 'mirrorAnswered'],
  ['closes at once', () => RawBackend.start((conversation) => conversation.end()), 'mirrorFailed'],
  [
    'resets after the head',
    () => RawBackend.start((conversation) => conversation.head().then(() => conversation.reset())),
    'mirrorFailed',
  ],
  [
    'cuts its answer short',
    () =>
      RawBackend.start(async (conversation) => {
        await conversation.request();
        conversation.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nnot all');
      }),
    'mirrorFailed',
  ],
  ['speaks nonsense', () => RawBackend.start(always('nonsense\r\n\r\n')), 'mirrorFailed'],
];

describe('D21: the answer of the main service is the same', () => {
  for (const [name, start, outcome] of faulty) {
    test(`when a mirror ${name}`, async () => {
      await using main = await EchoBackend.start('main');
      await using mirror = await start();
      await using proxy = await startProxy(toAll(mirrored(main.url, mirror.url)));
      await using client = await proxy.connect();
      for (let i = 0; i < 10; i++) {
        const { body } = (await client.ask(i % 2 === 0 ? request('GET /') : post('hello'))).echoed;
        assert.equal(body, i % 2 === 0 ? '' : 'hello');
      }
      assert.deepEqual(await outcomes(proxy), { [outcome]: 10 });
    });
  }

  test('when a mirror refuses connections, or is a service without servers', async () => {
    await using main = await EchoBackend.start('main');
    const closed = `http://127.0.0.1:${await closedPort()}`;
    for (const mirror of [to(closed), { loadBalancer: { servers: [] } }]) {
      await using proxy = await startProxy(toAll({ ...mirrored(main.url, closed), mirror }));
      await using client = await proxy.connect();
      for (let i = 0; i < 5; i++) assert.equal((await client.ask(post('hello'))).echoed.body, 'hello');
      assert.deepEqual(await outcomes(proxy), { mirrorFailed: 5 });
    }
  });

  test('when a mirror never answers; the copies end with the proxy', async () => {
    await using main = await EchoBackend.start('main');
    await using mirror = await RawBackend.start(askedOnly);
    const proxy = await startProxy(toAll(mirrored(main.url, mirror.url)));
    await using client = await proxy.connect();
    for (let i = 0; i < 20; i++) assert.equal((await client.ask(post('hello'))).echoed.body, 'hello');
    await until(() => mirror.requests.length === 20, 'every copy is under way');
    assert.equal(proxy.proxy.stats().mirrorsActive, 20);
    await proxy.proxy.close({ drain: 0 });
    for (let i = 0; i < 20; i++) await mirror.endingOf(i);
  });

  test('when a mirror does not take a long body: it is given up, and the main service gets all of it', async () => {
    await using main = await HashingServer.start();
    await using mirror = await RawBackend.start(({ socket }) => {
      socket.pause();
    });
    await using proxy = await startProxy(toAll(mirrored(main.url, mirror.url)));
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, proxy.proxy.stats().buffersBytes)), 5);
    const { status, hash } = await upload(proxy.url('/'), 100).finally(() => clearInterval(watch));
    assert.deepEqual([status, main.bytes, main.hash], [200, 100 * mebibyte, hash]);
    assert.deepEqual(await outcomes(proxy), { mirrorGivenUp: 1 });
    assert.ok(most < 16 * mebibyte, `${most} bytes in buffers`);
  });

  test('and the copy ends when the client goes away in the middle of its body', async () => {
    await using main = await RawBackend.start(askedOnly);
    await using mirror = await RawBackend.start(askedOnly);
    await using proxy = await startProxy(toAll(mirrored(main.url, mirror.url)));
    const client = await proxy.connect();
    await client.send(`${request('POST /', 'Content-Length: 10')}12345`);
    await until(() => main.bytes > 0 && mirror.requests.length === 1, 'both have begun');
    client.reset();
    await mirror.endingOf(0);
    assert.deepEqual(await outcomes(proxy), { mirrorCancelled: 1 });
  });
});

describe('long bodies', () => {
  test('reach both, byte for byte', async () => {
    const size = 100;
    await using mirror = await HashingServer.start();
    // The main service reads no faster than the mirror does, so that the mirror is not given up on a busy machine.
    await using main = await HashingServer.start((bytes) => bytes <= mirror.bytes + mebibyte);
    await using proxy = await startProxy(toAll(mirrored(main.url, mirror.url, { maxBodySize: size * mebibyte })));
    const { status, hash } = await upload(proxy.url('/'), size);
    assert.deepEqual([status, main.bytes, main.hash], [200, size * mebibyte, hash]);
    assert.deepEqual(await outcomes(proxy), { mirrorAnswered: 1 });
    assert.deepEqual([mirror.bytes, mirror.hash], [size * mebibyte, hash]);
  });
});

describe('a reload', () => {
  test('leaves the copies that are under way to the configuration they began with', async () => {
    await using main = await EchoBackend.start('main');
    let answer: () => void = () => {};
    const answered = new Promise<void>((resolve) => (answer = resolve));
    await using mirror = await RawBackend.start(async (conversation) => {
      await conversation.request();
      await answered;
      conversation.send(ok);
    });
    await using proxy = await startProxy(toAll(mirrored(main.url, mirror.url)));
    assert.equal((await proxy.ask(post('hello'))).echoed.body, 'hello');
    await until(() => mirror.requests.length === 1, 'the copy is under way');
    await proxy.proxy.apply(toAll({ app: to(main.url) }));
    assert.equal(proxy.proxy.stats().mirrorsActive, 1);
    answer();
    assert.deepEqual(await outcomes(proxy), { mirrorAnswered: 1 });
    assert.equal((await proxy.ask(request('GET /'))).echoed.name, 'main');
    await until(() => proxy.proxy.stats().snapshotsLive === 1, 'the first configuration is gone');
  });
});

const mebibyte = 1024 * 1024;

/** Sends so many mebibytes as the client is read from. */
async function upload(url: string, mebibytes: number): Promise<{ readonly status: number; readonly hash: string }> {
  const hash = createHash('sha256');
  const sending = requestHttp(url, { method: 'POST', headers: { 'Content-Length': mebibytes * mebibyte } });
  const response = new Promise<IncomingMessage>((resolve, reject) =>
    sending.on('response', resolve).on('error', reject),
  );
  for (let i = 0; i < mebibytes; i++) {
    const piece = Buffer.alloc(mebibyte, `piece ${i} of the body;`);
    hash.update(piece);
    if (!sending.write(piece)) await new Promise<void>((resolve) => sending.once('drain', () => resolve()));
  }
  sending.end();
  const { statusCode = 0 } = (await response).resume();
  return { status: statusCode, hash: hash.digest('hex') };
}

/** A server that tells what it was sent by its digest, and reads on only while it may. */
class HashingServer implements AsyncDisposable {
  readonly #server: Server;
  bytes = 0;
  hash = '';

  private constructor(mayRead: (bytes: number) => boolean) {
    this.#server = createServer((incoming, response) => void this.#take(incoming, mayRead).then(() => response.end()));
  }

  static async start(mayRead: (bytes: number) => boolean = () => true): Promise<HashingServer> {
    const started = new HashingServer(mayRead);
    await new Promise<void>((resolve) => started.#server.listen(0, '127.0.0.1', resolve));
    return started;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async #take(incoming: IncomingMessage, mayRead: (bytes: number) => boolean): Promise<void> {
    const hash = createHash('sha256');
    for await (const piece of incoming) {
      hash.update(piece as Buffer);
      this.bytes += (piece as Buffer).length;
      await until(() => mayRead(this.bytes), 'the other one has read as much');
    }
    this.hash = hash.digest('hex');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}
