// Whatever a text says, the way from it to a checked model ends, throws nothing, and keeps its promises.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeDynamic } from '../../../../lib/merge/decode.js';
import { merge } from '../../../../lib/merge/merge.js';
import { allDiagnostics, type Configuration } from '../../../../lib/merge/model.js';
import { parseText } from '../../../../lib/source/parse.js';
import { objectDocument } from '../../../../lib/source/object.js';
import { validate } from '../../../../lib/validate/validate.js';
import { now, settings } from './checked.js';
import { repeatable } from '../../../support/lib/properties.js';

const used = settings();
const seedText = `http:
  routers:
    a: { rule: 'Host(\`a.com\`) && (PathPrefix(\`/x\`) || !Method(\`GET\`))', service: s, middlewares: [m, n], tls: { options: o } }
    b: { rule: 'Host(\`a.com\`)', service: w, entryPoints: [web, websecure], priority: 7, tls: {} }
  services:
    s: { loadBalancer: { servers: [{ url: 'http://10.0.0.1', weight: 2 }], serversTransport: t } }
    w: { weighted: { services: [{ name: s, weight: 9 }, { name: s2 }] } }
    s2: { loadBalancer: { servers: [{ url: unix:///run/a.sock }] } }
  middlewares:
    m: { headers: { customRequestHeaders: { X-A: b } } }
    n: { rateLimit: { average: 10, period: 1m, sourceCriterion: { ipStrategy: { depth: 1 } } } }
  serversTransports:
    t: { minVersion: VersionTLS12, forwardingTimeouts: { dialTimeout: 3s } }
tls:
  options: { o: { minVersion: VersionTLS13, curvePreferences: [X25519] } }
  certificates: [{ certFile: a.crt, keyFile: a.key }]
`;

function run(value: unknown): Configuration {
  const document = objectDocument(value, 'test');
  const fragment = decodeDynamic({ document, files: new Map(), findings: [], broken: [] }, 'file');
  return validate(merge([fragment], used), used, { now });
}

/** What the compiler relies on. */
function keepsPromises({ routers, services, middlewares, serversTransports, tls }: Configuration): void {
  for (const item of routers.values()) {
    assert.equal(item.resolved !== undefined, item.status !== 'disabled', item.name);
    if (item.resolved === undefined) continue;
    const { entryPoints, parents, service, children } = item.resolved;
    assert.ok(entryPoints.every((name) => used.entryPoints.has(name)));
    assert.ok(entryPoints.length > 0 !== parents.length > 0);
    assert.ok((service === undefined) !== (children === undefined));
    if (service !== undefined) assert.notEqual(services.get(service)?.resolved, undefined);
    for (const name of [...parents, ...(children ?? [])]) assert.notEqual(routers.get(name)?.resolved, undefined);
    for (const name of item.resolved.middlewares)
      assert.notEqual(middlewares.get(name)?.status ?? 'disabled', 'disabled');
    if (item.resolved.tls !== undefined)
      assert.notEqual(tls.options.get(item.resolved.tls.options)?.status ?? 'disabled', 'disabled');
  }
  for (const item of services.values()) {
    assert.equal(item.resolved !== undefined, item.status !== 'disabled', item.name);
    for (const { service } of item.resolved?.children ?? [])
      assert.notEqual(services.get(service)?.resolved, undefined);
    const { transport } = item.resolved ?? {};
    if (transport !== undefined) assert.notEqual(serversTransports.get(transport)?.status ?? 'disabled', 'disabled');
  }
}

function keepsReasons(configuration: Configuration): void {
  for (const { severity, message, effect, path } of allDiagnostics(configuration)) {
    assert.notEqual(message, '');
    if (severity === 'error' && path.includes('.')) assert.notEqual(effect, undefined, message);
  }
  for (const item of [...configuration.routers.values(), ...configuration.services.values()]) {
    if (item.status === 'disabled') assert.ok(item.errors.length > 0, item.name);
  }
}

test('the text of the tests below is read without an error but for the certificate', () => {
  const { document } = parseText({ name: 'a.yml', text: seedText });
  const codes = allDiagnostics(run(document?.value)).map(({ code }) => code);
  assert.deepEqual([...new Set(codes)].sort(), ['FL5001', 'FL5008']);
});

