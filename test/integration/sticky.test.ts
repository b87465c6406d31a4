import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cookieName, cookieValue } from '../../lib/compile/sticky.js';
import type { DynamicConfig } from '../../lib/index.js';
import { closedPort, EchoBackend, field } from '../support/backends.js';
import { type RawResponse, request } from '../support/client.js';
import { backends } from '../support/named.js';
import { startProxy, type TestProxy } from '../support/proxy.js';

type Services = NonNullable<NonNullable<DynamicConfig['http']>['services']>;

const routed = (services: Services): DynamicConfig => ({
  http: { routers: { all: { rule: 'PathPrefix(`/`)', service: 'app' } }, services },
});
const sticky = { cookie: { name: 'lb' } };
const balanced = (urls: readonly string[], cookie: object = sticky): DynamicConfig =>
  routed({ app: { loadBalancer: { servers: urls.map((url) => ({ url })), sticky: cookie } } });

const ask = (proxy: TestProxy, ...cookies: readonly string[]): Promise<RawResponse> =>
  proxy.ask(request('GET /', ...cookies.map((cookie) => `Cookie: ${cookie}`)));
/** What a client would send back. */
const cookieOf = (response: RawResponse): string => response.headers('set-cookie').join('; ').split(';', 1)[0] ?? '';

describe('a sticky cookie', () => {
  test('keeps a client at its server, and is set once', async () => {
    await using servers = await backends(3);
    const urls = servers.all.map(({ url }) => url);
    await using proxy = await startProxy({ ...balanced(urls), fairlead: { workers: 2 } });
    for (let client = 0; client < 6; client++) {
      const first = await ask(proxy);
      const { name } = first.echoed;
      const url = urls['abc'.indexOf(name)] ?? '';
      assert.deepEqual(first.headers('set-cookie'), [`lb=${cookieValue(url)}; Path=/`]);
      for (let i = 0; i < 5; i++) {
        const next = await ask(proxy, `theme=dark; ${cookieOf(first)}`);
        assert.equal(next.echoed.name, name);
        assert.deepEqual(next.headers('set-cookie'), []);
        // The server sees it as well.
        assert.equal(field(next.echoed, 'cookie'), `theme=dark; ${cookieOf(first)}`);
      }
    }
  });

  test('is named after the service, and has the attributes that are asked for', async () => {
    await using app = await EchoBackend.start();
    const cookie = { secure: true, httpOnly: true, sameSite: 'lax', maxAge: 60, path: '/x', domain: 'a.example' };
    await using proxy = await startProxy(balanced([app.url], { cookie }));
    const [set = ''] = (await ask(proxy)).headers('set-cookie');
    const attributes = 'Path=/x; Domain=a.example; Max-Age=60; HttpOnly; Secure; SameSite=Lax';
    assert.equal(set, `${cookieName(undefined, 'app@memory')}=${cookieValue(app.url)}; ${attributes}`);
  });

  test('of a former form is understood and replaced', async () => {
    await using servers = await backends(3);
    const urls = servers.all.map(({ url }) => url);
    await using proxy = await startProxy(balanced(urls));
    for (const [index, url] of urls.entries()) {
      for (let i = 0; i < 3; i++) {
        const response = await ask(proxy, `lb=${url}`);
        assert.equal(response.echoed.name, 'abc'[index]);
        assert.equal(cookieOf(response), `lb=${cookieValue(url)}`);
      }
    }
  });

  test('that names nobody is replaced', async () => {
    await using servers = await backends(2);
    await using proxy = await startProxy(balanced(servers.all.map(({ url }) => url)));
    for (const value of ['', 'nobody', '0123456789abcdef', '"', 'http://10.0.0.1']) {
      assert.notEqual(cookieOf(await ask(proxy, `lb=${value}`)), '');
    }
  });

  test('is replaced when its server cannot be connected to', async () => {
    await using servers = await backends(1);
    const dead = `http://127.0.0.1:${await closedPort()}`;
    const alive = servers.all[0]?.url ?? '';
    await using proxy = await startProxy(balanced([dead, alive]));
    const response = await ask(proxy, `lb=${cookieValue(dead)}`);
    assert.equal(response.status, 200);
    assert.equal(cookieOf(response), `lb=${cookieValue(alive)}`);
  });

  test('is not set by an answer of the proxy itself', async () => {
    await using proxy = await startProxy(balanced([`http://127.0.0.1:${await closedPort()}`]));
    const response = await ask(proxy);
    assert.equal(response.status, 502);
    assert.deepEqual(response.headers('set-cookie'), []);
  });

  test('stands beside the cookies of the server', async () => {
    await using app = await EchoBackend.start();
    app.server.prependListener('request', (_incoming, response) => response.setHeader('Set-Cookie', ['a=1', 'b=2']));
    await using proxy = await startProxy(balanced([app.url]));
    const set = (await ask(proxy)).headers('set-cookie');
    assert.deepEqual(set, ['a=1', 'b=2', `lb=${cookieValue(app.url)}; Path=/`]);
  });

  test('means the same after a reload that adds and removes servers', async () => {
    await using servers = await backends(3);
    const [a = '', b = '', c = ''] = servers.all.map(({ url }) => url);
    await using proxy = await startProxy(balanced([a, b]));
    await proxy.proxy.apply(balanced([c, b]));
    for (let i = 0; i < 4; i++) assert.equal((await ask(proxy, `lb=${cookieValue(b)}`)).echoed.name, 'b');
    assert.notEqual(cookieOf(await ask(proxy, `lb=${cookieValue(a)}`)), '');
  });
});

