// What `explain` says of limits, tries, cookies and layers on the way of a request, and that it is so.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type DynamicConfig,
  explain,
  type Explanation,
  type ExplainRequest,
  renderExplanation,
} from '../../lib/index.js';
import { request } from '../support/client.js';
import { HeldBackend } from '../support/held-backend.js';
import { backends } from '../support/named.js';
import { startProxy } from '../support/proxy.js';

async function one(config: DynamicConfig, asked: ExplainRequest): Promise<Explanation> {
  const [explanation] = await explain({ entryPoints: { web: { address: ':80' } }, ...config }, [asked]);
  assert.ok(explanation);
  return explanation;
}

type LoadBalancer = Readonly<Record<string, unknown>>;
const withService = (loadBalancer: LoadBalancer, router: object = {}, middlewares: object = {}): DynamicConfig =>
  ({
    http: {
      routers: { app: { rule: 'PathPrefix(`/`)', service: 'app', ...router } },
      services: { app: { loadBalancer: { servers: [{ url: 'http://127.0.0.1:1' }], ...loadBalancer } } },
      middlewares,
    },
  }) as DynamicConfig;

describe('an explanation', () => {
  const limit = (queue: object) => ({ limit: { concurrency: 3, queue } });
  const usual = { concurrency: 3, discipline: 'drr', weight: 1, cost: 1, quantum: 1, maxLength: 1024, maxWait: '2s' };

  for (const [name, queue, asked, expected] of [
    ['address', {}, { client: '192.0.2.7' }, { key: 'clientIP', value: '192.0.2.7' }],
    ['network', {}, { client: '2001:db8::7' }, { key: 'clientIP', value: '2001:db8::/64' }],
    ['host', { key: 'host' }, {}, { key: 'host', value: 'a.example' }],
    ['router', { key: 'router' }, {}, { key: 'router', value: 'app@memory' }],
    [
      'header and its weight',
      { key: 'header:X-Tenant', weights: { gold: 4 }, discipline: 'fifo', maxWait: '0s', maxLength: 7 },
      { headers: { 'X-Tenant': 'gold' } },
      { key: 'header:x-tenant', value: 'gold', weight: 4, discipline: 'fifo', maxWait: '0s', maxLength: 7 },
    ],
    [
      'missing header, and the cost of the body',
      { key: 'header:X-Tenant', cost: 'bytes' },
      { headers: { 'Content-Length': '5000' } },
      { key: 'header:x-tenant', value: '', cost: 5000, quantum: 65_536 },
    ],
    [
      'long header, cut off',
      { key: 'header:X-Tenant' },
      { headers: { 'X-Tenant': 'x'.repeat(100) } },
      { key: 'header:x-tenant', value: 'x'.repeat(64) },
    ],
  ] as const) {
    test(`shows the limit in front of a service with the key of the request: ${name}`, async () => {
      const { services } = await one(withService(limit(queue)), { url: 'http://A.example/', ...asked });
      assert.deepEqual(services[0]?.limit, { ...usual, ...expected });
    });
  }

  test('shows the key that middlewares have set, and none that may be a secret', async () => {
    const { services } = await one(
      withService(
        limit({ key: 'header:X-Tenant' }),
        { middlewares: ['tenant'] },
        { tenant: { headers: { customRequestHeaders: { 'X-Tenant': 'blue' } } } },
      ),
      { url: 'http://a.example/', headers: { 'X-Tenant': 'forged' } },
    );
    assert.equal(services[0]?.limit?.value, 'blue');
    const secret = await one(withService(limit({ key: 'header:X-Api-Key' })), {
      url: 'http://a.example/',
      headers: { 'X-Api-Key': 'open-sesame' },
    });
    assert.match(secret.services[0]?.limit?.value ?? '', /^#[0-9a-f]{8}$/);
    assert.doesNotMatch(JSON.stringify(secret), /sesame/);
  });

  test('names the key under which the request then waits', async () => {
    await using server = await HeldBackend.start();
    const queue = { key: 'header:X-Api-Key', maxWait: '0s' } as const;
    await using proxy = await startProxy({
      http: {
        routers: { app: { rule: 'PathPrefix(`/`)', service: 'app' } },
        services: { app: { loadBalancer: { servers: [{ url: server.url }], limit: { concurrency: 1, queue } } } },
      },
    });
    const { services } = await proxy.proxy.explain({ url: proxy.url('/'), headers: { 'X-Api-Key': 'open-sesame' } });
    await using client = await proxy.connect();
    await client.send(request('GET /', 'X-Api-Key: open-sesame'));
    await server.holds(1);
    const keys = proxy.proxy.stats().queues['app@memory']?.keys.map(({ key }) => key);
    assert.deepEqual(keys, [services[0]?.limit?.value]);
  });

  test('says who sets which deadline', async () => {
    const { timeouts } = await one(
      withService({ timeouts: { total: '9s', idle: '4s' } }, { timeouts: { total: '5s', perTry: '1s' } }),
      { url: 'http://a.example/' },
    );
    assert.deepEqual(
      timeouts?.map(({ name, time, by }) => `${name} ${time} ${by}`),
      ['connect 30s transport', 'idle 4s service', 'total 5s router', 'perTry 1s router'],
    );
  });

  test('says when a request is sent again: by the last retry on the way', async () => {
    const middlewares = {
      first: { retry: { attempts: 9 } },
      last: { retry: { attempts: 3, status: ['500-504', '429'], initialInterval: '100ms', timeout: '2s' } },
    };
    const { retry } = await one(withService({}, { middlewares: ['first', 'last'] }, middlewares), {
      url: 'http://a.example/',
    });
    assert.deepEqual(retry, {
      middleware: 'last@memory',
      effect:
        'up to 3 tries, after network errors and after 500-504, 429; 100ms apart at first; none begins after 2s; ' +
        'budget 20 % and 10 a second',
    });
    const plain = await one(withService({}), { url: 'http://a.example/' });
    assert.deepEqual(plain.retry, { effect: 'another server if no connection can be opened; nothing is sent twice' });
  });

  test('shows the cookie that the answer then sets, or that the client has', async () => {
    await using servers = await backends(3);
    await using proxy = await startProxy({
      http: {
        routers: { app: { rule: 'PathPrefix(`/`)', service: 'app' } },
        services: {
          app: {
            loadBalancer: {
              servers: servers.all.map(({ url }) => ({ url })),
              sticky: { cookie: { name: 'lb', httpOnly: true } },
            },
          },
        },
      },
    });
    const { services } = await proxy.proxy.explain({ url: proxy.url('/') });
    const answer = await proxy.ask(request('GET /'));
    const set = answer.headers('set-cookie');
    assert.deepEqual(
      [services[0]?.cookie],
      set.map((text) => ({ name: 'lb', kept: false, set: text })),
    );
    const [cookie = ''] = set[0]?.split(';') ?? [];
    const again = await proxy.proxy.explain({ url: proxy.url('/'), headers: { Cookie: cookie } });
    assert.deepEqual(again.services[0]?.cookie, { name: 'lb', kept: true });
    assert.equal(again.services[0].because, 'the cookie of the request says so');
    assert.equal(again.server?.url, services[0]?.chosen);
  });

  test('has all of it in what people read', async () => {
    const text = renderExplanation(
      await one(
        withService(
          { ...limit({ key: 'host' }), sticky: { cookie: { name: 'lb' } }, timeouts: { total: '5s' } },
          { middlewares: ['again'] },
          { again: { retry: { attempts: 2 } } },
        ),
        { url: 'http://a.example/' },
      ),
    );
    for (const line of [
      /\n {2}limit {9}3 at once; 1024 may wait for 2s \(drr\); key host "a\.example", weight 1, cost 1\n/,
      /\n {2}cookie {8}lb=[0-9a-f]+; Path=\/ \(is set\)\n/,
      /\n {2}tries {9}up to 2 tries, after network errors; budget 20 % and 10 a second \(again@memory\)\n/,
      /\n {2}timeouts {6}connect 30s \(transport\), total 5s \(service\)$/,
    ]) {
      assert.match(text, line);
    }
  });
});

describe('an explanation of routers in layers', () => {
  const layered: DynamicConfig = {
    http: {
      routers: {
        api: { rule: 'Host(`a.example`) && PathPrefix(`/api`)', middlewares: ['strip'] },
        orders: { rule: 'PathPrefix(`/orders`)', parentRefs: ['api'], service: 'app' },
        fast: { rule: 'PathPrefix(`/orders`) && Header(`X-Fast`, `1`)', parentRefs: ['api'], service: 'app' },
        deep: { rule: 'PathPrefix(`/deep`)', parentRefs: ['api'] },
        deepest: { rule: 'Method(`POST`)', parentRefs: ['deep'], service: 'app' },
        broken: { rule: 'PathPrefix(`/broken`)', parentRefs: ['api'], service: 'nowhere' },
        root: { rule: 'Host(`a.example`)', service: 'app', priority: 1 },
      },
      services: { app: { loadBalancer: { servers: [{ url: 'http://127.0.0.1:1' }] } } },
      middlewares: { strip: { stripPrefix: { prefixes: ['/api'] } } },
    },
  };
  const missOf = ({ nearMisses }: Explanation, router: string) =>
    nearMisses.find((miss) => miss.router === `${router}@memory`);

  test('names children that came close with the first test that failed, as the request was then', async () => {
    const explanation = await one(layered, { url: 'http://a.example/api/orders/1' });
    assert.deepEqual([explanation.router?.name, explanation.router?.above], ['orders@memory', ['api@memory']]);
    const miss = missOf(explanation, 'fast');
    assert.deepEqual(
      [miss?.parent, miss?.kind, miss?.failed],
      ['api@memory', 'rule', [{ predicate: 'Header(`X-Fast`, `1`)', found: 'there is no header x-fast' }]],
    );
    assert.deepEqual([missOf(explanation, 'root')?.parent, missOf(explanation, 'root')?.kind], [undefined, 'priority']);
  });

  test('names children that match as well, with the priority of the one that was chosen there', async () => {
    const explanation = await one(layered, { url: 'http://a.example/api/orders', headers: { 'X-Fast': '1' } });
    assert.equal(explanation.router?.name, 'fast@memory');
    assert.match(
      missOf(explanation, 'orders')?.because ?? '',
      /^it matches as well, but its priority is 21, .*"fast@memory"/,
    );
  });

  test('says why no child takes the request, the deepest layer first', async () => {
    const explanation = await one(layered, { url: 'http://a.example/api/deep' });
    assert.deepEqual([explanation.router?.name, explanation.answer?.status], ['deep@memory', 404]);
    const [first] = explanation.nearMisses;
    assert.deepEqual([first?.router, first?.parent], ['deepest@memory', 'deep@memory']);
    assert.equal(first?.because, 'Method(`POST`) does not hold: the method is GET');
    assert.match(renderExplanation(explanation), /deepest@memory \(priority 14, below deep@memory\)/);
  });

  test('names all children where none takes the request, however far they are', async () => {
    const explanation = await one(layered, { url: 'http://a.example/api/xyz' });
    assert.deepEqual([explanation.router?.name, explanation.answer?.reason], ['api@memory', 'no_route']);
    assert.deepEqual(missOf(explanation, 'deep')?.failed, [
      { predicate: 'PathPrefix(`/deep`)', found: 'the path is "/xyz"' },
    ]);
    assert.equal(missOf(explanation, 'orders')?.parent, 'api@memory');
  });

  test('names a disabled child', async () => {
    const explanation = await one(layered, { url: 'http://a.example/api/broken' });
    assert.equal(explanation.answer?.reason, 'no_route');
    const miss = missOf(explanation, 'broken');
    assert.deepEqual([miss?.kind, miss?.parent], ['disabled', 'api@memory']);
    assert.match(miss?.because ?? '', /^it stands below "api@memory", but it is disabled: /);
  });
});
