// What a rule takes, and what becomes of its router: the whole way from the text of a configuration to the answer on the wire.
// The rows are those of the reference of Traefik's rules, in its order: grammar, matchers of v3, canonical host, routing
// path, matchers of v2, priorities, life cycle.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { DynamicConfig } from '../../lib/index.js';
import { startProxy, type TestProxy } from '../support/proxy.js';

interface Ask {
  readonly method?: string;
  readonly target?: string;
  /** Undefined: no Host field at all. */
  readonly host?: string | undefined;
  readonly fields?: readonly string[];
  readonly version?: '1.0' | '1.1';
}

const bytes = ({ method = 'GET', target = '/', fields = [], version = '1.1', ...rest }: Ask): string => {
  const host = 'host' in rest ? rest.host : 'a.com';
  const lines = [`${method} ${target} HTTP/${version}`, ...(host === undefined ? [] : [`Host: ${host}`]), ...fields];
  return `${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`;
};

/** `noop@internal` answers 418, where nothing takes a request it is 404. */
const taken = 418;
const notTaken = 404;

let proxy: TestProxy;
before(async () => {
  const web = { address: '127.0.0.1:0' };
  proxy = await startProxy({ entryPoints: { web, other: web, traefik: web }, api: { insecure: true }, http: {} });
});
after(() => proxy[Symbol.asyncDispose]());

type Routers = NonNullable<NonNullable<DynamicConfig['http']>['routers']>;

/** Routers that tell their name in the answer. */
async function serve(routers: Routers, more: NonNullable<DynamicConfig['http']> = {}): Promise<void> {
  const named = Object.entries(routers).map(([name, router]) => {
    const { middlewares = [], ...rest } = router;
    const service = 'service' in rest || rest.parentRefs !== undefined ? {} : { service: 'noop@internal' };
    // A router with children would speak last.
    const own = 'service' in rest && rest.service === undefined ? [] : [`tell-${name}`];
    const written = { entryPoints: ['web'], ...service, ...rest, middlewares: [...own, ...middlewares] };
    const said = Object.entries(written).filter(([, value]) => value !== undefined);
    return [name, Object.fromEntries(said) as unknown as Routers[string]] as const;
  });
  const tell = Object.keys(routers).map(
    (name) => [`tell-${name}`, { headers: { customResponseHeaders: { 'X-Router': name } } }] as const,
  );
  const middlewares = { ...Object.fromEntries(tell), ...more.middlewares };
  await proxy.proxy.apply({ http: { ...more, routers: Object.fromEntries(named), middlewares } });
}

const statusOf = async (ask: Ask): Promise<number> => (await proxy.ask(bytes(ask), ask.method)).status;
const routerOf = async (ask: Ask): Promise<string | undefined> => (await proxy.ask(bytes(ask))).header('x-router');

interface Element {
  readonly status: string;
  readonly error?: readonly string[];
  readonly priority?: number;
  readonly using?: readonly string[];
  readonly childRefs?: readonly string[];
  readonly parentRefs?: readonly string[];
}

async function element(kind: 'routers' | 'services' | 'middlewares', name: string): Promise<Element> {
  const response = await fetch(proxy.url(`/api/http/${kind}/${encodeURIComponent(name)}`, 'traefik'));
  return (await response.json()) as Element;
}

/** A row: what it is about, the rule, requests with the status of the answer. */
type Row = readonly [name: string, rule: string, ...asks: readonly (readonly [ask: Ask, status: number])[]];

function table(rows: readonly Row[], ruleSyntax?: 'v2'): void {
  for (const [name, rule, ...asks] of rows) {
    test(`${name}: ${JSON.stringify(rule)}`, async () => {
      await serve({ r: { rule, ...(ruleSyntax !== undefined && { ruleSyntax }) } });
      for (const [ask, status] of asks) assert.equal(await statusOf(ask), status, JSON.stringify(ask));
    });
  }
}

const yes = (ask: Ask = {}): readonly [Ask, number] => [ask, taken];
const no = (ask: Ask = {}): readonly [Ask, number] => [ask, notTaken];

