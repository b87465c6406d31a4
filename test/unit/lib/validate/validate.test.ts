import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { generateDefaultCertificate } from '../../../../lib/compile/default-certificate.js';
import type { Configuration } from '../../../../lib/merge/model.js';
import { routerOrder } from '../../../../lib/merge/order.js';
import { check, checkAll, entryPoint, now, settings } from './checked.js';

const server = '{ loadBalancer: { servers: [{ url: http://10.0.0.1 }] } }';
const statuses = (configuration: Configuration): Record<string, string> =>
  Object.fromEntries([...configuration.routers.values()].map(({ name, status }) => [name, status]));
const router = (configuration: Configuration, name: string) => {
  const found = configuration.routers.get(name);
  assert.ok(found, `no router ${name} in ${[...configuration.routers.keys()].join(', ')}`);
  return found;
};

describe('a valid configuration', () => {
  const { configuration, findings } = check(`
http:
  routers:
    a: { rule: 'Host(\`A.com.\`) && PathPrefix(\`/x\`)', service: s, middlewares: [m, n@file] }
    b: { rule: 'Path(\`/\`)', service: w, priority: -5, entryPoints: [web], observability: { metrics: false } }
  services:
    s: { loadBalancer: { servers: [{ url: http://10.0.0.1, weight: 3 }], serversTransport: t }, middlewares: [m] }
    w: { weighted: { services: [{ name: s, weight: 9 }, { name: v }, { name: v, weight: 0 }] } }
    v: ${server}
  middlewares:
    m: { addPrefix: { prefix: /m } }
    n: { compress: true }
  serversTransports:
    t: { insecureSkipVerify: true, forwardingTimeouts: { dialTimeout: 5 } }
`);

  test('has no findings', () => {
    assert.deepEqual(findings, []);
  });

  test('resolves routers', () => {
    const { resolved, using } = router(configuration, 'a@file');
    assert.deepEqual(resolved?.middlewares, ['m@file', 'n@file']);
    assert.equal(resolved.service, 's@file');
    assert.deepEqual(resolved.hosts, ['a.com']);
    assert.equal(resolved.priority, 34n);
    assert.deepEqual(using, ['web', 'websecure']);
    assert.equal(resolved.tls, undefined);
    const other = router(configuration, 'b@file').resolved;
    assert.equal(other?.priority, -5n);
    assert.deepEqual(other.observability, {
      accessLogs: true,
      metrics: false,
      tracing: true,
      traceVerbosity: 'minimal',
    });
  });

  test('resolves services and their children', () => {
    const { services } = configuration;
    assert.deepEqual(services.get('s@file')?.resolved, { middlewares: ['m@file'], transport: 't@file' });
    assert.equal(services.get('v@file')?.resolved?.transport, 'default@internal');
    assert.deepEqual(services.get('w@file')?.resolved?.children, [
      { name: 's', service: 's@file', weight: 9 },
      { name: 'v', service: 'v@file', weight: 1 },
    ]);
  });

  test('tells who uses what', () => {
    assert.deepEqual(configuration.services.get('s@file')?.usedBy, ['a@file', 'b@file']);
    assert.deepEqual(configuration.services.get('v@file')?.usedBy, ['b@file']);
    assert.deepEqual(configuration.middlewares.get('m@file')?.usedBy, ['a@file', 'b@file']);
  });

  test('reads keys in any case and durations as seconds', () => {
    const transport = check('HTTP: { ServersTransports: { t: { ForwardingTimeouts: { DialTimeout: 5 } } } }\n');
    assert.deepEqual(transport.findings, []);
    const found = transport.configuration.serversTransports.get('t@file');
    assert.equal(found?.config?.forwardingTimeouts.dialTimeout, 5_000_000_000n);
  });

  test('orders routers by priority, then by name', () => {
    const items = [...configuration.routers.values()].sort(routerOrder([])).map(({ name }) => name);
    assert.deepEqual(items, ['a@file', 'b@file']);
  });
});

test('one broken object disables itself and what needs it, nothing else', () => {
  const { configuration } = check(`
http:
  routers:
    good: { rule: 'Path(\`/good\`)', service: s }
    bad: { rule: 'Pth(\`/bad\`)', service: s }
    chained: { rule: 'Path(\`/chained\`)', service: s, middlewares: [broken] }
    deep: { rule: 'Path(\`/deep\`)', service: outer }
  services:
    s: ${server}
    inner: { loadBalancer: { servers: [{ url: ftp://a }] } }
    outer: { weighted: { services: [{ name: s }, { name: inner }] } }
  middlewares:
    broken: { addPrefix: {} }
`);
  assert.deepEqual(statuses(configuration), {
    'good@file': 'enabled',
    'bad@file': 'disabled',
    'chained@file': 'disabled',
    'deep@file': 'disabled',
  });
  assert.equal(configuration.services.get('s@file')?.status, 'enabled');
  assert.match(
    router(configuration, 'deep@file').errors.join(),
    /service "outer@file" is disabled: service "inner@file"/,
  );
  assert.equal(router(configuration, 'bad@file').resolved, undefined);
});

