// What became of a request can be asked for afterwards, by the id that its answer carries.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { command } from '../../lib/cli/command.js';
import type { Terminal } from '../../lib/cli/terminal.js';
import type { DynamicConfig, Receipt } from '../../lib/index.js';
import { realInstallPorts } from '../../lib/install/read.js';
import { EchoBackend } from '../support/backends.js';
import { type Client, type RawResponse, request } from '../support/client.js';
import { until } from '../support/deadline.js';
import { HeldBackend } from '../support/held-backend.js';
import { everythingTo, startProxy, type TestProxy } from '../support/proxy.js';

/** An address of this machine on which nobody listens: the discard port. */
const nobody = 'http://127.0.0.1:9';

async function receiptOf(proxy: TestProxy, response: RawResponse): Promise<Receipt> {
  const id = response.header('X-Request-Id');
  assert.match(id ?? '', /^[0-9a-f]{16}$/);
  // It is written when the exchange has ended, which the client may see a moment before.
  return until(async () => await proxy.proxy.receipt(id ?? ''), 'a receipt');
}

const limitedTo = (url: string, limit: object): DynamicConfig => ({
  http: {
    routers: { app: { rule: 'PathPrefix(`/`)', service: 'app' } },
    services: { app: { loadBalancer: { servers: [{ url }], limit: limit as { concurrency: number } } } },
  },
});

describe('a receipt', () => {
  test('of a server that cannot be reached names each try and its reason', async () => {
    await using proxy = await startProxy(everythingTo([nobody, 'http://127.0.0.2:9']));
    const response = await proxy.ask(request('GET /path?secret=1'));
    assert.equal(response.status, 502);
    const receipt = await receiptOf(proxy, response);
    assert.deepEqual(
      [receipt.kept, receipt.status, receipt.reason, receipt.router, receipt.service, receipt.entryPoint],
      ['failed', 502, 'connect_failed', 'all@memory', 'app@memory', 'web'],
    );
    assert.deepEqual([receipt.method, receipt.host, receipt.target], ['GET', 'a', '/path']);
    assert.equal(receipt.tries, 2);
    assert.deepEqual(receipt.servers.map(({ server, reason }) => [server, reason]).sort(), [
      [nobody, 'connect_failed'],
      ['http://127.0.0.2:9', 'connect_failed'],
    ]);
    for (const { begun, connected, ended } of receipt.servers) {
      assert.ok(begun !== undefined && ended !== undefined && ended >= begun);
      assert.equal(connected, undefined);
    }
  });

  test('of a request that nobody takes says so', async () => {
    await using proxy = await startProxy(everythingTo(nobody, { rule: 'Path(`/only`)' }));
    const receipt = await receiptOf(proxy, await proxy.ask(request('GET /other')));
    assert.deepEqual(
      [receipt.kept, receipt.status, receipt.reason, receipt.router, receipt.tries],
      ['refused', 404, 'no_route', undefined, 0],
    );
  });

  test('of a malformed request has its fault', async () => {
    await using proxy = await startProxy(everythingTo(nobody));
    const receipt = await receiptOf(proxy, await proxy.ask('GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'));
    assert.deepEqual([receipt.status, receipt.reason, receipt.fault], [400, 'malformed_request', 'host_repeated']);
  });

  test('is kept of each answer that the proxy itself gives', async () => {
    const routes: DynamicConfig = {
      http: {
        routers: {
          limited: { rule: 'Path(`/limited`)', service: 'app', middlewares: ['limit'] },
          empty: { rule: 'Path(`/empty`)', service: 'empty' },
          denied: { rule: 'Path(`/denied`)', service: 'app', middlewares: ['auth'] },
        },
        services: {
          app: { loadBalancer: { servers: [{ url: nobody }] } },
          empty: { loadBalancer: { servers: [] } },
        },
        middlewares: { limit: { rateLimit: { average: 1, period: '1h' } }, auth: { forwardAuth: { address: nobody } } },
      },
    };
    await using proxy = await startProxy(routes);
    await proxy.ask(request('GET /limited'));
    for (const [path, reason] of [
      ['/limited', 'rate_limited'],
      ['/empty', 'no_server'],
      ['/denied', 'auth_failed'],
    ]) {
      const receipt = await receiptOf(proxy, await proxy.ask(request(`GET ${path}`)));
      assert.equal(receipt.reason, reason);
    }
  });

  test('is kept of a sample of what goes well', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await startProxy(everythingTo(app.url));
    await using client = await proxy.connect();
    const ids: string[] = [];
    for (let i = 0; i < 200; i++) {
      const { echoed } = await client.ask(request('GET /'));
      ids.push(echoed.fields.find(([name]) => name.toLowerCase() === 'x-request-id')?.[1] ?? '');
    }
    const receipts = await until(async () => {
      const found = await Promise.all(ids.map((id) => proxy.proxy.receipt(id)));
      const kept = found.filter((receipt) => receipt !== undefined);
      return kept.length >= 3 && kept;
    }, 'a sample of 200 requests');
    assert.equal(receipts.length, 3);
    for (const receipt of receipts) {
      assert.deepEqual(
        [receipt.kept, receipt.status, receipt.originStatus, receipt.reason],
        ['sampled', 200, 200, 'none'],
      );
      assert.equal(receipt.servers[0]?.reused, true);
      assert.ok((receipt.servers[0].firstByte ?? -1) >= 0);
    }
  });

  test('is gone when newer ones have taken its place, and only then', async () => {
    await using proxy = await startProxy(everythingTo(nobody, { rule: 'Path(`/only`)' }));
    await using client = await proxy.connect();
    const first = await client.ask(request('GET /first'));
    const failed = await proxy.ask(request('GET /only'));
    for (let i = 0; i < 511; i++) await client.ask(request('GET /other'));
    assert.ok(await receiptOf(proxy, first));
    await receiptOf(proxy, await client.ask(request('GET /last')));
    assert.equal(await proxy.proxy.receipt(first.header('X-Request-Id') ?? ''), undefined);
    // A flood of refusals leaves failures alone.
    assert.equal((await receiptOf(proxy, failed)).reason, 'connect_failed');
    assert.equal(await proxy.proxy.receipt('nonsense'), undefined);
    assert.equal(await proxy.proxy.receipt('0000000000000000'), undefined);
  });
});

