import assert from 'node:assert/strict';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import type { DynamicConfig } from '../../lib/index.js';
import { closedPort } from '../support/backends.js';
import { type Client, request } from '../support/client.js';
import { until } from '../support/deadline.js';
import { answers, backends, shares } from '../support/named.js';
import { startProxy, type TestProxy } from '../support/proxy.js';

type LoadBalancer = NonNullable<
  NonNullable<NonNullable<NonNullable<DynamicConfig['http']>['services']>[string]>['loadBalancer']
>;
type Strategy = NonNullable<LoadBalancer['strategy']>;

const balanced = (urls: readonly string[], more: Omit<LoadBalancer, 'servers'>): DynamicConfig => ({
  http: {
    routers: { all: { rule: 'PathPrefix(`/`)', service: 'app' } },
    services: { app: { loadBalancer: { servers: urls.map((url) => ({ url })), ...more } } },
  },
});

/** A server that answers with its name, in the way it is told at the moment. */
class Moody implements AsyncDisposable {
  mood: (response: ServerResponse, answer: () => void) => void = (_response, answer) => answer();
  readonly #server: Server;

  private constructor(name: string) {
    this.#server = createServer((_incoming, response) => this.mood(response, () => response.end(name)));
  }
  static async start(name: string): Promise<Moody> {
    const moody = new Moody(name);
    await new Promise<void>((resolve) => moody.#server.listen(0, '127.0.0.1', resolve));
    return moody;
  }
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}

/** What was answered to `count` requests on one connection. */
async function texts(client: Client, count: number): Promise<string> {
  let all = '';
  for (let i = 0; i < count; i++) all += (await client.ask(request('GET /'))).text;
  return all;
}

/** Two servers of which the first holds its requests back until it is told to let go. */
async function withOneBusy(
  strategy: Strategy,
  run: (proxy: TestProxy, busy: { readonly held: number; letGo: () => void }) => Promise<void>,
): Promise<void> {
  await using a = await Moody.start('a');
  await using b = await Moody.start('b');
  const held: (() => void)[] = [];
  a.mood = (_response, answer) => void held.push(answer);
  await using proxy = await startProxy(balanced([a.url, b.url], { strategy }));
  const letGo = (): void => {
    a.mood = (_response, answer) => answer();
    for (const answer of held.splice(0)) answer();
  };
  const state = {
    get held(): number {
      return held.length;
    },
    letGo,
  };
  await run(proxy, state);
}

for (const strategy of ['drr', 'leastconn', 'leasttime', 'p2c', 'wrr'] as const) {
  test(`${strategy} lets every server take part`, async () => {
    await using servers = await backends(3);
    const urls = servers.all.map(({ url }) => url);
    await using proxy = await startProxy(balanced(urls, { strategy }));
    const names = await answers(proxy, 300);
    assert.deepEqual(Object.keys(shares(names)), ['a', 'b', 'c']);
  });

  test(`${strategy} leaves out a server that cannot be connected to`, async () => {
    await using servers = await backends(2);
    const urls = [`http://127.0.0.1:${await closedPort()}`, ...servers.all.map(({ url }) => url)];
    await using proxy = await startProxy(balanced(urls, { strategy }));
    const names = await answers(proxy, 100);
    assert.match(names, /^[ab]{100}$/);
  });
}

for (const strategy of ['leastconn', 'p2c'] as const) {
  test(`${strategy} passes over a server that is busy`, async () => {
    await withOneBusy(strategy, async (proxy, busy) => {
      // p2c may take any first; the one that is held is the busy one's.
      const waiting: Client[] = [];
      while (busy.held === 0) {
        const client = await proxy.connect();
        waiting.push(client);
        await client.send(request('GET /'));
        await until(() => busy.held > 0 || client.reader.total > 0, 'a server has the request');
      }
      await using client = await proxy.connect();
      assert.equal(await texts(client, 50), 'b'.repeat(50));
      busy.letGo();
      const last = waiting.at(-1);
      assert.equal((await last?.response())?.text, 'a');
      assert.match(await texts(client, 50), /a/);
      for (const each of waiting) await each[Symbol.asyncDispose]();
    });
  });
}

test('leasttime prefers the server that answers sooner, and still asks the other one', async () => {
  await using slow = await Moody.start('s');
  await using fast = await Moody.start('f');
  slow.mood = (_response, answer) => void setTimeout(answer, 100);
  await using proxy = await startProxy(balanced([slow.url, fast.url], { strategy: 'leasttime' }));
  await using client = await proxy.connect();
  const count = shares(await texts(client, 200));
  assert.ok((count['f'] ?? 0) > 2 * (count['s'] ?? 0), JSON.stringify(count));
  assert.ok((count['s'] ?? 0) >= 2, JSON.stringify(count));
});

test('drr gives less to a server while it fails, and its part again afterwards', async () => {
  await using a = await Moody.start('a');
  await using b = await Moody.start('b');
  // Both take the same time, whatever else the machine does.
  const took = 20;
  a.mood = (_response, answer) => void setTimeout(answer, took);
  const failing: Moody['mood'] = (response, answer) => {
    response.statusCode = 500;
    setTimeout(answer, took);
  };
  b.mood = failing;
  await using proxy = await startProxy(balanced([a.url, b.url], { strategy: 'drr' }));
  await using client = await proxy.connect();
  const share = async (): Promise<number> => shares(await texts(client, 32))['b'] ?? 0;
  await until(async () => (await share()) <= 4, 'the failing server gets less than an eighth', 60_000);
  b.mood = a.mood;
  await until(async () => (await share()) >= 14, 'the recovered server gets its half', 60_000);
});

describe('hrw', () => {
  test('keeps a client at its server, in every instance', async () => {
    await using servers = await backends(4);
    const dynamic = balanced(
      servers.all.map(({ url }) => url),
      { strategy: 'hrw' },
    );
    await using proxy = await startProxy(dynamic);
    await using other = await startProxy({ ...dynamic, fairlead: { workers: 2 } });
    const [name] = await answers(proxy, 1);
    assert.equal(await answers(proxy, 20), name?.repeat(20));
    assert.equal(await answers(other, 20), name?.repeat(20));
  });

  test('has another server for each client whose own cannot be connected to', async () => {
    await using servers = await backends(2);
    const urls = [`http://127.0.0.1:${await closedPort()}`, ...servers.all.map(({ url }) => url)];
    await using proxy = await startProxy(balanced(urls, { strategy: 'hrw' }));
    // A third of these addresses belongs to the one that is dead.
    for (let i = 1; i <= 32; i++) {
      await using client = await proxy.connect({ from: `127.0.0.${i}` });
      const names = [];
      for (let n = 0; n < 3; n++) names.push((await client.ask(request('GET /'))).echoed.name);
      assert.match(names.join(''), /^(aaa|bbb)$/);
    }
  });

  test('goes by the address of the client', async () => {
    await using servers = await backends(4);
    const urls = servers.all.map(({ url }) => url);
    await using proxy = await startProxy(balanced(urls, { strategy: 'hrw' }));
    const names = new Set<string>();
    for (let i = 1; i <= 32; i++) {
      await using client = await proxy.connect({ from: `127.0.0.${i}` });
      names.add((await client.ask(request('GET /'))).echoed.name);
    }
    assert.ok(names.size > 1, [...names].join());
  });
});

test('slowStart gives a server that a reload adds little at first', async () => {
  await using servers = await backends(3);
  const [a = '', b = '', c = ''] = servers.all.map(({ url }) => url);
  const options = { slowStart: '1h' };
  await using proxy = await startProxy(balanced([a, b], options));
  assert.deepEqual(shares(await answers(proxy, 20)), { a: 10, b: 10 });
  await proxy.proxy.apply(balanced([a, b, c], options));
  const count = shares(await answers(proxy, 330));
  assert.ok((count['c'] ?? 0) >= 8 && (count['c'] ?? 0) <= 14, JSON.stringify(count));
  // One that was there before is not new because another one leaves.
  await proxy.proxy.apply(balanced([b, c], options));
  assert.ok((shares(await answers(proxy, 170))['b'] ?? 0) > 150);
});