describe('grammar', () => {
  table([
    ['call', 'Host(`a.com`)', yes()],
    ['quoting', 'Path("/a\\u00e9\\t\\\\")', yes({ target: '/a%C3%A9%09%5C' })],
    ['quoting: raw', 'PathRegexp(`^/\\d+$`)', yes({ target: '/12' }), no({ target: '/d' })],
    ['operators: ! binds strongest', '!Host(`b.com`) && Path(`/`)', yes(), no({ host: 'b.com' })],
    ['operators: && before ||', 'Host(`a.com`) || Host(`b.com`) && Path(`/x`)', yes(), no({ host: 'b.com' })],
    ['operators: parentheses', '(Host(`a.com`) || Host(`b.com`)) && Path(`/x`)', no(), yes({ target: '/x' })],
    ['whitespace', '\n Host(`a.com`) &&\n\tPath(\n`/`) // comment', yes()],
    ['negation', '!(Host(`b.com`) && Path(`/`))', yes(), yes({ host: 'b.com', target: '/x' }), no({ host: 'b.com' })],
    ['names', 'host(`a.com`) && PATH(`/`) && Pathprefix(`/`)', yes()],
    ['evaluation', 'Host(`a.com`) || HostRegexp(`^b`)', yes(), yes({ host: 'b.com' }), no({ host: 'c.com' })],
  ]);

  const faults: readonly (readonly [name: string, rule: string, ...errors: readonly string[]])[] = [
    ['single quotes', "Host('a')", "parsing rule Host('a'): single quotes do not make a string"],
    ['other operators', 'Host(`a`) == Host(`b`)', 'parsing rule Host(`a`) == Host(`b`): == is not supported'],
    [
      'newline behind a call',
      'Host(`a`)\n&& Path(`/`)',
      "parsing rule Host(`a`)\n&& Path(`/`): expected 'EOF', found '&&'",
    ],
    ['matcher name', 'pathPrefix(`/`)', 'parsing rule pathPrefix(`/`): unsupported function: pathPrefix'],
    ['identifier', 'Host(a)', 'parsing rule Host(a): a is not defined'],
    ['empty', '', "parsing rule : expected operand, found 'EOF'"],
    ['no arguments', 'Host()', 'adding rule Host(): error while checking rule Host: no args for matcher Host'],
    [
      'empty argument',
      'Query(`a`, ``)',
      'adding rule Query(`a`, ``): error while checking rule Query: empty args for matcher Query, [a ]',
    ],
    [
      'arity',
      'Host(`a`, `b`)',
      'adding rule Host(`a`, `b`): error while adding rule Host: unexpected number of parameters; got 2, expected one of [1]',
    ],
    [
      'argument',
      'Path(`a`)',
      'adding rule Path(`a`): error while adding rule Path: path "a" does not start with a \'/\'',
    ],
    [
      'non-ASCII host',
      'Host(`bücher.de`)',
      'adding rule Host(`bücher.de`): error while adding rule Host: invalid value "bücher.de" for Host matcher, non-ASCII characters are not allowed',
    ],
    [
      'pattern',
      'HostRegexp(`(?=a)`)',
      'adding rule HostRegexp(`(?=a)`): error while adding rule HostRegexp: compiling HostRegexp matcher: error parsing regexp: invalid or unsupported Perl syntax: `(?=`',
    ],
  ];
  for (const [name, rule, ...errors] of faults) {
    test(`refused, and told in the API: ${name}`, async () => {
      await serve({ r: { rule }, good: { rule: 'Host(`good`)' } });
      const { status, error } = await element('routers', 'r@memory');
      assert.equal(status, 'disabled');
      assert.deepEqual(
        error,
        errors.map((text) => `error while parsing rule ${rule}: ${text}`),
      );
      assert.equal(await statusOf({ host: 'good' }), taken);
    });
  }
});

