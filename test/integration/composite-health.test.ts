// Services made of services, while the servers below them go down and come back.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { DynamicConfig } from '../../lib/index.js';
import { request } from '../support/client.js';
import { startProxy, type TestProxy } from '../support/proxy.js';
import { SwitchableBackend } from '../support/switchable.js';

type Services = NonNullable<NonNullable<DynamicConfig['http']>['services']>;

/** A load balancer whose server is asked often. */
const watched = ({ url }: SwitchableBackend): Services[string] => ({
  loadBalancer: { servers: [{ url }], healthCheck: { path: '/health', interval: '20ms' } },
});

const served = (services: Services, service = 'app'): DynamicConfig => ({
  http: { routers: { all: { rule: 'PathPrefix(`/`)', service } }, services },
});

const api = {
  entryPoints: { web: { address: '127.0.0.1:0' }, traefik: { address: '127.0.0.1:0' } },
  api: { insecure: true },
};

/** Turns a server and waits until the proxy has noticed. */
async function turn(proxy: TestProxy, backend: SwitchableBackend, code: 200 | 503): Promise<void> {
  const state = code === 200 ? 'up' : 'down';
  const noticed = new Promise<void>((resolve) => {
    proxy.proxy.on(`server:${state}`, ({ url }) => {
      if (url === backend.url) resolve();
    });
  });
  backend.turn(code);
  await noticed;
}

const get = async (proxy: TestProxy): Promise<string> => {
  const { status, text } = await proxy.ask(request('GET /'));
  return status === 200 ? text : `${status} ${text}`;
};

/** Who answers so many requests. */
async function answering(proxy: TestProxy, count = 8): Promise<string> {
  const names = new Set<string>();
  for (let i = 0; i < count; i++) names.add(await get(proxy));
  return [...names].sort().join(' ');
}

describe('a failover service without statuses', () => {
  test('asks its fallback while no server of its service is up', async () => {
    await using a = await SwitchableBackend.start('a');
    await using b = await SwitchableBackend.start('b');
    const services = { app: { failover: { service: 'a', fallback: 'b' } }, a: watched(a), b: watched(b) };
    await using proxy = await startProxy({ ...api, ...served(services) });
    const status = async (): Promise<unknown> => {
      const response = await fetch(proxy.url('/api/http/services/app@memory', 'traefik'));
      return ((await response.json()) as { childStatus: unknown }).childStatus;
    };
    a.status = 500;
    assert.equal(await get(proxy), '500 a');
    a.status = 200;
    assert.equal(await answering(proxy), 'a');
    assert.deepEqual(await status(), { 'a@memory': 'UP', 'b@memory': 'UP' });

    await turn(proxy, a, 503);
    const before = a.requests;
    assert.equal(await answering(proxy), 'b');
    assert.equal(a.requests, before);
    assert.equal(proxy.proxy.stats().failovers, 8);
    assert.deepEqual(await status(), { 'a@memory': 'DOWN', 'b@memory': 'UP' });

    await turn(proxy, b, 503);
    assert.equal(await get(proxy), '503 Service Unavailable');
    await turn(proxy, a, 200);
    assert.equal(await answering(proxy), 'a');
  });

  test('is explained by who is up', async () => {
    await using a = await SwitchableBackend.start('a');
    await using b = await SwitchableBackend.start('b');
    const services: Services = {
      top: { weighted: { services: [{ name: 'app' }, { name: 'none' }] } },
      app: { failover: { service: 'a', fallback: 'b' } },
      none: { loadBalancer: { servers: [] } },
      a: watched(a),
      b: watched(b),
    };
    await using proxy = await startProxy(served(services, 'top'));
    const chosen = async (): Promise<unknown> => {
      const { services: way } = await proxy.proxy.explain({ url: 'http://a/', entryPoint: 'web' });
      return way.map(({ name }) => name);
    };
    assert.deepEqual(await chosen(), ['top@memory', 'app@memory', 'a@memory']);
    await turn(proxy, a, 503);
    assert.deepEqual(await chosen(), ['top@memory', 'app@memory', 'b@memory']);
  });
});

