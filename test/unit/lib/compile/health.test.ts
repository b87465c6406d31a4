import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { none, probeModes } from '../../../../lib/snapshot/records.js';
import { compiled } from '../../../support/lib/compiled.js';

interface Options {
  readonly urls?: readonly string[];
  readonly healthCheck?: object;
  readonly passiveHealthCheck?: object;
}

/** What a load balancer with these options is watched by. */
async function healthOf({ urls = ['http://10.0.0.1:8080/app/'], ...checks }: Options) {
  const loadBalancer = { servers: urls.map((url) => ({ url })), ...checks };
  const http = { routers: { r: { rule: 'Path(`/`)', service: 's' } }, services: { s: { loadBalancer } } };
  const { snapshot } = await compiled({ entryPoints: { web: { address: ':80' } } }, JSON.stringify({ http }));
  const index = snapshot.services[0]?.health ?? none;
  return index === none ? undefined : snapshot.health[index];
}

/** Where the first server is probed. */
async function probeOf(url: string, healthCheck: object) {
  const probe = (await healthOf({ urls: [url], healthCheck }))?.probes[0];
  assert.ok(probe);
  const { host, port, tls, authority } = probe.server;
  return `${tls ? 'tls' : 'tcp'} ${host} ${port} ${authority} ${probe.path}`;
}

describe('health', () => {
  test('costs nothing where nobody asks for it', async () => {
    assert.equal(await healthOf({}), undefined);
    assert.equal(await healthOf({ urls: [], healthCheck: {} }), undefined);
  });

  test('has the defaults of Traefik', async () => {
    const health = await healthOf({ healthCheck: {}, passiveHealthCheck: {} });
    assert.ok(health);
    const { probes, identity, ...rest } = health;
    assert.equal(probes.length, 1);
    assert.notEqual(identity, 0n);
    assert.deepEqual(rest, {
      mode: probeModes.http,
      followRedirects: true,
      status: 0,
      method: 'GET',
      headers: [],
      interval: 30_000_000_000n,
      unhealthyInterval: 30_000_000_000n,
      timeout: 5_000_000_000n,
      fails: 1,
      passes: 1,
      maxFailedAttempts: 1,
      failureWindow: 10_000_000_000n,
      maxEjectionPercent: 100,
      maxEjectionTime: 10_000_000_000n,
    });
  });

  test('judges requests alone, or probes alone', async () => {
    assert.deepEqual((await healthOf({ passiveHealthCheck: {} }))?.probes, []);
    assert.equal((await healthOf({ healthCheck: {} }))?.maxFailedAttempts, 0);
  });

  test('has one probe for each server that is used', async () => {
    const urls = ['http://10.0.0.1', 'https://10.0.0.2', 'unix:///run/app.sock'];
    const health = await healthOf({ urls, healthCheck: { path: '/health' } });
    const probed = health?.probes.map(({ server, path }) => [
      server.tls,
      server.unix,
      server.path,
      server.authority,
      path,
    ]);
    assert.deepEqual(probed, [
      [false, false, '', '10.0.0.1', '/health'],
      [true, false, '', '10.0.0.2', '/health'],
      [false, true, '/run/app.sock', 'localhost', '/health'],
    ]);
  });
});

describe('a probe', () => {
  const url = 'http://10.0.0.1:8080/app/x';
  const cases: readonly (readonly [string, object, string])[] = [
    [url, {}, 'tcp 10.0.0.1 8080 10.0.0.1:8080 /app/x'],
    [url, { path: '/health' }, 'tcp 10.0.0.1 8080 10.0.0.1:8080 /health'],
    [url, { path: 'health?deep=1#no' }, 'tcp 10.0.0.1 8080 10.0.0.1:8080 /app/health?deep=1'],
    [url, { path: '../up' }, 'tcp 10.0.0.1 8080 10.0.0.1:8080 /up'],
    [url, { path: '?a=b' }, 'tcp 10.0.0.1 8080 10.0.0.1:8080 /app/x?a=b'],
    [url, { path: '/', port: 9090 }, 'tcp 10.0.0.1 9090 10.0.0.1:9090 /'],
    [url, { path: '/', scheme: 'https' }, 'tls 10.0.0.1 8080 10.0.0.1:8080 /'],
    ['http://10.0.0.1', { path: '/', scheme: 'https' }, 'tls 10.0.0.1 443 10.0.0.1 /'],
    ['https://10.0.0.1', { path: '/', scheme: 'http' }, 'tcp 10.0.0.1 80 10.0.0.1 /'],
    ['https://a.example', { path: '/', port: 443 }, 'tls a.example 443 a.example /'],
    ['http://[::1]:81', { path: '/' }, 'tcp ::1 81 [::1]:81 /'],
    [url, { path: '/', hostname: 'app.example' }, 'tcp 10.0.0.1 8080 app.example /'],
    [url, { path: '/', headers: { host: 'app.example' } }, 'tcp 10.0.0.1 8080 app.example /'],
    [url, { path: '/', hostname: 'a', headers: { Host: 'b' } }, 'tcp 10.0.0.1 8080 a /'],
  ];
  for (const [server, check, expected] of cases) {
    test(`${server} ${JSON.stringify(check)}`, async () => assert.equal(await probeOf(server, check), expected));
  }

  test('has the fields of the configuration but Host', async () => {
    const health = await healthOf({ healthCheck: { headers: { Host: 'a', 'X-Probe': 'yes' } } });
    assert.deepEqual(health?.headers, [{ name: 'X-Probe', value: 'yes' }]);
  });
});

describe('the identity of health', () => {
  const identityOf = async (options: Options) => (await healthOf(options))?.identity;

  test('is that of the rules, whichever servers there are', async () => {
    const one = await identityOf({ healthCheck: { path: '/a' } });
    assert.equal(await identityOf({ healthCheck: { path: '/a' }, urls: ['http://10.9.9.9', 'http://10.9.9.8'] }), one);
    assert.notEqual(await identityOf({ healthCheck: { path: '/b' } }), one);
    assert.notEqual(await identityOf({ healthCheck: { path: '/a' }, passiveHealthCheck: {} }), one);
  });
});
