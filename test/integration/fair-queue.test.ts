// A service with a limit: who is at the servers, who waits, who goes next, and who is turned away.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import type { DynamicConfig, ProxyConfig, QueueStats } from '../../lib/index.js';
import { type Client, request } from '../support/client.js';
import { until, within } from '../support/deadline.js';
import { HeldBackend } from '../support/held-backend.js';
import { startProxy, TestFolder, type TestProxy } from '../support/proxy.js';

type Queue = Readonly<Record<string, unknown>>;
type Limit = { readonly concurrency: number; readonly queue?: Queue };

const byTenant = { key: 'header:X-Tenant', maxWait: '0s' };

const routes = (url: string, limit?: Limit): DynamicConfig => ({
  http: {
    routers: { app: { rule: 'PathPrefix(`/`)', service: 'app' } },
    services: { app: { loadBalancer: { servers: [{ url }], ...(limit !== undefined && { limit }) } } },
  },
});

/** A proxy in front of a server that answers when it is told to. */
class Limited implements AsyncDisposable {
  readonly proxy: TestProxy;
  readonly server: HeldBackend;
  readonly #clients: Client[] = [];

  private constructor(proxy: TestProxy, server: HeldBackend) {
    this.proxy = proxy;
    this.server = server;
  }

  static async start(limit: Limit, install: ProxyConfig = {}): Promise<Limited> {
    const server = await HeldBackend.start();
    return new Limited(await startProxy({ ...install, ...routes(server.url, limit) }), server);
  }

  get queue(): QueueStats {
    const queue = this.proxy.proxy.stats().queues['app@memory'];
    assert.ok(queue);
    return queue;
  }
  key(name: string) {
    return this.queue.keys.find(({ key }) => key === name);
  }
  async waits(count: number): Promise<void> {
    await until(() => this.queue.waiting === count, `${count} requests wait`);
  }

  /** Sends a request on a connection of its own. */
  async send(tenant: string, line = 'GET /', body = ''): Promise<Client> {
    const length = body === '' ? [] : [`Content-Length: ${body.length}`];
    return this.sendText(request(line, `X-Tenant: ${tenant}`, ...length) + body);
  }
  async sendText(text: string): Promise<Client> {
    const client = await this.proxy.connect();
    this.#clients.push(client);
    await client.send(text);
    return client;
  }
  /** Sends requests that wait, one after the other. */
  async enqueue(...tenants: readonly string[]): Promise<readonly Client[]> {
    const clients: Client[] = [];
    for (const tenant of tenants) {
      const before = this.queue.waiting;
      clients.push(await this.send(tenant));
      await this.waits(before + 1);
    }
    return clients;
  }
  /** Fills the slots, so that everybody else waits. */
  async fill(count: number): Promise<readonly Client[]> {
    const clients: Client[] = [];
    for (let i = 0; i < count; i++) clients.push(await this.send('first'));
    await this.server.holds(count);
    return clients;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) await client[Symbol.asyncDispose]();
    await this.proxy[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
  }
}

const twoWorkers: ProxyConfig = { fairlead: { workers: 2 } };

