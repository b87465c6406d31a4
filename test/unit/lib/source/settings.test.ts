import assert from 'node:assert/strict';
import { test } from 'node:test';
import { install } from '../../../../lib/install/schema.js';
import { parseEnvironment } from '../../../../lib/source/environment.js';
import { parseFlags } from '../../../../lib/source/flags.js';
import { mergeLayers } from '../../../../lib/source/layer.js';
import type { Document } from '../../../../lib/source/origin.js';
import { shapeOf } from '../../../../lib/source/shape.js';
import { parseYaml } from '../../../../lib/source/yaml.js';

const shape = shapeOf(install);
const flags = (...args: string[]) => parseFlags(args, shape);
const environment = (variables: Record<string, string>) => parseEnvironment(variables, shape);

const flagForms: readonly (readonly [args: readonly string[], expected: unknown])[] = [
  [['--entryPoints.web.address=:80'], { entryPoints: { web: { address: ':80' } } }],
  [['--entrypoints.Web.Address', ':80'], { entryPoints: { Web: { address: ':80' } } }],
  [['-log.level=DEBUG'], { log: { level: 'DEBUG' } }],
  [['--api', '--log.level', 'INFO'], { api: 'true', log: { level: 'INFO' } }],
  [['--api.insecure', 'true', '--ping'], { api: { insecure: 'true' }, ping: 'true' }],
  [['--api', '--api.debug'], { api: { debug: 'true' } }],
  [['--api.debug', '--api'], { api: { debug: 'true' } }],
  [['--api=false', '--api.debug'], { api: 'false' }],
  [
    ['--entryPoints.web.http.middlewares=a', '--entryPoints.WEB.http.middlewares=b'],
    { entryPoints: { web: { http: { middlewares: 'a,b' } } } },
  ],
  [
    ['--entryPoints.web.http.tls.domains[0].main=a.test'],
    { entryPoints: { web: { http: { tls: { domains: { 0: { main: 'a.test' } } } } } } },
  ],
  [['--providers.providersThrottleDuration', '-1s'], { providers: { providersThrottleDuration: '-1s' } }],
  [['--unknown.thing=1'], { unknown: { thing: '1' } }],
];

for (const [args, expected] of flagForms) {
  test(`reads ${args.join(' ')}`, () => {
    const { document, diagnostics } = flags(...args);
    assert.deepEqual(document?.value, expected);
    assert.deepEqual(diagnostics, []);
  });
}

test('says which arguments are no flags', () => {
  const { document, diagnostics } = flags('web', '--', '--=x', '--a..b=1');
  assert.equal(document, undefined);
  assert.deepEqual(
    diagnostics.map(({ code, message }) => `${code} ${message}`),
    [
      'FL1013 "web" is neither a flag nor the value of one',
      'FL1013 "--" is not a flag',
      'FL1013 "--" is not a flag',
      'FL1013 "--a..b" is not a flag',
    ],
  );
});

test('reads variables of both prefixes, ours winning, and leaves others alone', () => {
  const { document, diagnostics } = environment({
    TRAEFIK_ENTRYPOINTS_WEB_ADDRESS: ':80',
    TRAEFIK_LOG_LEVEL: 'INFO',
    FAIRLEAD_LOG_LEVEL: 'DEBUG',
    'TRAEFIK_ENTRYPOINTS_WEB_HTTP_TLS_DOMAINS[0]_MAIN': 'a.test',
    FAIRLEAD_NATIVE_PATH: '/x.node',
    TRAEFIK_SERVICE_HOST: '10.0.0.1',
    PATH: '/bin',
  });
  assert.deepEqual(document?.value, {
    entryPoints: { web: { address: ':80', http: { tls: { domains: { 0: { main: 'a.test' } } } } } },
    log: { level: 'DEBUG' },
  });
  assert.deepEqual(document.origin(['log', 'level']), { kind: 'environment', variable: 'FAIRLEAD_LOG_LEVEL' });
  assert.deepEqual(diagnostics, []);
});

test('does not take the variables of a linked service for configuration', () => {
  const { document, diagnostics } = environment({
    TRAEFIK_API_SERVICE_HOST: '10.0.0.1',
    TRAEFIK_API_PORT_80_TCP_ADDR: '10.0.0.1',
  });
  assert.equal(document, undefined);
  assert.deepEqual(
    diagnostics.map(({ code }) => code),
    ['FL1016', 'FL1016'],
  );
});

function layered(): Document {
  const file = parseYaml({
    name: 'a.yml',
    text: 'entryPoints:\n  Web:\n    address: ":80"\n    asDefault: true\nlog: { level: INFO }\napi: { debug: true }\nping: true\n',
  }).document;
  const variables = environment({
    TRAEFIK_ENTRYPOINTS_WEB_ADDRESS: ':81',
    TRAEFIK_API: 'true',
    TRAEFIK_PING_ENTRYPOINT: 'web',
  }).document;
  const line = flags('--log.level=DEBUG', '--entryPoints.other.address=:90').document;
  assert.ok(file && variables && line);
  return mergeLayers([file, variables, line]);
}

test('lays flags over environment over file', () => {
  assert.deepEqual(layered().value, {
    entryPoints: { Web: { address: ':81', asDefault: true }, other: { address: ':90' } },
    log: { level: 'DEBUG' },
    api: { debug: true },
    ping: { entryPoint: 'web' },
  });
});

test('each value of a layered document remembers where it came from', () => {
  const document = layered();
  const kinds = [
    ['entryPoints', 'web', 'address'],
    ['entryPoints', 'web', 'asDefault'],
    ['entryPoints', 'other', 'address'],
    ['log', 'level'],
    ['api', 'debug'],
    ['ping', 'entryPoint'],
  ].map((path) => `${path.join('.')} ${document.origin(path).kind}`);
  assert.deepEqual(kinds, [
    'entryPoints.web.address environment',
    'entryPoints.web.asDefault text',
    'entryPoints.other.address flag',
    'log.level flag',
    'api.debug text',
    'ping.entryPoint environment',
  ]);
});

test('an upper false removes what a lower layer enabled', () => {
  const file = parseYaml({ name: 'a.yml', text: 'api: { debug: true }\n' }).document;
  const line = flags('--api=false').document;
  assert.ok(file && line);
  assert.deepEqual(mergeLayers([file, line]).value, { api: 'false' });
});
