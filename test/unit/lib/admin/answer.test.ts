import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Answer, answer } from '../../../../lib/admin/answer.js';
import { healthOf } from '../../../../lib/admin/health.js';
import type { ServerState } from '../../../../lib/engine/events.js';
import type { AdminState } from '../../../../lib/admin/state.js';
import { compiled } from '../../../support/lib/compiled.js';

const dynamic = `http:
  routers:
    bar: { rule: "Host(\`bar.example\`)", service: svc, middlewares: [auth] }
    foo/slash: { rule: "Path(\`/foo\`)", service: svc, priority: 9007199254740993, tls: {} }
    lost: { rule: "Path(\`/lost\`)", service: nowhere }
  services:
    svc: { loadBalancer: { servers: [ { url: "http://127.0.0.1" } ] } }
    split: { weighted: { services: [ { name: svc } ] } }
  middlewares:
    auth: { forwardAuth: { address: "http://user:secret@auth.example/" } }
    broken: { rateLimit: { average: nonsense } }
`;

const { install, configuration } = await compiled(
  { entryPoints: { web: { address: ':80' }, api: { address: '[::1]:81' } }, api: {} },
  dynamic,
);
const key = { key: 'a', weight: 1, active: 1, waiting: 2, served: 3, waited: 2, waitSeconds: 0.5 };
const queue = {
  concurrency: 1,
  active: 1,
  waiting: 2,
  maxLength: 9,
  keys: [{ ...key, shedFull: 1, shedLate: 0, gone: 0 }],
};
const state: AdminState = {
  install: install.config,
  configuration,
  queues: () => ({ 'svc@file': queue }),
  version: '1.2.3',
  startDate: new Date('2026-01-02T03:04:05Z'),
  health: () => new Map(),
};

const get = (path: string, from = state): Answer => answer('GET', path, from);
const body = (path: string): unknown => JSON.parse(get(path).body);
const names = (path: string): readonly string[] => (body(path) as { readonly name: string }[]).map(({ name }) => name);

