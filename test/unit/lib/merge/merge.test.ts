import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Settings } from '../../../../lib/merge/settings.js';
import { check, checkAll, entryPoint, settings } from '../validate/checked.js';

const router = (more = ''): string =>
  `http: { routers: { r: { rule: 'Path(\`/\`)', service: noop@internal${more} } } }\n`;
const entryPointsOf = (text: string, used: Settings) =>
  Object.fromEntries(
    [...check(text, { settings: used }).configuration.routers.values()]
      .filter(({ provider }) => provider === 'file')
      .map(({ name, resolved }) => [name, resolved?.entryPoints]),
  );

describe('an object that cannot be decoded is checked as far as it can be read:', () => {
  const found = (text: string): readonly (readonly [string, string])[] =>
    check(text).findings.map(({ code, path }) => [code, path] as const);

  test('a router', () => {
    const text = `http:
  routers:
    r: { rule: "Host(x)", service: nobody, middlewares: [nothing], entryPoints: [nowhere], priority: high, tls: { certResolver: le } }
    s: { service: noop@internal, middlewares: [nothing], prio: 1 }\n`;
    assert.deepEqual(found(text), [
      ['FL2006', 'http.routers.r.priority'],
      ['FL4001', 'http.routers.r.rule'],
      ['FL3004', 'http.routers.r.entryPoints[0]'],
      ['FL3005', 'http.routers.r'],
      ['FL3001', 'http.routers.r.middlewares[0]'],
      ['FL3002', 'http.routers.r.service'],
      ['FL3016', 'http.routers.r.tls.certResolver'],
      ['FL2001', 'http.routers.s.prio'],
      ['FL2003', 'http.routers.s.rule'],
      ['FL3001', 'http.routers.s.middlewares[0]'],
    ]);
  });

  test('a router whose middleware is no name is told where that stands', () => {
    const { findings } = check(
      'http: { routers: { r: { rule: "Path(`/`)", service: noop@internal, middlewares: 16 } } }\n',
    );
    assert.deepEqual(
      findings.map(({ code, path, origin }) => [code, path, origin.kind]),
      [['FL3001', 'http.routers.r.middlewares[0]', 'text']],
    );
  });

  test('a service', () => {
    const text = `http:
  services:
    a: { middlewares: [nothing], loadBalancer: { servers: [ { url: "http://a", wieght: 1 } ], serversTransport: none } }
    b: { weighted: { services: [ { name: a, weight: x }, { name: nobody } ] } }
    c: { loadBalancer: { servers: nothing } }
    d: { loadBalancer: {}, color: red }\n`;
    assert.deepEqual(found(text), [
      ['FL2001', 'http.services.a.loadBalancer.servers[0].wieght'],
      ['FL3001', 'http.services.a.middlewares[0]'],
      ['FL3003', 'http.services.a.loadBalancer.serversTransport'],
      ['FL2002', 'http.services.b.weighted.services[0].weight'],
      ['FL3013', 'http.services.b.weighted.services[0].name'],
      ['FL3002', 'http.services.b.weighted.services[1].name'],
      ['FL2002', 'http.services.c.loadBalancer.servers'],
      ['FL2001', 'http.services.d.color'],
    ]);
  });

  test('and is served as little as before', () => {
    const { configuration } = check('http: { routers: { r: { rule: "Path(`/`)", service: noop@internal, x: 1 } } }\n');
    const item = configuration.routers.get('r@file');
    assert.deepEqual([item?.status, item?.config, item?.resolved], ['disabled', undefined, undefined]);
  });
});

describe('routers without entry points', () => {
  const cases: readonly (readonly [name: string, used: Settings, expected: readonly string[]])[] = [
    [
      'get all for TCP but the internal one',
      settings(
        {},
        entryPoint('b', 2),
        entryPoint('a', 1),
        entryPoint('traefik', 8080),
        entryPoint('dns', 53, { protocol: 'udp' }),
      ),
      ['a', 'b'],
    ],
    ['get those marked as default', settings({}, entryPoint('a', 1), entryPoint('b', 2, { asDefault: true })), ['b']],
    [
      'never get the internal one by its mark',
      settings({}, entryPoint('a', 1), entryPoint('traefik', 2, { asDefault: true })),
      ['a'],
    ],
  ];
  for (const [name, used, expected] of cases) {
    test(name, () => assert.deepEqual(entryPointsOf(router(), used), { 'r@file': expected }));
  }
});

describe('entry points with settings of their own', () => {
  const used = settings(
    {},
    entryPoint('web', 80),
    entryPoint('alt', 81),
    entryPoint('websecure', 443, { tls: { options: 'default' }, middlewares: ['m@file'] }),
  );
  const text = `http:
  routers:
    r: { rule: 'Host(\`a\`)', service: noop@internal, middlewares: [n] }
  middlewares: { m: { addPrefix: { prefix: /m } }, n: { addPrefix: { prefix: /n } } }
`;

  test('split a router that is on others as well', () => {
    const { routers } = check(text, { settings: used }).configuration;
    assert.deepEqual([...routers.keys()], ['r@file', 'websecure-r@file']);
    assert.deepEqual(routers.get('r@file')?.resolved?.entryPoints, ['alt', 'web']);
    assert.equal(routers.get('r@file')?.resolved?.tls, undefined);
    const split = routers.get('websecure-r@file')?.resolved;
    assert.deepEqual(split?.middlewares, ['m@file', 'n@file']);
    assert.deepEqual(split.tls, { options: 'default' });
  });

  test('keep the name of a router that is on no other', () => {
    assert.deepEqual(
      entryPointsOf(
        router(', entryPoints: [websecure]') + '  # none\n',
        settings({}, entryPoint('websecure', 443, { tls: {} })),
      ),
      {
        'r@file': ['websecure'],
      },
    );
  });

  test('leave a router its own TLS', () => {
    const own = `http: { routers: { r: { rule: 'Host(\`a\`)', service: noop@internal, entryPoints: [websecure], tls: { options: o } } } }\ntls: { options: { o: {} } }\n`;
    const { routers } = check(own, {
      settings: settings({}, entryPoint('websecure', 443, { tls: { options: 'default' } })),
    }).configuration;
    assert.deepEqual(routers.get('r@file')?.resolved?.tls, { options: 'o@file' });
  });
});

