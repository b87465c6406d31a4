/**
 * Random configurations and requests, and what has to become of them, written down as plainly as possible: every router
 * tried in order, every rule a tree that is walked. It shares nothing with the compiler and the data plane but the texts.
 */
import type { Random } from './lib/random.js';

/** A rule that was made as a tree and is written as text. */
export type Tree =
  | { readonly op: 'and' | 'or'; readonly of: readonly Tree[] }
  | { readonly op: 'not'; readonly of: Tree }
  | { readonly op: 'match'; readonly text: string; readonly holds: (request: Seen) => boolean };

/** A request as rules see it. */
export interface Seen {
  readonly host: string;
  readonly path: string;
  readonly method: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly query: readonly (readonly [key: string, value: string])[];
  readonly client: string;
}

/** A request as it is sent, and as rules see it. */
export interface Trial {
  readonly bytes: string;
  readonly seen: Seen;
}

export interface ModelRouter {
  readonly name: string;
  readonly rule: string;
  readonly tree: Tree;
  readonly syntax: 'v2' | 'v3';
  /** As written; 0 is none. */
  readonly priority: number;
  readonly parents: readonly string[];
  /** Has children, and removes this in front of the path for them. */
  readonly strips?: string;
}

/** Tells which router a request has to be answered by, or undefined. */
export function deciderOf(routers: readonly ModelRouter[]): (request: Seen) => string | undefined {
  const layer = (isIn: (router: ModelRouter) => boolean) => routers.filter(isIn).sort(order);
  const roots = layer(({ parents }) => parents.length === 0);
  const below = new Map(routers.map(({ name }) => [name, layer(({ parents }) => parents.includes(name))]));
  const among = (tried: readonly ModelRouter[], request: Seen): string | undefined => {
    const found = tried.find(({ tree }) => holds(tree, request));
    if (found?.strips === undefined) return found?.name;
    const { path } = request;
    const rest = path.startsWith(found.strips) ? path.slice(found.strips.length) : path;
    return among(below.get(found.name) ?? [], { ...request, path: rest.startsWith('/') ? rest : `/${rest}` });
  };
  return (request) => among(roots, request);
}

function order(a: ModelRouter, b: ModelRouter): number {
  const effective = ({ priority, rule }: ModelRouter): number => (priority === 0 ? Buffer.byteLength(rule) : priority);
  const difference = effective(b) - effective(a);
  return difference === 0 ? (`${a.name}@memory` < `${b.name}@memory` ? -1 : 1) : difference;
}

function holds(tree: Tree, request: Seen): boolean {
  switch (tree.op) {
    case 'and':
      return tree.of.every((one) => holds(one, request));
    case 'or':
      return tree.of.some((one) => holds(one, request));
    case 'not':
      return !holds(tree.of, request);
    case 'match':
      return tree.holds(request);
  }
}

function written(tree: Tree): string {
  switch (tree.op) {
    case 'match':
      return tree.text;
    case 'not':
      return `!${tree.of.op === 'match' ? written(tree.of) : `(${written(tree.of)})`}`;
    default:
      return tree.of
        .map((one) => (one.op === 'and' || one.op === 'or' ? `(${written(one)})` : written(one)))
        .join(tree.op === 'and' ? ' && ' : ' || ');
  }
}

const match = (text: string, holds: (request: Seen) => boolean): Tree => ({ op: 'match', text, holds });
const some = <T>(values: readonly T[], test: (value: T) => boolean): boolean => values.some(test);