describe('the receipt of a request that met a limit', () => {
  /** A service that takes one request at a time, which is at its server; the next ones wait. */
  async function busy(queue: Readonly<Record<string, unknown>>) {
    const server = await HeldBackend.start();
    const proxy = await startProxy(limitedTo(server.url, { concurrency: 1, queue }));
    const clients: Client[] = [];
    const send = async (...fields: readonly string[]) => {
      const client = await proxy.connect();
      clients.push(client);
      await client.send(request('POST /', ...fields, 'Content-Length: 0'));
      return client;
    };
    await send('X-Tenant: first');
    await server.holds(1);
    return {
      server,
      proxy,
      send,
      waits: (count: number) =>
        until(() => proxy.proxy.stats().queues['app@memory']?.waiting === count, `${count} requests wait`),
      async [Symbol.asyncDispose]() {
        for (const client of clients) await client[Symbol.asyncDispose]();
        await proxy[Symbol.asyncDispose]();
        await server[Symbol.asyncDispose]();
      },
    };
  }

  test('of a service tells the queue it was shed from, and what the limit was like when it came', async () => {
    await using all = await busy({ key: 'header:X-Tenant', maxLength: 2, maxWait: '0s', weights: { b: 3 } });
    await all.send('X-Tenant: a');
    await all.waits(1);
    await all.send('X-Tenant: b');
    await all.waits(2);
    const receipt = await receiptOf(all.proxy, await (await all.send('X-Tenant: a')).response());
    assert.deepEqual([receipt.kept, receipt.status, receipt.reason], ['failed', 503, 'queue_full']);
    const { begun, ended, waited, ...state } = receipt.queue ?? {};
    assert.ok(begun !== undefined && ended !== undefined && waited !== undefined && ended >= begun);
    const limit = { active: 1, concurrency: 1, waiting: 2, maxLength: 2 };
    assert.deepEqual(state, { key: 'a', weight: 1, keyWaiting: 1, ...limit });
    assert.equal(receipt.tries, 0);
  });

  test('of a service tells how long it waited before it was too late, and its weight', async () => {
    await using all = await busy({ key: 'header:X-Tenant', maxWait: '50ms', weights: { gold: 4 } });
    const receipt = await receiptOf(all.proxy, await (await all.send('X-Tenant: gold')).response());
    assert.equal(receipt.reason, 'queue_timeout');
    const { waited = 0, key, weight, keyWaiting, waiting } = receipt.queue ?? {};
    assert.deepEqual([key, weight, keyWaiting, waiting], ['gold', 4, 0, 0]);
    assert.ok(waited >= 50_000_000, `${waited}`);
  });

  test('of a service tells of a wait that came to an end, before the tries', async () => {
    await using all = await busy({ key: 'header:X-Tenant', maxWait: '0s' });
    const second = await all.send('X-Tenant: second');
    await all.waits(1);
    assert.equal(await all.server.release(), 'first');
    await all.server.holds(1);
    all.server.server.closeAllConnections();
    const receipt = await receiptOf(all.proxy, await second.response());
    assert.deepEqual([receipt.status, receipt.tries, receipt.queue?.key], [502, 1, 'second']);
    assert.ok((receipt.queue?.ended ?? Infinity) <= (receipt.servers[0]?.begun ?? -1));
  });

  for (const [name, key, value, shown] of [
    ['is cut off where it is long', 'X-Tenant', 'x'.repeat(300), /^x{64}$/],
    ['is disguised where it may be a secret', 'X-Api-Key', 'open-sesame', /^#[0-9a-f]{8}$/],
  ] as const) {
    test(`of a service has a key that ${name}`, async () => {
      await using all = await busy({ key: `header:${key}`, maxLength: 0 });
      const receipt = await receiptOf(all.proxy, await (await all.send(`${key}: ${value}`)).response());
      assert.match(receipt.queue?.key ?? '', shown);
      assert.ok(!JSON.stringify(receipt).includes(value));
    });
  }

  test('of a rate says what is left of it, and when there will be more', async () => {
    await using proxy = await startProxy({
      http: {
        routers: { all: { rule: 'PathPrefix(`/`)', service: 'app', middlewares: ['limit'] } },
        services: { app: { loadBalancer: { servers: [{ url: nobody }] } } },
        middlewares: { limit: { rateLimit: { average: 2, period: '1h', burst: 2 } } },
      },
    });
    const rates: Receipt['rateLimit'][] = [];
    for (let i = 0; i < 3; i++) rates.push((await receiptOf(proxy, await proxy.ask(request('GET /')))).rateLimit);
    const limit = { middleware: 'limit@memory', average: 2, period: 3_600_000_000, burst: 2 };
    assert.deepEqual(rates.slice(0, 2), [
      { ...limit, admitted: true, left: 1, delay: 0 },
      { ...limit, admitted: true, left: 0, delay: 0 },
    ]);
    const { delay = 0, ...refused } = rates[2] ?? {};
    assert.deepEqual(refused, { ...limit, admitted: false, left: 0 });
    assert.ok(delay > 0 && delay <= 1_800_000_000, `${delay}`);
  });
});

test('fairlead why asks the API, whichever worker has served the request', async () => {
  await using proxy = await startProxy({
    entryPoints: { web: { address: '127.0.0.1:0' }, traefik: { address: '127.0.0.1:0' } },
    api: { insecure: true },
    fairlead: { workers: 3 },
    ...everythingTo(nobody, { rule: 'Path(`/only`)' }),
  });
  for (let i = 0; i < 5; i++) {
    const response = await proxy.ask(request('GET /only'));
    const id = response.header('X-Request-Id') ?? '';
    await receiptOf(proxy, response);
    const { code, printed } = await why(proxy, id);
    assert.equal(code, 0);
    assert.match(printed, /^GET http:\/\/a\/only\n/);
    assert.match(printed, /\n {2}router {8}all@memory\n/);
    assert.match(printed, /\n {2}reason {8}connect_failed: no connection to the server could be opened/);
    assert.match(printed, /\n +\d.* {2}try 1: http:\/\/127\.0\.0\.1:9\n/);
  }
  await assert.rejects(
    why(proxy, '00000000000000ff'),
    /answers 404: nothing is remembered of request 00000000000000ff/,
  );
});

test('fairlead why tells of the limits on the way', async () => {
  await using server = await HeldBackend.start();
  const { http } = limitedTo(server.url, { concurrency: 1, queue: { key: 'host', maxLength: 0 } });
  await using proxy = await startProxy({
    entryPoints: { web: { address: '127.0.0.1:0' }, traefik: { address: '127.0.0.1:0' } },
    api: { insecure: true },
    http: {
      ...http,
      routers: { app: { rule: 'PathPrefix(`/`)', entryPoints: ['web'], service: 'app', middlewares: ['rate'] } },
      middlewares: { rate: { rateLimit: { average: 9, period: '1h', burst: 9 } } },
    },
  });
  await using first = await proxy.connect();
  await first.send(request('GET /'));
  await server.holds(1);
  const refused = await proxy.ask(request('GET /'));
  await receiptOf(proxy, refused);
  const { printed } = await why(proxy, refused.header('X-Request-Id') ?? '');
  assert.match(printed, /\n {2}rate limit {4}rate@memory \(9 in 3600\.00 s, burst 9\): 7 left\n/);
  assert.match(
    printed,
    /\n {2}queue {9}key "a", waited \S+ \S+; when it came: 1 of 1 in use, 0 of 0 waiting \(0 of this key\)\n/,
  );
  assert.match(printed, /\n +\S+ \S+ {2}it waited for its turn\n +\S+ \S+ {2}the wait was over\n/);
  assert.match(printed, /\n {2}reason {8}queue_full: /);
});

async function why(proxy: TestProxy, id: string): Promise<{ readonly code: number; readonly printed: string }> {
  let printed = '';
  const terminal: Terminal = {
    environment: {},
    color: false,
    printsColor: false,
    print: (text) => void (printed += `${text}\n`),
    tell: () => undefined,
    onSignal: () => () => undefined,
  };
  const running = `--running=http://127.0.0.1:${proxy.port('traefik')}`;
  const ports = { ...realInstallPorts({}), cpus: 1, readText: () => Promise.reject(new Error('no file')) };
  const load = () => Promise.reject(new Error('the addon is not needed'));
  const code = await command(['why', id, running, '--entryPoints.web.address=:80'], load, ports, terminal);
  return { code, printed };
}
