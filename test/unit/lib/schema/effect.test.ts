/**
 * Every key that may be written does something: it changes what the data plane is given, or is read where a table here
 * says, or a finding names it. A key that is accepted in silence is a promise that nobody keeps.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { z } from 'zod';
import { generateDefaultCertificate } from '../../../../lib/compile/default-certificate.js';
import { install } from '../../../../lib/install/schema.js';
import { middlewares } from '../../../../lib/middlewares/index.js';
import { router } from '../../../../lib/schema/router.js';
import { serversTransport } from '../../../../lib/schema/servers-transport.js';
import { highestRandomWeight, loadBalancer, weighted } from '../../../../lib/schema/service.js';
import { failover } from '../../../../lib/schema/failover.js';
import { mirroring } from '../../../../lib/schema/mirroring.js';
import { tlsCertificate, tlsOptions, tlsStore } from '../../../../lib/schema/tls.js';
import { encode } from '../../../../lib/snapshot/encode.js';
import { snapshot } from '../../../../lib/snapshot/root.js';
import { formatPath } from '../../../../lib/source/path.js';
import { type Shape, shapeOf } from '../../../../lib/source/shape.js';
import { compiled } from '../../../support/lib/compiled.js';

type Tree = Readonly<Record<string, unknown>>;
type Written = { readonly install: Tree; readonly dynamic: Tree };
type Path = readonly string[];

/** A key without keys below it, with `x` for a name and `0` for an index. */
interface Leaf {
  readonly path: Path;
  readonly shape: Shape;
}

function leaves(shape: Shape, path: Path): readonly Leaf[] {
  if (shape.notYet || shape.withoutEffect !== undefined) return [{ path, shape }];
  switch (shape.kind) {
    case 'object':
      return [...shape.members.values()].flatMap((member) => leaves(member.shape(), [...path, member.name]));
    case 'record':
      return shape.value.kind === 'object' ? leaves(shape.value, [...path, 'x']) : [{ path, shape }];
    case 'list':
      return shape.element.kind === 'object' ? leaves(shape.element, [...path, '0']) : [{ path, shape }];
    default:
      return [{ path, shape }];
  }
}

const pair = generateDefaultCertificate(new Date());
const other = generateDefaultCertificate(new Date());

/** What stands around the key that is tried. */
const router0 = { rule: 'Host(`a.example`)', service: 's', tls: { options: 'o' } };
const hashed = { rule: 'Path(`/h`)', service: 'h', entryPoints: ['web'] };
const dynamic: Tree = {
  http: {
    routers: {
      r: router0,
      plain: { rule: 'Path(`/`)', service: 'w', entryPoints: ['web'], middlewares: ['m'] },
      hashed,
    },
    services: {
      s: {
        loadBalancer: {
          servers: [{ url: 'https://10.0.0.1/p' }],
          serversTransport: 't',
          healthCheck: {},
          passiveHealthCheck: {},
          limit: { concurrency: 5 },
        },
      },
      s2: { loadBalancer: { servers: [{ url: 'http://10.0.0.2' }] } },
      w: { weighted: { services: [{ name: 's', weight: 2 }, { name: 's2' }, { name: 'f' }, { name: 'c' }] } },
      h: { highestRandomWeight: { services: [{ name: 's', weight: 2 }, { name: 's2' }] } },
      f: { failover: { service: 's', fallback: 's2', errors: { status: ['500'] } } },
      c: { mirroring: { service: 's', mirrors: [{ name: 's2', percent: 1 }] } },
    },
    serversTransports: { t: { certificates: [{ certFile: pair.chain, keyFile: pair.key }] } },
    middlewares: { m: { addPrefix: { prefix: '/a' } } },
  },
  tls: {
    certificates: [{ certFile: pair.chain, keyFile: pair.key }],
    stores: { default: { defaultCertificate: { certFile: pair.chain, keyFile: pair.key } } },
    options: { o: {} },
  },
};
const around: Tree = {
  entryPoints: {
    web: { address: ':80' },
    secure: { address: ':443' },
    traefik: { address: ':8080' },
    x: { address: ':81' },
  },
  accessLog: {},
  api: { insecure: true },
  ping: {},
};
const usual: Written = { install: around, dynamic };

/** The smallest configuration of each middleware with something to change in it. */
const middlewareBases: Readonly<Record<string, Tree>> = {
  addPrefix: { prefix: '/a' },
  compress: {},
  forwardAuth: { address: 'https://auth.example/', tls: { cert: pair.chain, key: pair.key } },
  headers: { stsSeconds: 1, accessControlAllowCredentials: true },
  rateLimit: { average: 10 },
  redirectScheme: { scheme: 'https' },
  retry: { attempts: 2, status: ['500'] },
  stripPrefix: {},
};