/** As it is sent, and the canonical form. */
const hosts: readonly (readonly [sent: string, canonical: string])[] = [
  ['a.com', 'a.com'],
  ['A.com:8080', 'a.com'],
  ['a.com.', 'a.com'],
  ['b.com', 'b.com'],
  ['x.a.com', 'x.a.com'],
  ['Y.A.COM.', 'y.a.com'],
  ['x.y.a.com', 'x.y.a.com'],
  ['x.b.com', 'x.b.com'],
  ['shop-1.a.com', 'shop-1.a.com'],
  ['localhost:1', 'localhost'],
  ['[::1]:80', '::1'],
];
/** As it is sent, and the routing path. */
const paths: readonly (readonly [sent: string, routing: string])[] = [
  ['/', '/'],
  ['/a', '/a'],
  ['/%61', '/a'],
  ['/a/', '/a/'],
  ['/a/b', '/a/b'],
  ['/x/../a/./b', '/a/b'],
  ['/ab', '/ab'],
  ['/b', '/b'],
  ['/b/a', '/b/a'],
  ['/b/a/12', '/b/a/12'],
  ['/%C3%A9', '/é'],
  ['/a%2fb', '/a%2Fb'],
];
const methods = ['GET', 'POST', 'PUT', 'PURGE'] as const;
const clients = ['127.0.0.1', '127.0.0.2', '127.1.2.3'] as const;
const keys: readonly (readonly [sent: string, decoded: string])[] = [
  ['k', 'k'],
  ['%6C', 'l'],
  ['a+b', 'a b'],
];
const parameterValues: readonly (readonly [sent: string, decoded: string])[] = [
  ['', ''],
  ['=', ''],
  ['=v', 'v'],
  ['=v%20w', 'v w'],
  ['=%31', '1'],
];

/** Hosts as rules write them, with the test of a canonical host. */
const label = (end: string) => (host: string) => host.endsWith(end) && /^[^.]+$/.test(host.slice(0, -end.length));
const hostRules: readonly (readonly [written: string, holds: (host: string) => boolean])[] = [
  ...['a.com', 'b.com', 'x.a.com', 'x.y.a.com', 'localhost', '::1'].map(
    (name) => [name, (host: string) => host === name] as const,
  ),
  ['A.com.', (host) => host === 'a.com'],
  ['*.a.com', label('.a.com')],
  ['*.B.com', label('.b.com')],
  ['*', () => true],
  ['*a.com', () => false],
];
const hostPatterns = [
  '^x\\.',
  'a',
  '^[a-z]\\.com$',
  '\\.com$',
  '^.+\\.a\\.com$',
  ':',
  '^shop-[0-9]+\\.a\\.com$',
  '(^|\\.)b\\.com$',
];
const pathPatterns = ['^/a', 'b$', '^/b/[a-z]/[0-9]+$', '^/[^/]+$', 'é', '%2F', '^/a/.*'];
const ranges: readonly (readonly [written: string, holds: (client: string) => boolean])[] = [
  ['127.0.0.1', (client) => client === '127.0.0.1'],
  ['127.0.0.0/24', (client) => client.startsWith('127.0.0.')],
  ['127.0.0.0/8', () => true],
  ['10.0.0.0/8', () => false],
  ['::ffff:127.1.0.0/112', (client) => client.startsWith('127.1.')],
  ['::/0', () => false],
];

const values = (request: Seen, key: string): readonly string[] =>
  request.query.filter(([name]) => name === key).map(([, value]) => value);