test('survives any value anywhere', () => {
  const { document } = parseText({ name: 'a.yml', text: seedText });
  const seed = document?.value;
  const places = paths(seed, []);
  const junk = fc.oneof(
    fc.constantFrom(
      null,
      true,
      false,
      '',
      'a',
      '1',
      '-1',
      'a,b',
      '${env:X}',
      '@',
      'a@b@c',
      '__proto__',
      'constructor',
      -1,
      0,
      Number.POSITIVE_INFINITY,
      2 ** 63,
      [],
      {},
      [[]],
      [null],
      { a: 1 },
      { a: { b: {} } },
    ),
    fc.jsonValue({ maxDepth: 3 }),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.constantFrom(...places), junk, fc.boolean(), (path, value, rename) => {
      const changed = rename ? renamed(seed, path, JSON.stringify(value) || '') : replaced(seed, path, value);
      const configuration = run(changed);
      keepsPromises(configuration);
      keepsReasons(configuration);
    }),
    { ...repeatable, numRuns: 1_000 },
  );
});

test('survives every cut of a text', () => {
  for (let end = 0; end < seedText.length; end += 7) {
    const { document } = parseText({ name: 'a.yml', text: seedText.slice(0, end) });
    if (document === undefined) continue;
    const fragment = decodeDynamic({ document, files: new Map(), findings: [], broken: [] }, 'file');
    keepsPromises(validate(merge([fragment], used), used, { now }));
  }
});

test('survives any documents at all', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => keepsPromises(run(value))),
    { ...repeatable, numRuns: 500 },
  );
});

/** A service made of these, of any kind that can be. */
function madeOf(names: readonly { readonly name: string }[], kind: number): object {
  const [first, second = first, ...mirrors] = names;
  switch (kind % 3) {
    case 0:
      return { weighted: { services: names } };
    case 1:
      return { mirroring: { service: first?.name, mirrors: [second, ...mirrors] } };
    default:
      return { failover: { service: first?.name, fallback: second?.name, errors: { status: ['500'] } } };
  }
}

test('services may name each other as they like: what leads back to itself is refused, the rest is served', () => {
  const graph = fc.array(fc.array(fc.nat({ max: 11 }), { minLength: 1, maxLength: 4 }), {
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(graph, (edges) => {
      const services = Object.fromEntries(
        edges.map((children, index) => {
          const inner = innerOf(edges, children, index).map((child) => ({ name: `s${child}` }));
          const leaf = { loadBalancer: { servers: [{ url: 'http://a' }] } };
          return [`s${index}`, inner.length === 0 ? leaf : madeOf(inner, index)];
        }),
      );
      const configuration = run({ http: { services } });
      keepsPromises(configuration);
      for (const [index] of edges.entries()) {
        const item = configuration.services.get(`s${index}@file`);
        assert.equal(item?.status, reachesCircle(edges, index, []) ? 'disabled' : 'enabled', `s${index}`);
      }
    }),
    { ...repeatable, numRuns: 300 },
  );
});

/** The children that exist; a failover service has two of them. */
const innerOf = (edges: readonly unknown[], children: readonly number[], index: number): readonly number[] =>
  children.filter((child) => child < edges.length).slice(0, index % 3 === 2 ? 2 : undefined);

function reachesCircle(edges: readonly (readonly number[])[], from: number, stack: readonly number[]): boolean {
  if (stack.includes(from)) return true;
  const inner = innerOf(edges, edges[from] ?? [], from);
  return inner.some((child) => reachesCircle(edges, child, [...stack, from]));
}

type Path = readonly (string | number)[];

function paths(value: unknown, path: Path): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const below = Object.entries(value).flatMap(([key, item]) =>
    paths(item, [...path, Array.isArray(value) ? Number(key) : key]),
  );
  return [path, ...below];
}

function replaced(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
  if (key === undefined) return by;
  if (Array.isArray(value))
    return value.map((item: unknown, index) => (index === key ? replaced(item, rest, by) : item));
  return { ...(value as object), [key]: replaced((value as Record<string, unknown>)[key], rest, by) };
}

function renamed(value: unknown, [key, ...rest]: Path, to: string): unknown {
  if (key === undefined || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value))
    return value.map((item: unknown, index) => (index === key ? renamed(item, rest, to) : item));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) =>
      name !== key ? [name, item] : rest.length === 0 ? [to, item] : [name, renamed(item, rest, to)],
    ),
  );
}