/** Values for keys whose type does not say what could be written. The first that has an effect is enough. */
const samples: Readonly<Record<string, readonly unknown[]>> = {
  'http.routers.r.rule': ['Host(`b.example`)'],
  'http.routers.r.ruleSyntax': ['v2'],
  'http.routers.r.service': ['s2'],
  'http.routers.r.entryPoints': [['web']],
  'http.routers.r.middlewares': [['m']],
  'http.routers.r.priority': [2],
  'http.routers.r.parentRefs': [['r']],
  'http.routers.r.tls.options': ['default'],
  'http.routers.r.tls.certResolver': ['le'],
  'http.routers.r.tls.domains': [[{ main: 'a.example' }]],
  'http.services.s.loadBalancer.servers[0].url': ['http://10.9.9.9'],
  'http.services.s.loadBalancer.strategy': ['p2c'],
  'http.services.s.loadBalancer.serversTransport': ['default@internal'],
  'http.services.s.loadBalancer.healthCheck.mode': ['grpc'],
  'http.services.s.loadBalancer.healthCheck.scheme': ['http'],
  'http.services.s.loadBalancer.healthCheck.headers': [{ 'X-Probe': 'yes' }],
  'http.services.s.loadBalancer.healthCheck.status': [204],
  'http.services.s.loadBalancer.limit.queue.key': ['host'],
  'http.services.s.loadBalancer.limit.queue.weights': [{ gold: 4 }],
  'http.services.s.middlewares': [['m']],
  'http.services.s.loadBalancer.sticky.cookie.sameSite': ['lax'],
  'http.services.w.weighted.services[0].name': ['s2'],
  'http.services.w.weighted.sticky.cookie.sameSite': ['lax'],
  'http.services.h.highestRandomWeight.services[0].name': ['s2'],
  'http.services.f.failover.service': ['s2'],
  'http.services.f.failover.fallback': ['s'],
  'http.services.f.failover.errors.status': [['501']],
  'http.services.w.weighted.healthCheck': [{}],
  'http.services.c.mirroring.service': ['s2'],
  'http.services.c.mirroring.mirrors[0].name': ['s'],
  'http.serversTransports.t.rootCAs': [[other.chain]],
  'http.serversTransports.t.certificates[0].certFile': ['junk'],
  'http.serversTransports.t.certificates[0].keyFile': ['junk'],
  'http.serversTransports.t.cipherSuites': [['TLS_RSA_WITH_AES_128_CBC_SHA']],
  'http.serversTransports.t.minVersion': ['VersionTLS13'],
  'http.serversTransports.t.maxVersion': ['VersionTLS12'],
  'http.serversTransports.t.peerCertSANs[0].type': ['URI'],
  'http.serversTransports.t.spiffe': [{}],
  'http.middlewares.m.addPrefix.prefix': ['/b'],
  'http.middlewares.m.compress.includedContentTypes': [['text/html']],
  'http.middlewares.m.compress.excludedContentTypes': [['text/html']],
  'http.middlewares.m.compress.encodings': [['br']],
  'http.middlewares.m.forwardAuth.address': ['https://other.example/'],
  'http.middlewares.m.forwardAuth.tls.ca': [other.chain],
  'http.middlewares.m.forwardAuth.tls.cert': ['junk'],
  'http.middlewares.m.forwardAuth.tls.key': ['junk'],
  'http.middlewares.m.redirectScheme.port': ['8443'],
  'http.middlewares.m.redirectScheme.scheme': ['wss'],
  'http.middlewares.m.rateLimit.sourceCriterion.ipStrategy.excludedIPs': [['10.0.0.0/8']],
  'tls.certificates[0].certFile': ['junk'],
  'tls.certificates[0].keyFile': ['junk'],
  'tls.certificates[0].stores': [['another']],
  'tls.stores.default.defaultCertificate.certFile': ['junk'],
  'tls.stores.default.defaultCertificate.keyFile': ['junk'],
  'tls.options.o.minVersion': ['VersionTLS13'],
  'tls.options.o.maxVersion': ['VersionTLS12'],
  'tls.options.o.cipherSuites': [['TLS_RSA_WITH_AES_128_CBC_SHA']],
  'tls.options.o.curvePreferences': [['X25519']],
  'tls.options.o.alpnProtocols': [['http/1.1']],
  'tls.options.o.clientAuth': [{ clientAuthType: 'RequireAnyClientCert' }],
  'entryPoints.x.address': [':82'],
  'entryPoints.x.forwardedHeaders.trustedIPs': [['10.0.0.0/8']],
  'entryPoints.x.forwardedHeaders.connection': [['X-A']],
  'entryPoints.x.http.middlewares': [['m@file']],
  'entryPoints.x.http.tls.options': ['o@file'],
  'entryPoints.x.http.redirections.entryPoint.to': ['secure'],
  'entryPoints.x.http.maxHeaderBytes': [2048],
  'serversTransport.rootCAs': [[other.chain]],
  'core.defaultRuleSyntax': ['v2'],
  'api.basePath': ['/base'],
  'ping.entryPoint': ['web'],
  'ping.terminatingStatusCode': [204],
  'accessLog.filters.statusCodes': [['500']],
  'accessLog.filters.minDuration': ['1s'],
  'fairlead.workers': [2],
};