const lines = (request: Seen, name: string): readonly string[] =>
  request.fields.filter(([field]) => field.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
const compiled = new Map<string, RegExp>();
const regex = (source: string): RegExp => {
  const known = compiled.get(source) ?? new RegExp(source, 'u');
  compiled.set(source, known);
  return known;
};

const host = (random: Random): Tree => {
  const [text, test] = random.pick(hostRules);
  return match(`Host(\`${text}\`)`, (request) => test(request.host));
};

const path = (random: Random): Tree => {
  const [, text] = random.pick(paths);
  return random.chance(50)
    ? match(`Path(\`${text}\`)`, (request) => request.path === text)
    : match(`PathPrefix(\`${text}\`)`, (request) => request.path.startsWith(text));
};

/** Any matcher of v3 but Host, Path and PathPrefix. */
function other(random: Random): Tree {
  const [, key] = random.pick(keys);
  const name = random.pick(['X-A', 'x-b']);
  const value = random.pick(['1', '2', 'a, b']);
  const [range, inRange] = random.pick(ranges);
  const hostPattern = random.pick(hostPatterns);
  const pathPattern = random.pick(pathPatterns);
  const method = random.pick([...methods, 'get'] as const);
  const parameter = random.pick(['v', 'v w', '1']);
  const kinds: readonly Tree[] = [
    match(`HostRegexp(\`${hostPattern}\`)`, (request) => regex(hostPattern).test(request.host)),
    match(`PathRegexp(\`${pathPattern}\`)`, (request) => regex(pathPattern).test(request.path)),
    match(`Method(\`${method}\`)`, (request) => request.method === method.toUpperCase()),
    match(`Header(\`${name}\`, \`${value}\`)`, (request) => lines(request, name).includes(value)),
    match(`HeaderRegexp(\`${name}\`, \`^[12]$\`)`, (request) =>
      some(lines(request, name), (one) => /^[12]$/.test(one)),
    ),
    match('Header(`Host`, `a.com`)', () => false),
    match(`Query(\`${key}\`)`, (request) => values(request, key).includes('')),
    match(`Query(\`${key}\`, \`${parameter}\`)`, (request) => values(request, key).includes(parameter)),
    match(`QueryRegexp(\`${key}\`, \`^v\`)`, (request) => some(values(request, key), (one) => one.startsWith('v'))),
    match(`ClientIP(\`${range}\`)`, (request) => inRange(request.client)),
  ];
  return random.pick(kinds);
}

/** Any matcher of v2. */
function old(random: Random): Tree {
  const [first, second] = [random.pick(['a.com', 'B.com', 'x.a.com.']), random.pick(['localhost', '*.a.com'])];
  const named = [first, second].map((name) => name.toLowerCase().replace(/\.$/, ''));
  const [, text] = random.pick(paths);
  const [, key] = random.pick(keys);
  const kinds: readonly Tree[] = [
    match(`Host(\`${first}\`, \`${second}\`)`, (request) => named.includes(request.host)),
    match('HostRegexp(`{sub:[a-z]+}.A.com`, `b.com`)', ({ host }) => /^(?:[a-z]+\.a\.com|b\.com)$/.test(host)),
    match('HostRegexp(`{sub}.a.com`)', ({ host }) => label('.a.com')(host)),
    match(`Path(\`${text}\`, \`/b/{x}\`)`, (request) => request.path === text || /^\/b\/[^/]+$/.test(request.path)),
    match(
      `PathPrefix(\`${text}\`, \`/b/a/{id:[0-9]+}\`)`,
      ({ path }) => path.startsWith(text) || /^\/b\/a\/\d/.test(path),
    ),
    match('Method(`get`, `PUT`)', ({ method }) => method === 'GET' || method === 'PUT'),
    match('Headers(`x-a`, `1`)', (request) => lines(request, 'X-A').includes('1')),
    match(
      'HeadersRegexp(`X-A`, `^[12]$`, `X-B`, `a`)',
      (request) =>
        some(lines(request, 'X-A'), (one) => /^[12]$/.test(one)) &&
        some(lines(request, 'X-B'), (one) => one.includes('a')),
    ),
    match(`Query(\`${key}=v\`)`, (request) => values(request, key)[0] === 'v'),
    match(`Query(\`${key}=v{rest}\`)`, (request) => values(request, key)[0]?.startsWith('v') === true),
    match(`Query(\`${key}=\`)`, (request) => values(request, key).length > 0),
    match('ClientIP(`127.0.0.2`, `127.1.0.0/16`)', ({ client }) => client === '127.0.0.2' || client === '127.1.2.3'),
  ];
  return random.pick(kinds);
}

type Leaf = (random: Random) => Tree;

function expression(random: Random, depth: number, leaf: Leaf): Tree {
  if (depth === 0 || random.chance(20)) return leaf(random);
  const of = Array.from({ length: 2 + random.below(3) }, () => expression(random, depth - 1, leaf));
  const joined: Tree = { op: random.chance(50) ? 'and' : 'or', of };
  return random.chance(15) ? { op: 'not', of: joined } : joined;
}

/** Most look like those that people write, the others are anything the grammar allows. */
function rule(random: Random, syntax: 'v2' | 'v3'): Tree {
  const leaf: Leaf = syntax === 'v2' ? old : (source) => source.pick([host, path, other])(source);
  if (syntax === 'v2' || random.chance(30)) return expression(random, 1 + random.below(3), leaf);
  const parts = [random.chance(75) ? host(random) : other(random)];
  if (random.chance(70)) parts.push(path(random));
  if (random.chance(30)) parts.push(random.chance(30) ? { op: 'not', of: other(random) } : other(random));
  const [first] = parts;
  return parts.length === 1 && first !== undefined ? first : { op: 'and', of: parts };
}

/** Up to `most` routers, some of them below others. */
export function randomRouters(random: Random, most: number): readonly ModelRouter[] {
  const count = 1 + random.below(most);
  const routers = Array.from({ length: count }, (_, index) => randomRouter(random, `r${index}`));
  if (!random.chance(50)) return routers;
  const parents = routers
    .slice(0, 1 + random.below(3))
    .map((router) => ({ ...router, strips: random.pick(['/b', '/none']) }));
  const children = parents.flatMap(({ name }, index) =>
    Array.from({ length: 1 + random.below(6) }, (_, at) => {
      const also = random.chance(20) ? random.pick(parents).name : name;
      return { ...randomRouter(random, `c${index}-${at}`), parents: [...new Set([name, also])] };
    }),
  );
  const [first] = children;
  // One of the children may have children in turn.
  const deeper = first === undefined ? [] : [{ ...randomRouter(random, 'd'), parents: [first.name] }];
  const inner = first === undefined ? children : [{ ...first, strips: '/ab' }, ...children.slice(1)];
  return [...parents, ...routers.slice(parents.length), ...inner, ...deeper];
}

function randomRouter(random: Random, name: string): ModelRouter {
  const syntax = random.chance(15) ? 'v2' : 'v3';
  const tree = rule(random, syntax);
  const priority = random.chance(60) ? 0 : random.below(60) - 10;
  return { name, rule: written(tree), tree, syntax, priority, parents: [] };
}

/** A request, and what rules see of it. */
export function randomTrial(random: Random): Trial {
  const [sentHost, canonical] = random.pick(hosts);
  const [sentPath, routing] = random.pick(paths);
  const method = random.pick(methods);
  const fields = repeated(random, () => [random.pick(['X-A', 'x-a', 'X-B']), random.pick(['1', '2', 'a, b'])] as const);
  const parameters = repeated(random, () => [random.pick(keys), random.pick(parameterValues)] as const);
  const query = parameters.map(([key, value]) => `${key[0]}${value[0]}`).join('&');
  const head = [
    `${method} ${sentPath}${query === '' ? '' : `?${query}`} HTTP/1.1`,
    `Host: ${sentHost}`,
    ...fields.map(([name, value]) => `${name}: ${value}`),
    ...(method === 'POST' || method === 'PUT' ? ['Content-Length: 0'] : []),
  ];
  const seenQuery = parameters.map(([key, value]) => [key[1], value[1]] as const);
  const client = random.pick(clients);
  return {
    bytes: `${head.join('\r\n')}\r\n\r\n`,
    seen: { host: canonical, path: routing, method, fields, query: seenQuery, client },
  };
}

const repeated = <T>(random: Random, make: () => T): readonly T[] => Array.from({ length: random.below(3) }, make);