describe('a failover service with statuses', () => {
  test('does not ask a service without a server that is up, whatever the statuses', async () => {
    await using a = await SwitchableBackend.start('a');
    await using b = await SwitchableBackend.start('b');
    const failover = { service: 'a', fallback: 'b', errors: { status: ['500'] } };
    await using proxy = await startProxy(served({ app: { failover }, a: watched(a), b: watched(b) }));
    assert.equal(await answering(proxy), 'a');
    await turn(proxy, a, 503);
    assert.equal(await answering(proxy), 'b');
    await turn(proxy, a, 200);
    assert.equal(await answering(proxy), 'a');
  });
});

describe('services made of services', () => {
  test('are passed over by those above when nobody below can answer, however deep', async () => {
    await using a = await SwitchableBackend.start('a');
    await using b = await SwitchableBackend.start('b');
    await using c = await SwitchableBackend.start('c');
    const services: Services = {
      app: { weighted: { services: [{ name: 'safe' }, { name: 'c' }], healthCheck: {} } },
      safe: { failover: { service: 'copied', fallback: 'regions', healthCheck: {} } },
      copied: { mirroring: { service: 'a', mirrors: [{ name: 'c', percent: 0 }], healthCheck: {} } },
      regions: { highestRandomWeight: { services: [{ name: 'b' }], healthCheck: {} } },
      a: watched(a),
      b: watched(b),
      c: watched(c),
    };
    await using proxy = await startProxy(served(services));
    assert.equal(await answering(proxy), 'a c');
    await turn(proxy, a, 503);
    assert.equal(await answering(proxy), 'b c');
    await turn(proxy, b, 503);
    assert.equal(await answering(proxy), 'c');
    await turn(proxy, c, 503);
    assert.equal(await get(proxy), '503 no available server\n');
    await turn(proxy, b, 200);
    assert.equal(await answering(proxy), 'b');
    await turn(proxy, a, 200);
    assert.equal(await answering(proxy), 'a');
    await turn(proxy, c, 200);
    assert.equal(await answering(proxy), 'a c');
  });

  test('answer by the service of a mirroring one, whatever its mirrors do', async () => {
    await using a = await SwitchableBackend.start('a');
    await using mirror = await SwitchableBackend.start('mirror');
    await using spare = await SwitchableBackend.start('spare');
    const services: Services = {
      app: { failover: { service: 'copied', fallback: 'spare' } },
      copied: { mirroring: { service: 'a', mirrors: [{ name: 'mirror', percent: 100 }], healthCheck: {} } },
      a: watched(a),
      mirror: watched(mirror),
      spare: watched(spare),
    };
    await using proxy = await startProxy(served(services));
    await turn(proxy, mirror, 503);
    assert.equal(await answering(proxy), 'a');
    await turn(proxy, a, 503);
    await turn(proxy, mirror, 200);
    assert.equal(await answering(proxy), 'spare');
    assert.equal(mirror.requests, 0);
  });

  test('change who answers with a reload', async () => {
    await using a = await SwitchableBackend.start('a');
    await using b = await SwitchableBackend.start('b');
    const services: Services = { app: { failover: { service: 'a', fallback: 'b' } }, a: watched(a), b: watched(b) };
    await using proxy = await startProxy(served(services));
    await turn(proxy, a, 503);
    assert.equal(await answering(proxy), 'b');
    await proxy.proxy.apply(served({ ...services, app: { failover: { service: 'b', fallback: 'a' } } }));
    assert.equal(await answering(proxy), 'b');
    await turn(proxy, b, 503);
    await turn(proxy, a, 200);
    assert.equal(await answering(proxy), 'a');
  });
});