describe('a service with a limit', () => {
  for (const [name, install] of [
    ['one worker', {}],
    ['two workers', twoWorkers],
  ] as const) {
    test(`serves keys in turn, however much one of them asks for, with ${name}`, async () => {
      await using all = await Limited.start({ concurrency: 1, queue: byTenant }, install);
      await all.fill(1);
      await all.enqueue(...Array<string>(100).fill('flood'));
      await all.enqueue('quiet', 'quiet', 'other');
      assert.equal(await all.server.releaseAll(7), 'ffqofqf');
      await all.waits(96);
      assert.equal(all.queue.active, 1);
    });

    test(`never has more at its servers than the limit, and never fewer while some wait, with ${name}`, async () => {
      const concurrency = 4;
      await using all = await Limited.start({ concurrency, queue: byTenant }, install);
      const asked = Array.from({ length: 60 }, (_, index) => all.send(`t${index % 7}`));
      const clients = await Promise.all(asked);
      await all.waits(56);
      for (let left = 56; left > 0; left--) {
        await all.server.release();
        await all.server.holds(concurrency);
        await all.waits(left - 1);
      }
      await all.server.releaseAll(concurrency);
      for (const client of clients) assert.equal((await client.response()).status, 200);
      assert.equal(all.server.most, concurrency);
      assert.equal(all.queue.active, 0);
      assert.equal(
        all.queue.keys.reduce((sum, { served }) => sum + served, 0),
        60,
      );
    });
  }

  test('tells requests apart by a claim of their token', async () => {
    await using all = await Limited.start({ concurrency: 1, queue: { key: 'claim:tenant', maxWait: '0s' } });
    const token = (payload: object): string => `e30.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.c2ln`;
    await all.fill(1);
    const asked = [
      `Bearer ${token({ tenant: 'gold' })}`,
      `Bearer ${token({ exp: 1, tenant: 'gold' })}`,
      `bearer ${token({ tenant: 7 })}`,
      `Bearer ${token({ sub: 'gold' })}`,
      'Basic Z29sZDo=',
    ];
    for (const [index, authorization] of asked.entries()) {
      await all.sendText(request('GET /', `Authorization: ${authorization}`));
      await all.waits(index + 1);
    }
    const waiting = (key: string): number | undefined => all.key(key)?.waiting;
    assert.deepEqual([waiting('gold'), waiting('7'), waiting('')], [2, 1, 2]);
  });

  test('holds its limit and loses nobody when requests come and go at once, with two workers', async () => {
    await using all = await Limited.start({ concurrency: 3, queue: { ...byTenant, maxLength: 65_535 } }, twoWorkers);
    all.server.open();
    const clients = await Promise.all(Array.from({ length: 24 }, () => all.proxy.connect()));
    await Promise.all(
      clients.map(async (client, index) => {
        for (let i = 0; i < 50; i++) {
          const response = await client.ask(request('GET /', `X-Tenant: t${index % 5}`));
          assert.deepEqual([response.status, response.text], [200, `t${index % 5}`]);
        }
        await client[Symbol.asyncDispose]();
      }),
    );
    assert.ok(all.server.most <= 3, `${all.server.most}`);
    await until(() => all.queue.active === 0, 'every slot is given back');
  });

  test('serves a key as often as its weight says', async () => {
    const queue = { ...byTenant, weights: { gold: 4, silver: 2 } };
    await using all = await Limited.start({ concurrency: 1, queue });
    await all.fill(1);
    for (const tenant of ['bronze', 'silver', 'gold']) await all.enqueue(...Array<string>(12).fill(tenant));
    assert.equal(await all.server.releaseAll(15), 'fbssggggbssgggg');
  });

  test('serves who came first where that is asked for', async () => {
    await using all = await Limited.start({ concurrency: 1, queue: { ...byTenant, discipline: 'fifo' } });
    await all.fill(1);
    await all.enqueue('a', 'a', 'a', 'b', 'a', 'c');
    assert.equal(await all.server.releaseAll(7), 'faaabac');
  });

  test('counts the bytes of bodies where that is asked for, and passes them on whole', async () => {
    await using all = await Limited.start({ concurrency: 1, queue: { ...byTenant, cost: 'bytes', quantum: '1KiB' } });
    await all.fill(1);
    const body = 'x'.repeat(3 * 1024);
    await all.send('large', 'POST /', body);
    await all.waits(1);
    await all.enqueue('small', 'small', 'small', 'small');
    assert.equal(await all.server.releaseAll(6), 'fsslss');
    assert.ok(all.server.bodies.includes(body));
  });

  test('keeps a request that waits for 100 Continue until its turn, with its body', async () => {
    await using all = await Limited.start({ concurrency: 1, queue: byTenant });
    await all.fill(1);
    await using client = await all.proxy.connect();
    await client.send(request('POST /', 'X-Tenant: b', 'Content-Length: 4', 'Expect: 100-continue'));
    await all.waits(1);
    await all.server.release();
    assert.equal((await client.head()).status, 100);
    await client.send('body');
    await until(() => all.server.bodies.length === 2, 'the body has arrived');
    await all.server.release();
    assert.equal((await client.response()).status, 200);
    assert.deepEqual(all.server.bodies, ['', 'body']);
  });

  test('needs no queue: without room to wait, one too many is turned away', async () => {
    await using all = await Limited.start({ concurrency: 1, queue: { ...byTenant, maxLength: 0 } });
    await all.fill(1);
    const client = await all.send('a');
    const refused = await client.response();
    assert.deepEqual([refused.status, refused.header('Retry-After')], [503, '1']);
    await all.server.release();
    await until(() => all.queue.active === 0, 'the slot is free');
    await client.send(request('GET /', 'X-Tenant: a'));
    assert.equal(await all.server.release(), 'a');
    assert.equal((await client.response()).status, 200);
  });
});