describe('matchers of v3', () => {
  table([
    ['Host', 'Host(`a.com`)', yes(), yes({ host: 'A.Com' }), no({ host: 'x.a.com' }), no({ host: 'a.co' })],
    ['Host in other case', 'Host(`A.COM`)', yes()],
    ['Host with a trailing dot', 'Host(`a.com.`)', yes(), yes({ host: 'a.com.' }), yes({ host: 'a.com.:80' })],
    ['Host of a name with a trailing dot', 'Host(`a.com`)', yes({ host: 'a.com.' }), yes({ host: 'A.com.:8080' })],
    [
      'Host in punycode',
      'Host(`xn--bcher-kva.de`)',
      yes({ host: 'XN--Bcher-kva.de' }),
      [{ host: 'b\xfccher.de' }, 400],
    ],
    ['Host, any', 'Host(`*`)', yes(), yes({ host: undefined, version: '1.0' })],
    [
      'Host, one label',
      'Host(`*.a.com`)',
      yes({ host: 'x.a.com' }),
      yes({ host: 'X.A.com.' }),
      no(),
      no({ host: 'x.y.a.com' }),
      no({ host: 'xa.com' }),
    ],
    ['HostRegexp', 'HostRegexp(`^[a-z]+\\.com$`)', yes(), yes({ host: 'A.com:1' }), no({ host: 'a.b.com' })],
    ['HostRegexp, unanchored', 'HostRegexp(`b`)', yes({ host: 'abc' }), no({ host: 'ac' })],
    ['HostRegexp, case', 'HostRegexp(`A`)', no()],
    ['HostRegexp without a host', 'HostRegexp(`^$`)', yes({ host: undefined, version: '1.0' }), no()],
    ['Path', 'Path(`/a`)', yes({ target: '/a' }), yes({ target: '/a?b' }), no({ target: '/a/' }), no({ target: '/A' })],
    ['PathPrefix', 'PathPrefix(`/foo`)', yes({ target: '/foo' }), yes({ target: '/foobar' }), no({ target: '/fo' })],
    ['PathRegexp', 'PathRegexp(`o+$`)', yes({ target: '/foo' }), no({ target: '/foot' })],
    ['Method', 'Method(`post`)', yes({ method: 'POST', fields: ['Content-Length: 0'] }), no()],
    ['Method, case', 'Method(`GET`)', yes(), no({ method: 'get' })],
    [
      'Header',
      'Header(`x-kind`, `One`)',
      yes({ fields: ['X-Kind: One'] }),
      yes({ fields: ['X-Kind: Two', 'X-KIND: One'] }),
      no({ fields: ['X-Kind: one'] }),
      no({ fields: ['X-Kind: One, Two'] }),
      no(),
    ],
    ['Header Host', 'Header(`Host`, `a.com`)', no()],
    ['HeaderRegexp', 'HeaderRegexp(`X-Kind`, `^O`)', yes({ fields: ['X-Kind: x', 'X-Kind: One'] }), no()],
    [
      'Query, one argument',
      'Query(`k`)',
      yes({ target: '/?k' }),
      yes({ target: '/?a&k=' }),
      no({ target: '/?k=1' }),
      no(),
    ],
    [
      'Query, two arguments',
      'Query(`k`, `v w`)',
      yes({ target: '/?k=v%20w' }),
      yes({ target: '/?k=x&k=v+w' }),
      no({ target: '/?k=v' }),
    ],
    ['QueryRegexp, one argument', 'QueryRegexp(`k`)', yes({ target: '/?k' }), no({ target: '/?k=1' })],
    ['QueryRegexp', 'QueryRegexp(`k`, `^\\d+$`)', yes({ target: '/?k=x&k=%31' }), no({ target: '/?k=x' })],
    ['ClientIP, address', 'ClientIP(`127.0.0.1`)', yes(), yes({ fields: ['X-Forwarded-For: 10.0.0.1'] })],
    ['ClientIP, network', 'ClientIP(`127.0.0.0/8`)', yes()],
    ['ClientIP, another', 'ClientIP(`10.0.0.0/8`)', no({ fields: ['X-Forwarded-For: 10.0.0.1'] })],
    ['ClientIP, IPv4 is not IPv6', 'ClientIP(`::/0`)', no()],
    ['ClientIP, mapped', 'ClientIP(`::ffff:127.0.0.0/104`)', yes()],
  ]);
});