/** Settings without which another one says nothing. */
const companions: Readonly<Record<string, readonly (readonly [path: string, value: unknown])[]>> = {
  'http.serversTransports.t.peerCertSANs[0].type': [
    ['http.serversTransports.t.peerCertSANs', [{ type: 'DNSName', value: 'a' }]],
  ],
  'http.serversTransports.t.peerCertSANs[0].value': [
    ['http.serversTransports.t.peerCertSANs', [{ type: 'DNSName', value: 'a' }]],
  ],
  'http.services.c.mirroring.healthCheck': [['http.services.c.mirroring.service', 's2']],
  'http.middlewares.m.headers.isDevelopment': [['http.middlewares.m.headers.allowedHosts', ['a']]],
  'entryPoints.x.http.redirections.entryPoint.scheme': [['entryPoints.x.http.redirections.entryPoint.to', 'secure']],
  'entryPoints.x.http.redirections.entryPoint.permanent': [['entryPoints.x.http.redirections.entryPoint.to', 'secure']],
  'entryPoints.x.http.redirections.entryPoint.priority': [['entryPoints.x.http.redirections.entryPoint.to', 'secure']],
};

/** Keys that the data plane is not given, and the file that reads each. */
const elsewhere: Readonly<Record<string, string>> = {
  'fairlead.workers': 'lib/proxy/proxy.ts',
  'fairlead.polling': 'lib/proxy/proxy.ts',
  'fairlead.splice': 'lib/proxy/proxy.ts',
  'fairlead.limits.maxTotalConnections': 'lib/proxy/proxy.ts',
  'hostResolver.resolvConfig': 'lib/proxy/proxy.ts',
  'hostResolver.resolvDepth': 'lib/proxy/proxy.ts',
  'log.level': 'lib/log.ts',
  'log.format': 'lib/log.ts',
  'log.noColor': 'lib/cli/run.ts',
  'log.filePath': 'lib/log.ts',
  'providers.providersThrottleDuration': 'lib/proxy/sources.ts',
  'providers.precedence': 'lib/merge/order.ts',
  'providers.file.filename': 'lib/providers/file-set.ts',
  'providers.file.directory': 'lib/providers/file-set.ts',
  'providers.file.watch': 'lib/providers/file.ts',
};

function candidates(name: string, shape: Shape): readonly unknown[] {
  const own = samples[name];
  if (own !== undefined) return own;
  switch (shape.kind) {
    case 'boolean':
      return [true, false];
    case 'number':
    case 'bigint':
      return [7, 65];
    case 'choice':
      return shape.values;
    case 'union':
      return ['7s', '7', 'x-a'];
    case 'list':
      return [['x-a'], ['x-b']];
    case 'record':
      return [{ 'X-A': 'drop' }, { 'X-A': 'keep' }];
    case 'object':
      return [{}];
    default:
      return ['x-a', '7s', true];
  }
}

/** The tree with a value at a path; indexes make lists. */
function withValue(tree: unknown, [part, ...rest]: Path, value: unknown): unknown {
  if (part === undefined) return value;
  if (/^\d+$/.test(part)) {
    const list = Array.isArray(tree) ? [...(tree as readonly unknown[])] : [];
    list[Number(part)] = withValue(list[Number(part)], rest, value);
    return list;
  }
  const mapping = typeof tree === 'object' && tree !== null ? (tree as Tree) : {};
  return { ...mapping, [part]: withValue(mapping[part], rest, value) };
}

const split = (name: string): Path => name.replaceAll(/\[(\d+)\]/g, '.$1').split('.');
const shown = (path: Path): string => formatPath(path.map((part) => (/^\d+$/.test(part) ? Number(part) : part)));