test('reports a cycle of weighted services, and ends', () => {
  const { configuration, findings } = check(`
http:
  services:
    a: { weighted: { services: [{ name: b }] } }
    b: { weighted: { services: [{ name: c }] } }
    c: { weighted: { services: [{ name: a }] } }
`);
  assert.ok(
    findings.some(({ message }) => message.includes('service:a@file->service:b@file->service:c@file->service:a@file')),
  );
  for (const name of ['a', 'b', 'c']) assert.equal(configuration.services.get(`${name}@file`)?.status, 'disabled');
});

test('lets services stand as deep below one another as the data plane does, in whatever order they are written', () => {
  const nested = (levels: number, order: (names: string[]) => string[]): string => {
    const names = Array.from({ length: levels + 1 }, (_, index) => `s${index}`);
    const text = (name: string, index: number): string =>
      index === levels
        ? `    ${name}: ${server}\n`
        : `    ${name}: { weighted: { services: [{ name: s${index + 1} }] } }\n`;
    return `http:\n  services:\n${order(names.map(text)).join('')}`;
  };
  const halves = (lines: string[]): string[] => [...lines.slice(lines.length / 2), ...lines.slice(0, lines.length / 2)];
  for (const order of [(lines: string[]) => lines, (lines: string[]) => lines.reverse(), halves]) {
    assert.deepEqual(check(nested(16, order)).findings, []);
    const { configuration, findings } = check(nested(17, order));
    assert.equal(configuration.services.get('s0@file')?.status, 'disabled');
    assert.equal(configuration.services.get('s1@file')?.status, 'enabled');
    assert.deepEqual(
      findings.map(({ code }) => code),
      ['FL3007'],
    );
  }
  const deep = check(nested(10_000, (lines) => lines));
  assert.ok(deep.findings.some(({ message }) => message.includes('services are nested deeper than 16 levels')));
});

test('resolves names across providers', () => {
  const { configuration, findings } = checkAll({
    file: { 'a.yml': "http: { routers: { r: { rule: 'Path(`/`)', service: s@memory } } }\n" },
    memory: { 'b.yml': `http: { services: { s: ${server} } }\n` },
  });
  assert.deepEqual(findings, []);
  assert.equal(router(configuration, 'r@file').resolved?.service, 's@memory');
});

describe('TLS options', () => {
  const tlsRouter = (name: string, rule: string, options: string, more = ''): string =>
    `    ${name}: { rule: '${rule}', service: noop@internal, tls: { options: ${options} }${more} }\n`;
  const options = 'tls: { options: { x: {}, y: {} } }\n';

  test('apply to the hosts of the rule on each entry point', () => {
    const text = `http:\n  routers:\n${tlsRouter('r', 'Host(`a.com`) || Host(`*.b.com`)', 'x', ', entryPoints: [websecure]')}${options}`;
    const { configuration } = check(text);
    assert.deepEqual(
      [...(configuration.tls.hosts.get('websecure') ?? [])],
      [
        ['a.com', 'x@file'],
        ['*.b.com', 'x@file'],
      ],
    );
    assert.equal(configuration.tls.hosts.has('web'), false);
    assert.deepEqual(router(configuration, 'r@file').resolved?.tls, { options: 'x@file' });
  });

  test('that disagree for a host become the default ones there', () => {
    const text = `http:
  routers:
${tlsRouter('r', 'Host(`a.com`) && Path(`/1`)', 'x', ', entryPoints: [web, websecure]')}${tlsRouter('s', 'Host(`a.com`) && Path(`/2`)', 'y', ', entryPoints: [websecure]')}${options}`;
    const { configuration, findings } = check(text);
    assert.deepEqual(
      [...configuration.routers.keys()],
      ['r@file', 'websecure-conflicted-r@file', 'websecure-conflicted-s@file'],
    );
    assert.deepEqual(router(configuration, 'r@file').resolved?.entryPoints, ['web']);
    assert.deepEqual(router(configuration, 'r@file').resolved?.tls, { options: 'x@file' });
    const conflicted = router(configuration, 'websecure-conflicted-r@file');
    assert.deepEqual(conflicted.resolved?.tls, { options: 'default' });
    assert.equal(conflicted.status, 'warning');
    assert.deepEqual(
      findings.map(({ code }) => code),
      ['FL5008', 'FL5008'],
    );
    assert.equal(configuration.tls.hosts.get('websecure')?.get('a.com'), 'default');
  });

  test('that are broken refuse the handshakes of their hosts', () => {
    const text = `http:\n  routers:\n${tlsRouter('r', 'Host(`a.com`)', 'z', ', entryPoints: [websecure]')}`;
    const { configuration } = check(text);
    assert.equal(router(configuration, 'r@file').status, 'disabled');
    assert.equal(router(configuration, 'r@file').resolved, undefined);
    assert.deepEqual([...(configuration.tls.refusedHosts.get('websecure') ?? [])], ['a.com']);
  });

  test('"default" exists without being defined, and is nobody\'s when two define it', () => {
    assert.equal(check('http: {}\n').configuration.tls.options.get('default')?.status, 'enabled');
    const text = 'tls: { options: { default: {} } }\n';
    const { configuration, findings } = checkAll({ file: { 'a.yml': text }, memory: { 'b.yml': text } });
    assert.equal(configuration.tls.options.get('default')?.status, 'disabled');
    assert.match(
      findings[0]?.message ?? '',
      /"default" is defined by file \(a\.yml:1:\d+\) and memory \(b\.yml:1:\d+\)/,
    );
  });
});

