// The keys of routers, services and servers transports in the order of Traefik's reference: what holds when they are left
// out, that they are taken when they are written, and what is said of those that do nothing here.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { check } from '../validate/checked.js';

const second = 1_000_000_000n;

/** `undefined`: unset. `finding`: what is said of the written value; nothing is said of others. */
type Row = readonly [key: string, usual: unknown, written: unknown, finding?: RegExp];

const rows: Readonly<
  Record<
    'router' | 'loadBalancer' | 'weighted' | 'highestRandomWeight' | 'mirroring' | 'failover' | 'transport',
    readonly Row[]
  >
> = {
  router: [
    ['entryPoints', ['web', 'websecure'], ['web']],
    ['ruleSyntax', undefined, 'v2', /"ruleSyntax" is deprecated/],
    ['priority', 0n, -7],
    ['middlewares', [], ['m', 'm@file']],
    ['parentRefs', undefined, ['root']],
    ['tls', undefined, {}],
    ['tls.options', undefined, 'default'],
    ['tls.certResolver', undefined, 'acme', /certificate/],
    ['tls.domains', undefined, [{ main: 'a.example', sans: ['b.example'] }], /obtains no certificates/],
    ['observability.accessLogs', undefined, false],
    ['observability.metrics', undefined, true, /no metrics of single routers/],
    ['observability.tracing', undefined, true, /makes no traces/],
    ['observability.traceVerbosity', undefined, 'detailed', /makes no traces/],
  ],
  loadBalancer: [
    ['servers.0.url', 'http://10.0.0.1', 'https://10.0.0.2:8443/path'],
    ['servers.0.weight', 1, 0, /weight/],
    ['servers.0.preservePath', false, true],
    ['strategy', 'wrr', 'leasttime'],
    ['passHostHeader', true, false],
    ['responseForwarding.flushInterval', second / 10n, '-1', /passed on as they arrive/],
    ['serversTransport', undefined, 't'],
    ['sticky.cookie', undefined, {}],
    ['sticky.cookie.name', undefined, 'lb'],
    ['sticky.cookie.secure', undefined, true],
    ['sticky.cookie.httpOnly', undefined, true],
    ['sticky.cookie.sameSite', undefined, 'Lax'],
    ['sticky.cookie.maxAge', undefined, -1],
    ['sticky.cookie.path', undefined, '/x'],
    ['sticky.cookie.domain', undefined, 'a.example'],
    ['healthCheck', undefined, { path: '/' }],
    ['healthCheck.mode', undefined, 'grpc'],
    ['healthCheck.method', undefined, 'HEAD'],
    ['healthCheck.status', undefined, 204],
    ['healthCheck.scheme', undefined, 'https'],
    ['healthCheck.port', undefined, 81],
    ['healthCheck.hostname', undefined, 'a.example'],
    ['healthCheck.headers', undefined, { 'X-A': '1' }],
    ['healthCheck.interval', undefined, '10s'],
    ['healthCheck.unhealthyInterval', undefined, '1s'],
    ['healthCheck.timeout', undefined, '1s'],
    ['healthCheck.followRedirects', undefined, false],
    ['passiveHealthCheck', undefined, {}],
    ['passiveHealthCheck.failureWindow', undefined, '1s'],
    ['passiveHealthCheck.maxFailedAttempts', undefined, 3],
  ],
  weighted: [
    ['services.0.name', 's', 's@file'],
    ['services.0.weight', 1, 5],
    ['sticky.cookie', undefined, {}],
    ['healthCheck', undefined, {}, /healthCheck not enabled/],
  ],
  highestRandomWeight: [
    ['services.0.name', 's', 's@file'],
    ['services.0.weight', 1, 5],
    ['healthCheck', undefined, {}, /healthCheck not enabled/],
  ],
  mirroring: [
    ['service', 's', 's@file'],
    ['mirrors.0.name', 'm', 's@file'],
    ['mirrors.0.percent', 10, 100],
    ['mirrorBody', true, false],
    ['maxBodySize', -1, 1024],
    ['healthCheck', undefined, {}, /healthCheck not enabled/],
  ],
  failover: [
    ['service', 's', 's@file'],
    ['fallback', 'm', 's@file'],
    ['healthCheck', undefined, {}, /healthCheck not enabled/],
    ['errors.status', [{ from: 500, to: 504 }], ['404', '500-599']],
    ['errors.maxRequestBodyBytes', -1, 1024],
  ],
  transport: [
    ['serverName', undefined, 'a.example'],
    ['insecureSkipVerify', false, true],
    ['rootCAs', [], []],
    ['certificates', [], []],
    ['cipherSuites', [], ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256']],
    ['minVersion', undefined, 'VersionTLS12'],
    ['maxVersion', undefined, 'VersionTLS13'],
    ['maxIdleConnsPerHost', 0, 200],
    ['forwardingTimeouts.dialTimeout', 30n * second, '1s'],
    ['forwardingTimeouts.responseHeaderTimeout', 0n, '1s'],
    ['forwardingTimeouts.idleConnTimeout', 90n * second, '1s'],
    ['forwardingTimeouts.readIdleTimeout', undefined, '1s', /HTTP\/1\.1/],
    ['forwardingTimeouts.pingTimeout', undefined, '1s', /HTTP\/1\.1/],
    ['disableHTTP2', false, true, /HTTP\/1\.1/],
    ['peerCertURI', undefined, 'spiffe://a/b', /deprecated/],
    ['peerCertSANs', [], [{ type: 'DNSName', value: 'a.example' }]],
    ['spiffe', undefined, {}, /"spiffe" must be left out/],
  ],
};

/** What holds inside an object that is there but empty. */
const inside: readonly (readonly [key: string, object: object, usual: object])[] = [
  ['sticky', { cookie: {} }, { cookie: { secure: false, httpOnly: false, maxAge: 0, path: '/' } }],
  [
    'healthCheck',
    { path: '/' },
    {
      mode: 'http',
      path: '/',
      method: 'GET',
      status: 0,
      port: 0,
      hostname: '',
      headers: {},
      interval: 30n * second,
      timeout: 5n * second,
      followRedirects: true,
      fails: 1,
      passes: 1,
    },
  ],
  ['passiveHealthCheck', {}, { failureWindow: 10n * second, maxFailedAttempts: 1, maxEjectionPercent: 100 }],
];

type Tree = { [key: string]: unknown };

const at = (tree: unknown, key: string): unknown =>
  key.split('.').reduce<unknown>((inner, part) => (inner as Tree | undefined)?.[part], tree);

/** The same with the value in that place. */
function withValue(tree: unknown, [part = '', ...rest]: readonly string[], value: unknown): unknown {
  const inner = (tree as Tree | undefined)?.[part];
  const changed = rest.length === 0 ? value : withValue(inner, rest, value);
  if (Array.isArray(tree)) return tree.map((item: unknown, index) => (String(index) === part ? changed : item));
  return { ...(tree as Tree | undefined), [part]: changed };
}

type Kind = keyof typeof rows;
const minimal: Readonly<Record<Kind, object>> = {
  router: { rule: 'Host(`a.example`)', service: 's' },
  loadBalancer: { servers: [{ url: 'http://10.0.0.1' }] },
  weighted: { services: [{ name: 's' }] },
  highestRandomWeight: { services: [{ name: 's' }] },
  mirroring: { service: 's', mirrors: [{ name: 'm', percent: 10 }] },
  failover: { service: 's', fallback: 'm', errors: { status: ['500-504'] } },
  transport: {},
};

/** The object as it is used, and what is said. */
function read(kind: Kind, object: object) {
  const isService = kind !== 'router' && kind !== 'transport';
  const routers = {
    root: { rule: 'Host(`root.example`)', entryPoints: ['web'] },
    x: kind === 'router' ? object : minimal.router,
  };
  const child = { rule: 'Path(`/`)', parentRefs: ['root'], service: 's' };
  const { configuration, findings } = check(
    JSON.stringify({
      http: {
        routers: { ...routers, child },
        services: {
          s: { loadBalancer: minimal.loadBalancer },
          m: { loadBalancer: minimal.loadBalancer },
          x: isService ? { [kind]: object } : { loadBalancer: minimal.loadBalancer },
        },
        middlewares: { m: { addPrefix: { prefix: '/m' } } },
        serversTransports: { t: {}, x: kind === 'transport' ? object : {} },
      },
    }),
    { name: 'dynamic.json' },
  );
  const found =
    kind === 'router'
      ? configuration.routers.get('x@file')?.config
      : kind === 'transport'
        ? configuration.serversTransports.get('x@file')?.config
        : (configuration.services.get('x@file')?.config as Tree | undefined)?.[kind];
  return { found, said: findings.map(({ message }) => message) };
}

for (const [kind, table] of Object.entries(rows) as [Kind, readonly Row[]][]) {
  describe(kind, () => {
    for (const [key, usual, written, finding] of table) {
      test(key, () => {
        const plain = read(kind, minimal[kind]);
        assert.deepEqual([at(plain.found, key), plain.said], [usual, []]);
        const { found, said } = read(kind, withValue(minimal[kind], key.split('.'), written) as object);
        if (finding === undefined) {
          assert.deepEqual(said, []);
          assert.notEqual(at(found, key), undefined);
        } else {
          assert.match(said.join('\n'), finding);
        }
      });
    }
  });
}

describe('loadBalancer, where an object is there', () => {
  for (const [key, object, usual] of inside) {
    test(key, () => {
      const { found, said } = read('loadBalancer', { ...minimal.loadBalancer, [key]: object });
      assert.deepEqual([at(found, key), said], [usual, []]);
    });
  }
});

test('a mirror without percent is one of 0, which is said', () => {
  const { found, said } = read('mirroring', { service: 's', mirrors: [{ name: 'm' }] });
  assert.deepEqual([at(found, 'mirrors.0.percent'), said], [0, ['the mirror "m" gets no requests']]);
});