describe('objects of the install configuration', () => {
  test('redirections', () => {
    const redirection = { to: 'websecure', scheme: 'https', permanent: true, priority: 2n ** 63n - 2n };
    const used = settings({}, entryPoint('web', 80, { redirection }), entryPoint('websecure', 8443));
    const { routers, middlewares } = check('http: {}\n', { settings: used }).configuration;
    const made = routers.get('web-to-websecure@internal');
    assert.deepEqual(made?.resolved?.entryPoints, ['web']);
    assert.equal(made.resolved.priority, 2n ** 63n - 2n);
    assert.equal(made.resolved.service, 'noop@internal');
    assert.deepEqual(made.resolved.middlewares, ['redirect-web-to-websecure@internal']);
    assert.deepEqual(middlewares.get('redirect-web-to-websecure@internal')?.config, {
      kind: 'redirectScheme',
      options: { scheme: 'https', permanent: true, port: '8443' },
    });
    assert.equal(made.config?.rule, 'HostRegexp(`^.+$`)');
  });

  test('a redirection to the usual port of the scheme names no port', () => {
    const redirection = { to: ':443', scheme: 'https', permanent: false, priority: 1n };
    const { middlewares, routers } = check('http: {}\n', {
      settings: settings({}, entryPoint('web', 80, { redirection })),
    }).configuration;
    assert.ok(routers.has('web-to-443@internal'));
    const { port } = middlewares.get('redirect-web-to-443@internal')?.config?.options ?? {};
    assert.ok(port === undefined || port === '');
  });

  test('ping, readiness and the API', () => {
    const used = settings(
      { ping: { entryPoint: 'traefik', manualRouting: false }, api: { insecure: true, basePath: '/base' } },
      entryPoint('traefik', 8080),
    );
    const { routers, services } = check('http: {}\n', { settings: used }).configuration;
    const rules = Object.fromEntries([...routers.values()].map(({ name, config }) => [name, config?.rule]));
    assert.deepEqual(rules, {
      'ping@internal': 'PathPrefix(`/ping`)',
      'ready@internal': 'PathPrefix(`/ready`)',
      'api@internal': 'PathPrefix(`/base/api`)',
    });
    assert.deepEqual([...services.keys()].sort(), ['api@internal', 'noop@internal', 'ping@internal', 'ready@internal']);
  });

  test('nothing that was not asked for', () => {
    const { routers, services } = check('http: {}\n', {
      settings: settings({ ping: { entryPoint: 'web', manualRouting: true } }),
    }).configuration;
    assert.deepEqual([...routers.keys()], []);
    assert.deepEqual([...services.keys()].sort(), ['noop@internal', 'ping@internal', 'ready@internal']);
  });
});

test('of two files with the same name the first wins, and both are named', () => {
  const { configuration, findings } = checkAll({
    file: {
      'a.yml': "http: { routers: { r: { rule: 'Path(`/a`)', service: noop@internal } } }\n",
      'b.yml': "http: { routers: { r: { rule: 'Path(`/b`)', service: noop@internal } } }\n",
    },
  });
  assert.equal(configuration.routers.get('r@file')?.config?.rule, 'Path(`/a`)');
  assert.deepEqual(
    findings.map(({ code, message, effect }) => [code, message, effect]),
    [['FL3008', 'router "r@file" is defined in a.yml:1:20 and again in b.yml:1:20', 'the one in a.yml:1:20 is used']],
  );
});

test('the same name in two providers is two objects', () => {
  const text = router();
  const { configuration } = checkAll({ file: { 'a.yml': text }, memory: { 'b.yml': text } });
  assert.deepEqual([...configuration.routers.keys()], ['r@file', 'r@memory']);
});

test('sections of the install configuration may stand in the same file', () => {
  assert.deepEqual(check('entryPoints: { web: { address: ":80" } }\nlog: { level: INFO }\nhttp: {}\n').findings, []);
});

test('a value whose reference could not be replaced disables its object, and only that', async () => {
  const { decodeDynamic } = await import('../../../../lib/merge/decode.js');
  const { parseText } = await import('../../../../lib/source/parse.js');
  const { interpolate } = await import('../../../../lib/source/interpolate.js');
  const text =
    "http: { routers: { r: { rule: 'Host(`${env:NOPE}`)', service: a }, q: { rule: 'Host(`a`)', service: a } } }\n";
  const { document } = parseText({ name: 'a.yml', text });
  assert.ok(document);
  const replaced = await interpolate(document, { environment: {}, readText: () => Promise.reject(new Error('no')) });
  const loaded = {
    document: replaced.document,
    files: new Map(),
    findings: replaced.diagnostics,
    broken: replaced.broken,
  };
  const fragment = decodeDynamic(loaded, 'file');
  assert.deepEqual(fragment.routers.map(({ name, status, errors }) => [name, status, errors]).sort(), [
    ['q@file', 'enabled', []],
    ['r@file', 'disabled', ['environment variable "NOPE" is not set']],
  ]);
  assert.deepEqual(fragment.diagnostics, []);
});