describe('canonical host', () => {
  table([
    ['the authority of an absolute form wins', 'Host(`a.com`)', yes({ target: 'http://a.com/', host: 'b.com' })],
    ['the Host field does not', 'Host(`b.com`)', no({ target: 'http://a.com/', host: 'b.com' })],
    ['port', 'Host(`a.com`)', yes({ host: 'a.com:65535' }), [{ host: 'a.com:x' }, 400], [{ host: 'a.com:65536' }, 400]],
    ['IPv6', 'Host(`::1`)', yes({ host: '[::1]' }), yes({ host: '[::1]:80' })],
    ['no Host in HTTP/1.1', 'Host(`*`)', [{ host: undefined }, 400]],
    ['no Host in HTTP/1.0', 'Host(`a.com`)', no({ host: undefined, version: '1.0' })],
    ['an absolute form without a host', 'Host(`a.com`)', [{ target: 'http://@/' }, 400]],
  ]);
});

const reserved = ":/?#[]@!$&'()*+,;=%".split('').map((char) => [char, encodeURIComponent(char)] as const);
const escaped = ([char, text]: readonly [string, string]): string =>
  text.length === 3 ? text : `%${char.charCodeAt(0).toString(16).toUpperCase()}`;

describe('routing path', () => {
  table([
    ['decoded', 'PathPrefix(`/foo bar`)', yes({ target: '/foo%20bar/x' })],
    ['decoded to bytes', 'Path(`/é`)', yes({ target: '/%C3%A9' }), yes({ target: '/%c3%a9' })],
    ['unreserved', 'Path(`/a-z`)', yes({ target: '/%61%2dz' })],
    [
      'an escaped slash',
      'Path(`/foo%2Fbar`)',
      yes({ target: '/foo%2Fbar' }),
      yes({ target: '/foo%2fbar' }),
      no({ target: '/foo/bar' }),
    ],
    [
      'every reserved character stays escaped',
      reserved.map((char) => `Path(\`/a${escaped(char)}b\`)`).join(' || '),
      ...reserved.map((char) => yes({ target: `/a${escaped(char)}b` })),
    ],
    [
      'and is not the character itself',
      reserved.map(([char]) => `Path(\`/a${char}b\`)`).join(' || '),
      ...reserved.map((char) => no({ target: `/a${escaped(char)}b` })),
    ],
    [
      'a broken escape',
      'PathPrefix(`/`)',
      [{ target: '/%2' }, 400],
      [{ target: '/%zz' }, 400],
      [{ target: '/%' }, 400],
    ],
    ['a fragment', 'PathPrefix(`/`)', [{ target: '/a#b' }, 400]],
    [
      'dot segments',
      'Path(`/b/c`)',
      yes({ target: '/a/../b/./c' }),
      yes({ target: '//b//c' }),
      no({ target: '/b/c/' }),
    ],
    ['escaped dots', 'Path(`/b`)', yes({ target: '/a/%2e%2E/b' })],
    ['a slash at the end stays', 'Path(`/b/`)', yes({ target: '/a/../b/' }), no({ target: '/b' })],
    ['semicolons separate parameters', 'Query(`b`, `2`)', yes({ target: '/?a=1;b=2' })],
  ]);
});