test('a weighted service keeps a client at its child, and the child at its server', async () => {
  await using servers = await backends(4);
  const urls = servers.all.map(({ url }) => url);
  const child = (first: number) => ({
    loadBalancer: {
      servers: urls.slice(first, first + 2).map((url) => ({ url })),
      sticky: { cookie: { name: 'server' } },
    },
  });
  const services: Services = {
    app: {
      weighted: { services: [{ name: 'stable', weight: 3 }, { name: 'next' }], sticky: { cookie: { name: 'track' } } },
    },
    stable: child(0),
    next: child(2),
  };
  await using proxy = await startProxy(routed(services));
  const seen = new Set<string>();
  for (let client = 0; client < 16; client++) {
    const first = await ask(proxy);
    const { name } = first.echoed;
    seen.add(name);
    const track = 'ab'.includes(name) ? 'stable' : 'next';
    const cookies = first.headers('set-cookie').map((set) => set.split(';', 1)[0] ?? '');
    const server = cookieValue(urls['abcd'.indexOf(name)] ?? '');
    assert.deepEqual(cookies, [`track=${cookieValue(track)}`, `server=${server}`]);
    for (let i = 0; i < 3; i++) {
      const next = await ask(proxy, cookies.join('; '));
      assert.equal(next.echoed.name, name);
      assert.deepEqual(next.headers('set-cookie'), []);
    }
    // The track alone leads to the child; its server is chosen anew.
    const other = await ask(proxy, cookies[0] ?? '');
    assert.equal('ab'.includes(other.echoed.name) ? 'stable' : 'next', track);
    assert.equal(other.headers('set-cookie').length, 1);
    seen.add(other.echoed.name);
  }
  assert.deepEqual([...seen].sort(), ['a', 'b', 'c', 'd']);
});

describe('highestRandomWeight', () => {
  const services = (urls: readonly string[], weights: readonly number[]): Services => ({
    app: {
      highestRandomWeight: {
        services: urls.map((_url, index) => ({ name: `s${index}`, weight: weights[index] ?? 1 })),
      },
    },
    ...Object.fromEntries(urls.map((url, index) => [`s${index}`, { loadBalancer: { servers: [{ url }] } }])),
  });
  const asked = async (proxy: TestProxy, from: string): Promise<string> => {
    await using client = await proxy.connect({ from });
    return (await client.ask(request('GET /'))).echoed.name;
  };
  const addresses = Array.from({ length: 64 }, (_, index) => `127.0.1.${index + 1}`);

  test('gives each client address a service of its own for good', async () => {
    await using servers = await backends(3);
    const urls = servers.all.map(({ url }) => url);
    await using proxy = await startProxy(routed(services(urls, [1, 1, 1])));
    const before = new Map<string, string>();
    for (const address of addresses) before.set(address, await asked(proxy, address));
    assert.deepEqual([...new Set(before.values())].sort(), ['a', 'b', 'c']);
    for (const [address, name] of before) assert.equal(await asked(proxy, address), name);
    // Without the last one only its clients move.
    await proxy.proxy.apply(routed(services(urls, [1, 1, 0])));
    for (const [address, name] of before) {
      const now = await asked(proxy, address);
      if (name === 'c') assert.match(now, /[ab]/);
      else assert.equal(now, name);
    }
  });
});