describe('single objects', () => {
  test('a router has its effective priority, twice', () => {
    assert.deepEqual(body('/api/http/routers/foo%2Fslash@file'), {
      rule: 'Path(`/foo`)',
      middlewares: [],
      service: 'svc',
      tls: { options: 'default' },
      entryPoints: ['api', 'web'],
      observability: { accessLogs: true, metrics: true, tracing: true, traceVerbosity: 'minimal' },
      priority: 9007199254740992,
      status: 'enabled',
      using: ['api', 'web'],
      name: 'foo/slash@file',
      provider: 'file',
      priorityStr: '9007199254740993',
    });
  });

  test('a service made of services says of which, and its users are theirs', async () => {
    const made = await compiled(
      { entryPoints: { web: { address: ':80' } }, api: {} },
      `http:
  routers:
    made: { rule: "Path(\`/made\`)", service: copied }
  services:
    svc: { loadBalancer: { servers: [ { url: "http://127.0.0.1" } ] } }
    safe: { failover: { service: svc, fallback: svc, errors: { status: [ 500-504, 404 ] } } }
    copied: { mirroring: { service: svc, mirrors: [ { name: safe, percent: 5 } ] } }
`,
    );
    const body = (path: string): unknown => JSON.parse(get(path, { ...state, configuration: made.configuration }).body);
    assert.deepEqual(body('/api/http/services/safe@file'), {
      failover: {
        service: 'svc',
        fallback: 'svc',
        errors: { status: ['500-504', '404'], maxRequestBodyBytes: -1 },
      },
      status: 'enabled',
      usedBy: ['made@file'],
      name: 'safe@file',
      provider: 'file',
      type: 'failover',
    });
    assert.deepEqual(body('/api/http/services/copied@file'), {
      mirroring: { service: 'svc', mirrorBody: true, maxBodySize: -1, mirrors: [{ name: 'safe', percent: 5 }] },
      status: 'enabled',
      usedBy: ['made@file'],
      name: 'copied@file',
      provider: 'file',
      type: 'mirroring',
    });
  });

  test('a service made of services tells which of them can answer, where that is known', async () => {
    const made = await compiled(
      { entryPoints: { web: { address: ':80' } }, api: {} },
      `http:
  routers:
    top: { rule: "Path(\`/\`)", service: top }
    free: { rule: "Path(\`/free\`)", service: free }
  services:
    a: { loadBalancer: { healthCheck: {}, servers: [ { url: "http://127.0.0.1:1" }, { url: "http://127.0.0.1:2" } ] } }
    b: { loadBalancer: { servers: [ { url: "http://127.0.0.1:3" } ] } }
    none: { loadBalancer: { servers: [] } }
    safe: { failover: { service: a, fallback: none } }
    copied: { mirroring: { service: a, mirrors: [ { name: b, percent: 5 } ] } }
    top: { weighted: { services: [ { name: safe }, { name: copied }, { name: b } ] } }
    free: { weighted: { services: [ { name: b } ] } }
`,
    );
    const at = (url: string, up: boolean): ServerState => ({
      service: 'a@file',
      url,
      state: up ? 'up' : 'down',
      cause: 'probe',
      since: 0,
      error: '',
    });
    const childStatus = (service: string, ...up: readonly [boolean, boolean]): unknown => {
      const states = healthOf([at('http://127.0.0.1:1', up[0]), at('http://127.0.0.1:2', up[1])]);
      const asked = { ...state, configuration: made.configuration, health: () => states };
      return (JSON.parse(get(`/api/http/services/${service}@file`, asked).body) as { childStatus?: object })
        .childStatus;
    };
    assert.deepEqual(childStatus('top', true, false), { 'safe@file': 'UP', 'copied@file': 'UP', 'b@file': 'UP' });
    assert.deepEqual(childStatus('top', false, false), { 'safe@file': 'DOWN', 'copied@file': 'DOWN', 'b@file': 'UP' });
    assert.deepEqual(childStatus('safe', false, true), { 'a@file': 'UP', 'none@file': 'DOWN' });
    assert.deepEqual(childStatus('copied', false, false), { 'a@file': 'DOWN', 'b@file': 'UP' });
    assert.equal(childStatus('free', false, false), undefined);
    assert.equal(childStatus('b', false, false), undefined);
  });

  test('a service has its users and the status of its servers', () => {
    assert.deepEqual(body('/api/http/services/svc@file'), {
      loadBalancer: {
        servers: [{ url: 'http://127.0.0.1', weight: 1, preservePath: false }],
        strategy: 'wrr',
        passHostHeader: true,
        responseForwarding: { flushInterval: '100ms' },
      },
      status: 'enabled',
      usedBy: ['bar@file', 'foo/slash@file'],
      serverStatus: { 'http://127.0.0.1': 'UP' },
      name: 'svc@file',
      provider: 'file',
      type: 'loadbalancer',
      queueStatus: queue,
    });
  });

  test('a disabled router says why', () => {
    const { status, error } = body('/api/http/routers/lost@file') as { status: string; error: readonly string[] };
    assert.equal(status, 'disabled');
    assert.match(error.join(), /"nowhere@file" does not exist/);
  });

  test('a middleware is shown without its secrets, a broken one as it was written', () => {
    const shown = get('/api/http/middlewares/auth@file').body;
    assert.ok(!shown.includes('secret'), shown);
    const broken = body('/api/http/middlewares/broken@file') as Readonly<Record<string, unknown>>;
    assert.deepEqual([broken['status'], broken['rateLimit']], ['disabled', { average: 'nonsense' }]);
  });

  test('an entry point is shown as it was configured', () => {
    const { address, name, transport } = body('/api/entrypoints/api') as Readonly<Record<string, unknown>>;
    assert.deepEqual([address, name], ['[::1]:81', 'api']);
    assert.deepEqual((transport as { lifeCycle: unknown }).lifeCycle, {
      requestAcceptGraceTimeout: '0s',
      graceTimeOut: '10s',
    });
  });
});