describe('matchers of v2', () => {
  table(
    [
      [
        'Host',
        'Host(`A.com`, `b.com.`)',
        yes(),
        yes({ host: 'b.com' }),
        yes({ host: 'a.com.' }),
        no({ host: 'c.com' }),
      ],
      ['Host, no wildcard', 'Host(`*.a.com`)', no({ host: 'x.a.com' })],
      ['HostHeader', 'HostHeader(`a.com`, `b.com`)', yes(), yes({ host: 'b.com:1' })],
      [
        'HostRegexp',
        'HostRegexp(`{sub:[a-z]+}.a.com`, `b.com`)',
        yes({ host: 'X.a.com:80' }),
        yes({ host: 'b.com' }),
        no({ host: 'x.y.a.com' }),
        no({ host: '1.a.com' }),
        no({ host: 'x.a.com.org' }),
      ],
      ['HostRegexp, name only', 'HostRegexp(`{sub}.a.com`)', yes({ host: '1.a.com' }), no({ host: 'x.y.a.com' })],
      ['ClientIP', 'ClientIP(`10.0.0.1`, `127.0.0.0/8`)', yes()],
      [
        'Path',
        'Path(`/a`, `/b/{id:[0-9]+}`)',
        yes({ target: '/a' }),
        yes({ target: '/b/12' }),
        no({ target: '/b/x' }),
        no({ target: '/b/12/c' }),
      ],
      ['Path, name only', 'Path(`/{a}/b`)', yes({ target: '/x/b' }), no({ target: '/x/y/b' })],
      [
        'PathPrefix',
        'PathPrefix(`/a`, `/b/{id:[0-9]+}`)',
        yes({ target: '/ab' }),
        yes({ target: '/b/12x/c' }),
        no({ target: '/b/x' }),
      ],
      ['Method', 'Method(`post`, `GET`)', yes(), no({ method: 'DELETE' })],
      [
        'Headers',
        'Headers(`X-A`, `1`, `x-b`, `2`)',
        yes({ fields: ['X-A: 1', 'X-B: 2'] }),
        yes({ fields: ['X-A: 0', 'X-A: 1', 'X-B: 2'] }),
        no({ fields: ['X-A: 1'] }),
      ],
      ['HeadersRegexp', 'HeadersRegexp(`X-A`, `^1`, `X-B`, `2$`)', yes({ fields: ['X-A: 12', 'X-B: 12'] }), no()],
      [
        'Query',
        'Query(`a=1`, `b={n:[0-9]+}`)',
        yes({ target: '/?b=22&a=%31' }),
        no({ target: '/?a=1&b=x' }),
        no({ target: '/?a=1' }),
        no({ target: '/?a=2&a=1&b=1' }),
      ],
      ['Query, any value', 'Query(`a=`)', yes({ target: '/?a=x' }), yes({ target: '/?a' }), no({ target: '/?b' })],
    ],
    'v2',
  );

  for (const matcher of ['PathRegexp', 'Header', 'QueryRegexp']) {
    test(`${matcher} is of v3 only`, async () => {
      const rule = `${matcher}(\`a\`, \`b\`)`;
      await serve({ r: { rule, ruleSyntax: 'v2' } });
      const { status, error = [] } = await element('routers', 'r@memory');
      const refused = `error while parsing rule ${rule}: parsing rule ${rule}: unsupported function: ${matcher}`;
      assert.deepEqual([status, error.includes(refused)], ['disabled', true]);
    });
  }

  test('any other syntax is v3', async () => {
    await serve({ r: { rule: 'PathRegexp(`a`)', ruleSyntax: 'default' } });
    assert.equal(await statusOf({ target: '/a' }), taken);
  });

  test('the install configuration says which syntax is meant', async () => {
    const routers = {
      old: { rule: 'Host(`a.com`, `b.com`)', service: 'noop@internal' },
      new: { rule: 'Host(`c.com`) || Host(`d.com`)', ruleSyntax: 'v3', service: 'noop@internal' },
    };
    await using other = await startProxy({ core: { defaultRuleSyntax: 'v2' }, http: { routers } });
    for (const host of ['a.com', 'b.com', 'c.com', 'd.com'])
      assert.equal((await other.ask(bytes({ host }))).status, taken, host);
  });
});