describe('who waits', () => {
  test('is turned away from the longest queue when there is no room, not because it came last', async () => {
    await using folder = await TestFolder.create();
    const accessLog = { filePath: folder.file('access.log'), format: 'json' } as const;
    await using all = await Limited.start({ concurrency: 1, queue: { ...byTenant, maxLength: 3 } }, { accessLog });
    await all.fill(1);
    const [, , third] = await all.enqueue('flood', 'flood', 'flood');
    const quiet = await all.send('quiet');
    const refused = await third?.response();
    assert.deepEqual([refused?.status, refused?.header('Retry-After')], [503, '1']);
    assert.equal(refused?.text, 'Service Unavailable');
    assert.equal(all.key('flood')?.shedFull, 1);
    assert.equal(all.proxy.proxy.stats().reasons['queue_full'], 1);
    assert.equal(await all.server.releaseAll(4), 'ffqf');
    assert.equal((await quiet.response()).status, 200);
    const lines = (await folder.lines('access.log', 5)).map((line) => JSON.parse(line) as Record<string, unknown>);
    const shed = lines.find(({ Reason }) => Reason === 'queue_full');
    assert.ok(shed && Number(shed['QueueDuration']) > 0 && shed['DownstreamStatus'] === 503);
    assert.equal(lines.filter((line) => 'QueueDuration' in line).length, 4);
  });

  test('is answered after maxWait, and its server never hears of it', async () => {
    await using folder = await TestFolder.create();
    const accessLog = { filePath: folder.file('access.log'), format: 'json' } as const;
    await using all = await Limited.start({ concurrency: 1, queue: { ...byTenant, maxWait: '50ms' } }, { accessLog });
    await all.fill(1);
    const refused = await (await all.send('late')).response();
    assert.deepEqual([refused.status, refused.header('Retry-After')], [503, '1']);
    assert.equal(all.key('late')?.shedLate, 1);
    await until(() => all.proxy.proxy.stats().reasons['queue_timeout'] === 1, 'the refusal is counted');
    const [line = '{}'] = await folder.lines('access.log', 1);
    const facts = JSON.parse(line) as Record<string, unknown>;
    assert.equal(facts['Reason'], 'queue_timeout');
    assert.ok(Number(facts['QueueDuration']) >= 50_000_000);
    assert.equal(await all.server.release(), 'first');
    await until(() => all.queue.active === 0, 'the slot is free');
    assert.deepEqual(all.server.arrivals, ['first']);
  });

  for (const [name, install] of [
    ['one worker', {}],
    ['two workers', twoWorkers],
  ] as const) {
    test(`and goes away leaves the queue, wherever it stands, with ${name}`, async () => {
      await using all = await Limited.start({ concurrency: 1, queue: byTenant }, install);
      await all.fill(1);
      const [first, , third] = await all.enqueue('a', 'b', 'c', 'd', 'e');
      first?.reset();
      await all.waits(4);
      third?.halfClose();
      await all.waits(3);
      assert.deepEqual([all.key('a')?.gone, all.key('b')?.gone, all.key('c')?.gone], [1, 0, 1]);
      assert.equal(await all.server.releaseAll(4), 'fbde');
      await until(() => all.queue.active === 0, 'every slot is given back');
    });
  }

  test('goes on when the one at the server is given up by its client', async () => {
    await using all = await Limited.start({ concurrency: 1, queue: byTenant });
    const [first] = await all.fill(1);
    const [next] = await all.enqueue('a');
    first?.reset();
    await until(() => all.server.arrivals.length === 2, 'the next is at the server');
    assert.equal(await all.server.release(), 'a');
    assert.equal((await next?.response())?.status, 200);
  });

  test('stays through a change of something else', async () => {
    const limit = { concurrency: 1, queue: byTenant };
    await using all = await Limited.start(limit, twoWorkers);
    await all.fill(1);
    const clients = await all.enqueue('a', 'a', 'b');
    const before = routes(all.server.url, limit);
    const extra = { rule: 'Host(`other.example`)', service: 'app' };
    const { isNew } = await all.proxy.proxy.apply({
      http: { ...before.http, routers: { ...before.http?.routers, extra } },
    });
    assert.equal(isNew, true);
    assert.deepEqual([all.queue.active, all.queue.waiting], [1, 3]);
    await all.enqueue('b');
    assert.equal(await all.server.releaseAll(5), 'fabab');
    for (const client of clients) assert.equal((await client.response()).status, 200);
  });

  for (const [name, changed, at, waiting] of [
    ['more concurrency', { concurrency: 3, queue: byTenant }, 3, 2],
    ['no limit at all', undefined, 5, 0],
    ['a shorter queue', { concurrency: 1, queue: { ...byTenant, maxLength: 1 } }, 1, 1],
    ['a shorter wait', { concurrency: 1, queue: { ...byTenant, maxWait: '1ms' } }, 1, 0],
  ] as const) {
    test(`is treated as a change says: ${name}`, async () => {
      await using all = await Limited.start({ concurrency: 1, queue: byTenant }, twoWorkers);
      await all.fill(1);
      await all.enqueue('a', 'a', 'b', 'b');
      await all.proxy.proxy.apply(routes(all.server.url, changed));
      await all.server.holds(at);
      if (changed !== undefined) await all.waits(waiting);
      await all.proxy.proxy.apply(routes(all.server.url, { concurrency: 1, queue: byTenant }));
      assert.equal(all.queue.active, at);
      await all.server.releaseAll(at + waiting);
      await until(() => all.queue.active === 0, 'every slot is given back');
    });
  }

  test('has its turn while the proxy drains, and is cut with what is left', async () => {
    await using all = await Limited.start({ concurrency: 1, queue: byTenant });
    const [first] = await all.fill(1);
    const [a, b] = await all.enqueue('a', 'b');
    const closing = all.proxy.proxy.close({ drain: '1h' });
    assert.equal(await all.server.release(), 'first');
    assert.equal(await all.server.release(), 'a');
    for (const client of [first, a]) assert.equal((await client?.response())?.status, 200);
    await all.server.holds(1);
    assert.equal(all.server.arrivals.at(-1), 'b');
    void all.proxy.proxy.close({ drain: 0 });
    assert.ok((await within(closing, 'the proxy has ended')).cut > 0);
    assert.equal((await b?.closed())?.rest, '');
  });

  test('is cut at once when there is no time to drain', async () => {
    await using all = await Limited.start({ concurrency: 1, queue: byTenant }, twoWorkers);
    await all.fill(1);
    const clients = await all.enqueue('a', 'b', 'c');
    assert.deepEqual(await within(all.proxy.proxy.close({ drain: 0 }), 'the proxy has ended'), { cut: 4 });
    for (const client of clients) assert.equal((await client.closed()).rest, '');
  });
});

