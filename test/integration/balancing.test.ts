import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { describe, test } from 'node:test';
import type { DynamicConfig } from '../../lib/index.js';
import { EchoBackend, field } from '../support/backends.js';
import { request } from '../support/client.js';
import { answers, backends, shares } from '../support/named.js';
import { everythingTo, startProxy, TestFolder } from '../support/proxy.js';

const routes = { all: { rule: 'PathPrefix(`/`)', service: 'app' } };
const single = (backend: EchoBackend | undefined) => ({ loadBalancer: { servers: [{ url: backend?.url ?? '' }] } });

describe('servers', () => {
  test('without weights take turns', async () => {
    await using servers = await backends(3);
    await using proxy = await startProxy(everythingTo(servers.all.map(({ url }) => url)));
    const names = await answers(proxy, 30);
    assert.deepEqual(shares(names), { a: 10, b: 10, c: 10 });
    assert.equal(names, names.slice(0, 3).repeat(10));
    assert.deepEqual(
      servers.all.map(({ connections }) => connections),
      [1, 1, 1],
    );
  });

  test('have exactly their share over 1000 requests, spread evenly', async () => {
    await using servers = await backends(4);
    const weights = [5, 3, 2, 0];
    const listed = servers.all.map(({ url }, index) => ({ url, weight: weights[index] ?? 0 }));
    const services = { app: { loadBalancer: { servers: listed } } };
    await using proxy = await startProxy({ http: { routers: routes, services } });
    const names = await answers(proxy, 1000);
    assert.deepEqual(shares(names), { a: 500, b: 300, c: 200 });
    assert.doesNotMatch(names, /aaa|bb|cc/);
  });

  test('that are listed twice have twice the share', async () => {
    await using servers = await backends(2);
    const [a, b] = servers.all;
    await using proxy = await startProxy(everythingTo([a?.url ?? '', b?.url ?? '', a?.url ?? '']));
    assert.deepEqual(shares(await answers(proxy, 30)), { a: 20, b: 10 });
  });

  test('are shared by several workers, near enough to their weights', async () => {
    await using servers = await backends(2);
    const listed = servers.all.map(({ url }, index) => ({ url, weight: index === 0 ? 3 : 1 }));
    const services = { app: { loadBalancer: { servers: listed } } };
    await using proxy = await startProxy({ fairlead: { workers: 2 }, http: { routers: routes, services } });
    let names = '';
    for (let i = 0; i < 20; i++) names += await answers(proxy, 20);
    // Each worker counts for itself, so each may be ahead by one request.
    assert.ok(Math.abs((shares(names)['a'] ?? 0) - 300) <= 2, names);
  });
});

describe('services', () => {
  test('divide requests 90 to 10, exactly', async () => {
    await using servers = await backends(2);
    const [stable, canary] = servers.all;
    const split = [
      { name: 'stable', weight: 90 },
      { name: 'canary', weight: 10 },
    ];
    const services = { app: { weighted: { services: split } }, stable: single(stable), canary: single(canary) };
    await using proxy = await startProxy({ http: { routers: routes, services } });
    const names = await answers(proxy, 1000);
    assert.deepEqual(shares(names), { a: 900, b: 100 });
    assert.doesNotMatch(names, /bb|a{12}/);
  });

  test('nest', async () => {
    await using servers = await backends(3);
    const [a, b, c] = servers.all;
    const services = {
      app: { weighted: { services: [{ name: 'inner', weight: 3 }, { name: 'c' }] } },
      inner: { weighted: { services: [{ name: 'a', weight: 2 }, { name: 'b' }, { name: 'c', weight: 0 }] } },
      a: single(a),
      b: single(b),
      c: single(c),
    };
    await using proxy = await startProxy({ http: { routers: routes, services } });
    assert.deepEqual(shares(await answers(proxy, 120)), { a: 60, b: 30, c: 30 });
  });

  test('go on in turn when something else changes', async () => {
    await using servers = await backends(3);
    const dynamic = everythingTo(servers.all.map(({ url }) => url));
    await using proxy = await startProxy(dynamic);
    let names = '';
    for (let i = 0; i < 9; i++) {
      names += await answers(proxy, 1);
      const extra = { rule: `Host(\`other${i}.example\`)`, service: 'app' };
      const changed: DynamicConfig = { http: { ...dynamic.http, routers: { ...dynamic.http?.routers, extra } } };
      const { isNew } = await proxy.proxy.apply(changed);
      assert.equal(isNew, true);
    }
    assert.equal(names, names.slice(0, 3).repeat(3));
  });
});

describe('the URL of a server', () => {
  test('has its path put in front with preservePath, and ignored without', async () => {
    await using app = await EchoBackend.start();
    for (const [path, preservePath, expected] of [
      ['/base/', true, '/base/x%2Fy?q'],
      ['/base', true, '/base/x%2Fy?q'],
      ['/', true, '/x%2Fy?q'],
      ['', true, '/x%2Fy?q'],
      ['/base/', false, '/x%2Fy?q'],
    ] as const) {
      const services = { app: { loadBalancer: { servers: [{ url: `${app.url}${path}`, preservePath }] } } };
      await using proxy = await startProxy({ http: { routers: routes, services } });
      assert.equal((await proxy.ask(request('GET /x%2Fy?q'))).echoed.url, expected);
    }
  });

  test('may be a unix socket', async () => {
    await using folder = await TestFolder.create();
    const path = folder.file('app.sock');
    const server = createServer((incoming, response) =>
      response.end(`${incoming.url ?? ''} ${incoming.headers.host ?? ''}`),
    );
    await new Promise<void>((resolve) => server.listen(path, resolve));
    await using proxy = await startProxy(everythingTo(`unix://${path}`));
    await using client = await proxy.connect();
    for (let i = 0; i < 3; i++) assert.equal((await client.ask(request('GET /p'))).text, '/p a');
    server.close();
    server.closeAllConnections();
  });

  test('may have a name', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await startProxy(everythingTo(`http://localhost:${app.port}`, { passHostHeader: false }));
    const { echoed } = await proxy.ask(request('GET /'));
    assert.equal(field(echoed, 'host'), `localhost:${app.port}`);
  });

  test('whose name does not exist costs 502', async () => {
    await using proxy = await startProxy(everythingTo('http://no-such-host.invalid:80'));
    assert.equal((await proxy.ask(request('GET /'))).status, 502);
  });
});