describe('priorities', () => {
  const cases: readonly (readonly [name: string, routers: Routers, ask: Ask, winner: string])[] = [
    ['the length of the rule', { a: { rule: 'Path(`/`)' }, b: { rule: 'Path( `/` )' } }, {}, 'b'],
    ['0 is unset', { a: { rule: 'Path(`/`)', priority: 0 }, b: { rule: 'Path( `/`)' } }, {}, 'b'],
    [
      'bytes, not letters',
      { a: { rule: 'PathPrefix(`/a`)' }, b: { rule: 'PathPrefix(`/a`)//é' } },
      { target: '/a' },
      'b',
    ],
    ['a number', { a: { rule: 'Path(`/`)', priority: 100 }, b: { rule: 'Path(  `/`  )' } }, {}, 'a'],
    ['a negative number', { a: { rule: 'Path(`/`)', priority: -1 }, b: { rule: 'Path(`/`)', priority: -2 } }, {}, 'a'],
    [
      'the greatest number',
      {
        a: { rule: 'Path(`/`)', priority: 9223372036854774806n },
        b: { rule: 'Path(`/`)', priority: 9223372036854774807n },
      },
      {},
      'b',
    ],
    ['equal: the name', { b: { rule: 'Path(`/`)' }, a: { rule: 'Path("/")' } }, {}, 'a'],
    ['no match gives way', { a: { rule: 'Path(`/x`)', priority: 9 }, b: { rule: 'Path(`/`)' } }, {}, 'b'],
  ];
  for (const [name, routers, ask, winner] of cases) {
    test(name, async () => {
      await serve(routers);
      assert.equal(await routerOf(ask), winner);
    });
  }

  test('one beyond the greatest is refused', async () => {
    await serve({ r: { rule: 'Path(`/`)', priority: 9223372036854774808n } });
    assert.deepEqual((await element('routers', 'r@memory')).error, [
      'the router priority 9223372036854774808 exceeds the max user-defined priority 9223372036854774807',
    ]);
  });
});

describe('life cycle', () => {
  const server = { loadBalancer: { servers: [{ url: 'http://127.0.0.1:9' }] } };
  const cases: readonly (readonly [
    name: string,
    router: Routers[string],
    more: NonNullable<DynamicConfig['http']>,
    status: string,
    ...errors: readonly string[],
  ])[] = [
    [
      'an unknown entry point of two',
      { rule: 'Path(`/`)', entryPoints: ['web', 'nope'] },
      {},
      'warning',
      'entryPoint "nope" doesn\'t exist',
    ],
    [
      'no valid entry point',
      { rule: 'Path(`/`)', entryPoints: ['nope'] },
      {},
      'disabled',
      'entryPoint "nope" doesn\'t exist',
      'no valid entryPoint for this router',
    ],
    [
      'an unknown middleware',
      { rule: 'Path(`/`)', middlewares: ['m'] },
      {},
      'disabled',
      'middleware "m@memory" does not exist',
    ],
    [
      'an unknown service',
      { rule: 'Path(`/`)', service: 's' },
      {},
      'disabled',
      'the service "s@memory" does not exist',
    ],
    [
      'neither service nor children',
      { rule: 'Path(`/`)', service: undefined },
      {},
      'disabled',
      'router has no service and no child routers',
    ],
    [
      'an unknown parent',
      { rule: 'Path(`/`)', entryPoints: [], parentRefs: ['p'], service: 'noop@internal' },
      {},
      'disabled',
      'parent router "p@memory" does not exist',
      'router is not reachable',
    ],
    [
      'an unknown servers transport',
      { rule: 'Path(`/`)', service: 's' },
      { services: { s: { loadBalancer: { ...server.loadBalancer, serversTransport: 't' } } } },
      'disabled',
      'service "s@memory" is disabled: servers transport not found t@memory',
    ],
    ['unknown TLS options', { rule: 'Host(`a.com`)', tls: { options: 'o' } }, {}, 'disabled'],
    ['an unknown certificate resolver', { rule: 'Path(`/`)', tls: { certResolver: 'c' } }, {}, 'warning'],
    ['an api that is off', { rule: 'Path(`/`)', service: 'ping@internal' }, {}, 'disabled', 'ping is not enabled'],
  ];
  for (const [name, router, more, status, ...errors] of cases) {
    test(name, async () => {
      await serve({ r: router, good: { rule: 'Host(`good`)' } }, more);
      const found = await element('routers', 'r@memory');
      assert.equal(found.status, status, JSON.stringify(found.error));
      if (errors.length > 0) assert.deepEqual(found.error, errors);
      assert.equal(await statusOf({ host: 'good' }), taken, 'everything else is served');
    });
  }

  test('a load balancer without servers answers 503', async () => {
    await serve({ r: { rule: 'Path(`/`)', service: 's' } }, { services: { s: { loadBalancer: { servers: [] } } } });
    assert.equal(await statusOf({}), 503);
  });
});