describe('certificates', () => {
  const pair = generateDefaultCertificate(now);
  const other = generateDefaultCertificate(now);
  const text = 'tls: { certificates: [{ certFile: a.crt, keyFile: a.key }] }\n';
  const files = { 'a.crt': { text: pair.chain }, 'a.key': { text: pair.key } };

  test('are read, matched with their key and named', () => {
    const [item] = check(text, { files }).configuration.tls.certificates;
    assert.equal(item?.resolved?.chain, pair.chain);
    assert.equal(item.resolved.key, pair.key);
    assert.ok(item.resolved.names.some((name) => name.endsWith('.fairlead.default')));
    assert.match(item.resolved.fingerprint, /^[0-9a-f]{64}$/);
    assert.deepEqual(item.diagnostics, []);
  });

  test('may be written as PEM', () => {
    const inline = JSON.stringify({ tls: { certificates: [{ certFile: pair.chain, keyFile: pair.key }] } });
    assert.notEqual(check(inline, { name: 'a.json' }).configuration.tls.certificates[0]?.resolved, undefined);
  });

  test('stay in use while the files of the next pair do not fit yet', () => {
    const previous = check(text, { files }).configuration;
    const halfway = { ...files, 'a.crt': { text: other.chain } };
    const [item] = check(text, { files: halfway, validate: { previous } }).configuration.tls.certificates;
    assert.equal(item?.resolved?.chain, pair.chain);
    assert.equal(item.status, 'warning');
    assert.equal(item.diagnostics[0]?.effect, 'the certificate read before stays in use');
    const [fresh] = check(text, { files: halfway }).configuration.tls.certificates;
    assert.equal(fresh?.resolved, undefined);
    assert.equal(fresh?.status, 'disabled');
  });

  test('of the store "default" are the default one', () => {
    const store = 'tls: { stores: { default: { defaultCertificate: { certFile: a.crt, keyFile: a.key } } } }\n';
    const { configuration } = check(store, { files });
    assert.equal(configuration.tls.defaultCertificate?.resolved?.chain, pair.chain);
    assert.equal(check('http: {}\n').configuration.tls.defaultCertificate, undefined);
  });
});

test('what the data plane refused comes back disabled, with its dependents', () => {
  const text = `http:
  routers:
    r: { rule: 'Path(\`/\`)', service: s, middlewares: [m] }
    q: { rule: 'Path(\`/q\`)', service: s }
    p: { rule: 'Path(\`/p\`)', service: s }
  services: { s: ${server} }
  middlewares: { m: { addPrefix: { prefix: /a } } }
`;
  const refused = [
    { kind: 'middleware', name: 'm@file', message: 'no memory' },
    { kind: 'router', name: 'p@file', message: 'pattern too large' },
  ] as const;
  const { configuration, findings } = check(text, { validate: { refused } });
  assert.deepEqual(statuses(configuration), { 'r@file': 'disabled', 'q@file': 'enabled', 'p@file': 'disabled' });
  assert.equal(router(configuration, 'p@file').resolved, undefined);
  assert.deepEqual(findings.map(({ code }) => code).sort(), ['FL3013', 'FL3023', 'FL3023']);
});

test('the middlewares of the entry point are named with the place of the router', () => {
  const used = settings({}, entryPoint('web', 80, { middlewares: ['nope@file'] }));
  const { findings } = check("http: { routers: { r: { rule: 'Path(`/`)', service: noop@internal } } }\n", {
    settings: used,
  });
  assert.deepEqual(
    findings.map(({ code, path }) => [code, path]),
    [['FL3001', 'http.routers.r']],
  );
});

test('the configuration before hides no finding', () => {
  const routers = (rule: string): string =>
    `http: { routers: { same: { rule: "Path(\`/\`)", service: noop@internal }, other: { rule: "${rule}", service: noop@internal } } }\n`;
  const twice = check(routers('Path(`/`)'));
  const again = check(routers('Path(`/`)'), { validate: { previous: twice.configuration } });
  assert.deepEqual(again.findings, twice.findings);
  assert.equal(again.findings.length, 1);
});