describe('lists', () => {
  const lists: readonly (readonly [query: string, expected: readonly string[]])[] = [
    ['routers', ['bar@file', 'foo/slash@file', 'lost@file']],
    ['routers?search=BAR', ['bar@file']],
    ['routers?status=disabled', ['lost@file']],
    ['routers?serviceName=svc@file', ['bar@file', 'foo/slash@file']],
    ['routers?middlewareName=auth@file', ['bar@file']],
    ['routers?sortBy=priority&direction=desc', ['foo/slash@file', 'bar@file', 'lost@file']],
    ['routers?per_page=1&page=2', ['foo/slash@file']],
    ['services?sortBy=type', ['api@internal', 'noop@internal', 'svc@file', 'split@file']],
    ['middlewares?status=enabled', ['auth@file']],
  ];
  for (const [query, expected] of lists) {
    test(query, () => assert.deepEqual(names(`/api/http/${query}`), expected));
  }

  test('name the next page, or 1 behind the last', () => {
    assert.equal(get('/api/http/routers?per_page=2').headers['x-next-page'], '2');
    assert.equal(get('/api/http/routers?per_page=2&page=2').headers['x-next-page'], '1');
  });

  test('of what this version does not serve are empty', () => {
    for (const path of ['tcp/routers', 'tcp/services', 'tcp/middlewares', 'udp/routers', 'udp/services']) {
      assert.deepEqual(body(`/api/${path}`), []);
    }
  });
});

describe('refusals', () => {
  const refusals: readonly (readonly [path: string, status: number, message: string])[] = [
    ['/api/http/routers/none@file', 404, 'router not found: none@file'],
    ['/api/http/services/none', 404, 'service not found: none'],
    ['/api/http/middlewares/none', 404, 'middleware not found: none'],
    ['/api/entrypoints/none', 404, 'entry point not found: none'],
    ['/api/entrypoints/__proto__', 404, 'entry point not found: __proto__'],
    ['/api/tcp/routers/none', 404, 'router not found: none'],
    ['/api/http/routers?page=9', 400, 'invalid request: page: 9, per_page: 100'],
    ['/api/http/routers?page=x', 400, 'invalid request: page: x, per_page: 100'],
    ['/api/http/routers?per_page=-1', 400, 'invalid request: page: 1, per_page: -1'],
    ['/api/http/routers/%zz', 400, 'malformed path'],
    ['/api/nothing', 404, 'not found'],
    ['/api/http/routers/a/b', 404, 'not found'],
    ['/dashboard/', 404, 'this version has no dashboard; the API is below /api'],
  ];
  for (const [path, status, message] of refusals) {
    test(path, () => {
      const refused = get(path);
      assert.deepEqual([refused.status, JSON.parse(refused.body)], [status, { message }]);
      assert.equal(refused.headers['content-type'], 'text/plain; charset=utf-8');
    });
  }

  test('other methods', () => {
    const { status, headers } = answer('POST', '/api/version', state);
    assert.deepEqual([status, headers['allow']], [405, 'GET, HEAD']);
  });
});

test('rawdata has everything by name and leaves empty kinds out', () => {
  const raw = body('/api/rawdata') as Readonly<Record<string, Readonly<Record<string, object>>>>;
  assert.deepEqual(Object.keys(raw), ['routers', 'middlewares', 'services']);
  assert.ok(!('name' in (raw['routers']?.['bar@file'] ?? {})));
});

test('overview counts', () => {
  const { http, providers, features } = body('/api/overview') as Readonly<Record<string, unknown>>;
  assert.deepEqual(http, {
    routers: { total: 3, warnings: 0, errors: 1 },
    services: { total: 4, warnings: 0, errors: 0 },
    middlewares: { total: 2, warnings: 0, errors: 1 },
  });
  assert.deepEqual([providers, features], [[], { tracing: '', metrics: '', accessLog: false }]);
});

test('version', () => {
  const expected = { Version: '1.2.3', Codename: 'fairlead', startDate: '2026-01-02T03:04:05.000Z' };
  assert.deepEqual(body('/api/version'), expected);
});

test('a base path stands before everything', () => {
  const api = { ...state.install.api, basePath: '/admin/' } as NonNullable<AdminState['install']['api']>;
  const moved = { ...state, install: { ...state.install, api } };
  assert.equal(get('/admin/api/version', moved).status, 200);
  assert.equal(get('/api/version', moved).status, 404);
  assert.equal(get('/administration/api/version', moved).status, 404);
});