describe('a WebSocket', () => {
  test('counts until it ends', async () => {
    await using all = await Limited.start({ concurrency: 1, queue: byTenant });
    const sockets = new WebSocketServer({ server: all.server.server });
    const socket = new WebSocket(all.proxy.url().replace('http', 'ws'));
    await within(once(socket, 'open'), 'the client is connected');
    await all.enqueue('a');
    assert.deepEqual([all.queue.active, all.queue.waiting, all.server.active], [1, 1, 0]);
    socket.terminate();
    assert.equal(await all.server.release(), 'a');
    sockets.close();
  });
});

describe('keys', () => {
  test('are what is configured, and are shown by the API of the service', async () => {
    await using app = await HeldBackend.start();
    app.open();
    const services = ['router', 'host', 'clientIP', 'header:Authorization'].map((key, index) => {
      const limit = { concurrency: 2, queue: { key } };
      const service = { loadBalancer: { servers: [{ url: app.url }], limit } };
      return [`s${index}`, service] as const;
    });
    const http = {
      routers: {
        one: { rule: 'Path(`/one`)', service: 's0' },
        host: { rule: 'Path(`/host`)', service: 's1' },
        client: { rule: 'Path(`/client`)', service: 's2' },
        secret: { rule: 'Path(`/secret`)', service: 's3' },
        api: { rule: 'PathPrefix(`/api`)', service: 'api@internal' },
      },
      services: Object.fromEntries(services),
    };
    await using proxy = await startProxy({ api: {}, http });
    for (const path of ['one', 'host', 'client', 'secret'])
      assert.equal((await proxy.ask(request(`GET /${path}`, 'Authorization: Bearer x'))).status, 200);
    const shown = async (name: string): Promise<string> => {
      const answer = await proxy.ask(request(`GET /api/http/services/${name}@memory`));
      const { queueStatus } = JSON.parse(answer.text) as { readonly queueStatus: QueueStats };
      assert.deepEqual([queueStatus.concurrency, queueStatus.keys[0]?.served], [2, 1]);
      return queueStatus.keys.map(({ key }) => key).join();
    };
    assert.equal(await shown('s0'), 'one@memory');
    assert.equal(await shown('s1'), 'a');
    assert.equal(await shown('s2'), '127.0.0.1');
    assert.match(await shown('s3'), /^#[0-9a-f]{8}$/);
  });

  test('beyond the bound share one queue', async () => {
    await using all = await Limited.start({ concurrency: 1, queue: { ...byTenant, maxKeys: 2 } });
    await all.fill(1);
    await all.enqueue('a', 'b', 'c', 'c', 'd');
    assert.deepEqual(
      all.queue.keys.map(({ key, waiting }) => [key, waiting]),
      [
        ['a', 1],
        ['first', 0],
        ['other', 4],
      ],
    );
    assert.equal(await all.server.releaseAll(6), 'fabccd');
  });
});