describe('layers', () => {
  const front = { rule: 'Host(`a.com`)', middlewares: ['strip'], service: undefined } as never as Routers[string];
  const child = (rule: string, parents = ['front'], more: Partial<Routers[string]> = {}): Routers[string] => ({
    rule,
    entryPoints: [],
    parentRefs: parents,
    service: 'noop@internal',
    ...more,
  });
  const strip = { middlewares: { strip: { stripPrefix: { prefixes: ['/v1'] } } } };

  test('children see the request as the middlewares above have left it', async () => {
    await serve({ front, a: child('Path(`/users`)'), b: child('Path(`/other`)') }, strip);
    assert.equal(await routerOf({ target: '/v1/users' }), 'a');
    assert.equal(await routerOf({ target: '/v1/other' }), 'b');
    assert.equal(await routerOf({ target: '/users' }), 'a');
    assert.equal(await statusOf({ host: 'b.com', target: '/users' }), notTaken);
  });

  test('what no child takes is 404, also where another router would take it', async () => {
    await serve({ front, a: child('Path(`/users`)'), rest: { rule: 'PathPrefix(`/`)', priority: 1 } }, strip);
    assert.equal(await statusOf({ target: '/other' }), notTaken);
    assert.equal(await routerOf({ host: 'b.com', target: '/other' }), 'rest');
  });

  test('several layers, a child of two parents, priorities below', async () => {
    const other = { rule: 'Host(`b.com`)', service: undefined } as never as Routers[string];
    const mid = { ...child('PathPrefix(`/m`)', ['front', 'other']), service: undefined } as never as Routers[string];
    const routers = {
      front,
      other,
      mid,
      leaf: child('PathPrefix(`/m/x`)', ['mid']),
      low: child('Path(`/m/x`)', ['mid'], { priority: 1 }),
    };
    await serve(routers, strip);
    for (const host of ['a.com', 'b.com']) assert.equal(await routerOf({ host, target: '/m/x' }), 'leaf');
    assert.equal(await statusOf({ host: 'b.com', target: '/m/y' }), notTaken);
    assert.deepEqual((await element('routers', 'mid@memory')).childRefs, ['leaf@memory', 'low@memory']);
    assert.deepEqual((await element('routers', 'mid@memory')).parentRefs, ['front@memory', 'other@memory']);
    assert.deepEqual((await element('routers', 'leaf@memory')).using, []);
  });

  test('a middleware above that answers keeps requests from the children', async () => {
    const more = { middlewares: { strip: { redirectScheme: { scheme: 'https' } } } };
    await serve({ front, a: child('PathPrefix(`/`)') }, more);
    assert.equal(await statusOf({}), 302);
  });

  test('a middleware above that waits is waited for', async () => {
    const more = { middlewares: { strip: { rateLimit: { average: 1, burst: 1, period: '1h' } } } };
    await serve({ front, a: child('PathPrefix(`/`)') }, more);
    assert.deepEqual([await statusOf({}), await statusOf({})], [taken, 429]);
  });

  test('a reload moves children', async () => {
    await serve({ front, a: child('PathPrefix(`/`)') }, strip);
    assert.equal(await routerOf({}), 'a');
    await serve({ front, b: child('PathPrefix(`/`)') }, strip);
    assert.equal(await routerOf({}), 'b');
    await serve({ front: { rule: 'Host(`a.com`)' } });
    assert.equal(await routerOf({}), 'front');
  });
});