interface Outcome {
  readonly bytes: string;
  readonly findings: readonly string[];
}

const outcomes = new Map<string, Promise<Outcome>>();

function outcomeOf(written: Written): Promise<Outcome> {
  const text = JSON.stringify(written);
  const known = outcomes.get(text) ?? run(written);
  outcomes.set(text, known);
  return known;
}

async function run(written: Written): Promise<Outcome> {
  const { snapshot: value, findings } = await compiled(written.install, JSON.stringify(written.dynamic));
  return {
    bytes: Buffer.from(encode(snapshot, value)).toString('latin1'),
    findings: findings.map(({ code, path }) => `${code} ${path}`),
  };
}

const isInstall = (path: Path): boolean => Object.hasOwn(install.shape, path[0] ?? '');

function write(written: Written, path: Path, value: unknown): Written {
  return isInstall(path)
    ? { ...written, install: withValue(written.install, path, value) as Tree }
    : { ...written, dynamic: withValue(written.dynamic, path, value) as Tree };
}

async function hasEffect({ path, shape }: Leaf, base: Written): Promise<boolean> {
  const name = shown(path);
  const prepared = (companions[name] ?? []).reduce((written, [at, value]) => write(written, split(at), value), base);
  const before = await outcomeOf(prepared);
  for (const value of candidates(name, shape)) {
    const after = await outcomeOf(write(prepared, path, value));
    if (after.bytes !== before.bytes) return true;
    // That a value is of a wrong type does not mean that anybody reads it.
    const said = after.findings.filter((found) => !/^FL200[1-9] /.test(found) && !before.findings.includes(found));
    if (said.some((found) => found.includes(name))) return true;
  }
  return false;
}

const isReported = async ({ path }: Leaf, base: Written): Promise<boolean> => {
  for (const value of [true, 'x', '7s', 7, {}, [{ main: 'a' }], 'detailed']) {
    const { findings } = await outcomeOf(write(base, path, value));
    if (findings.some((found) => /^FL201[01] /.test(found) && found.endsWith(shown(path)))) return true;
  }
  return false;
};

function withMiddleware(kind: string): Written {
  const options = middlewareBases[kind];
  assert.ok(options, `the test knows no configuration of "${kind}"`);
  return write(usual, ['http', 'middlewares', 'm'], { [kind]: options });
}

const object = (name: string, schema: z.ZodType, at: string, base = usual) =>
  [name, leaves(shapeOf(schema), split(at)), base] as const;

const tried: readonly (readonly [string, readonly Leaf[], Written])[] = [
  ['the install configuration', leaves(shapeOf(install), []), usual],
  object('routers', router, 'http.routers.r'),
  object('load balancers', loadBalancer, 'http.services.s.loadBalancer'),
  object('weighted services', weighted, 'http.services.w.weighted'),
  object('services of the highest random weight', highestRandomWeight, 'http.services.h.highestRandomWeight'),
  object('failover services', failover, 'http.services.f.failover'),
  object('mirroring services', mirroring, 'http.services.c.mirroring'),
  object('servers transports', serversTransport, 'http.serversTransports.t'),
  object('certificates', tlsCertificate, 'tls.certificates.0'),
  object('certificate stores', tlsStore, 'tls.stores.default'),
  object('TLS options', tlsOptions, 'tls.options.o'),
  ...middlewares.map(({ name, schema }) =>
    object(`middleware ${name}`, schema, `http.middlewares.m.${name}`, withMiddleware(name)),
  ),
];

describe('every key has an effect, or a finding says that it has none:', () => {
  for (const [name, keys, base] of tried) {
    test(name, async () => {
      const silent: string[] = [];
      for (const leaf of keys) {
        const key = shown(leaf.path);
        if (Object.hasOwn(elsewhere, key)) continue;
        const marked = leaf.shape.notYet || leaf.shape.withoutEffect !== undefined;
        if (!(await (marked ? isReported(leaf, base) : hasEffect(leaf, base)))) silent.push(key);
      }
      assert.deepEqual(silent, []);
    });
  }

  test('what is read elsewhere is read there', () => {
    const known = new Set(leaves(shapeOf(install), []).map(({ path }) => shown(path)));
    for (const [key, file] of Object.entries(elsewhere)) {
      assert.ok(known.has(key), key);
      assert.match(readFileSync(file, 'utf8'), new RegExp(`\\b${key.split('.').at(-1)}\\b`), key);
    }
  });
});
