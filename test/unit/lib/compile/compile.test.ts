import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fingerprint } from '../../../../lib/snapshot/generated/fingerprint.js';
import { deniedCharacters, none, serviceKinds } from '../../../../lib/snapshot/records.js';
import { encode } from '../../../../lib/snapshot/encode.js';
import { type Snapshot, snapshot as snapshotType } from '../../../../lib/snapshot/root.js';
import { compiled } from '../../../support/lib/compiled.js';

const web = { web: { address: ':80' } };
const service = (name: string, url = 'http://10.0.0.1:8080'): string =>
  `    ${name}: { loadBalancer: { servers: [ { url: "${url}" } ] } }\n`;

/** Names of the routers of an entry point, best first. */
const routersOf = ({ entryPoints, routers }: Snapshot, name: string, list: 'plainRouters' | 'tlsRouters'): unknown =>
  entryPoints.find((entryPoint) => entryPoint.name === name)?.[list].map((index) => routers[index]?.name);

describe('routers', () => {
  test('are small: a host and a path take less than 150 bytes of a snapshot, their share of a service included', async () => {
    const written = (count: number): string => {
      const names = Array.from({ length: count }, (_, index) => index);
      const routers = names.map(
        (index) =>
          `    r${index}: { rule: "Host(\`h${index}.example.com\`) && PathPrefix(\`/api/v${index % 7}\`)", service: s${index % (count / 10)} }\n`,
      );
      const services = names.slice(0, count / 10).map((index) => service(`s${index}`, `http://10.0.0.${index}:8080`));
      return `http:\n  routers:\n${routers.join('')}  services:\n${services.join('')}`;
    };
    const sizeOf = async (count: number): Promise<number> =>
      encode(snapshotType, (await compiled({ entryPoints: web }, written(count))).snapshot).length;
    const [few, many] = [await sizeOf(10), await sizeOf(1010)];
    assert.ok((many - few) / 1000 < 150, `${(many - few) / 1000} bytes`);
  });

  test('are told when they name an entry point for UDP', async () => {
    const { findings } = await compiled(
      { entryPoints: { ...web, dns: { address: ':53/udp' } } },
      `http:\n  routers:\n    a: { rule: "Path(\`/\`)", service: s, entryPoints: [web, dns] }\n  services:\n${service('s')}`,
    );
    const said = findings.filter(({ path }) => path.startsWith('http.')).map(({ code, message }) => [code, message]);
    assert.deepEqual(said, [['FL3022', 'entryPoint "dns" is for UDP']]);
  });

  test('have a program only where the index cannot decide', async () => {
    const { snapshot } = await compiled(
      { entryPoints: web },
      `http:
  routers:
    a: { rule: "Host(\`a\`) && Path(\`/x\`) || Host(\`*.b\`)", service: s }
    b: { rule: "Host(\`a\`) && Method(\`GET\`)", service: s }
    c: { rule: "!Host(\`a\`)", service: s }
  services:
${service('s')}`,
    );
    const lengths = Object.fromEntries(snapshot.routers.map(({ name, program }) => [name, program.length]));
    assert.deepEqual(lengths, { 'a@file': 0, 'b@file': 2, 'c@file': 1 });
  });

  test('stand in the order in which they are tried, plain and TLS apart', async () => {
    const { snapshot } = await compiled(
      { entryPoints: { web: { address: ':80' }, secure: { address: ':443', http: { tls: {} } } } },
      `http:
  routers:
    short: { rule: "Path(\`/\`)", service: s, entryPoints: [web] }
    b: { rule: "Host(\`b.example\`)", service: s, entryPoints: [web] }
    a: { rule: "Host(\`a.example\`)", service: s, entryPoints: [web] }
    first: { rule: "Path(\`/\`)", service: s, priority: 9000, entryPoints: [web, secure] }
    own: { rule: "Host(\`c.example\`)", service: s, tls: {}, entryPoints: [web] }
  services:
${service('s')}`,
    );
    assert.deepEqual(routersOf(snapshot, 'web', 'plainRouters'), ['first@file', 'a@file', 'b@file', 'short@file']);
    assert.deepEqual(routersOf(snapshot, 'web', 'tlsRouters'), ['own@file']);
    assert.deepEqual(routersOf(snapshot, 'secure', 'tlsRouters'), ['secure-first@file']);
  });

  test('lead to indexes of what they name', async () => {
    const { snapshot } = await compiled(
      { entryPoints: web },
      `http:
  routers:
    app: { rule: "PathPrefix(\`/app\`)", service: app, middlewares: [strip, add] }
  middlewares:
    add: { addPrefix: { prefix: /x } }
    strip: { stripPrefix: { prefixes: [/app] } }
    unused: { addPrefix: { prefix: /y } }
  services:
${service('unused')}${service('app')}`,
    );
    const [router] = snapshot.routers;
    assert.deepEqual(
      router?.chain.map((index) => snapshot.middlewares[index]?.name),
      ['strip@file', 'add@file'],
    );
    assert.equal(snapshot.services[router.service]?.name, 'app@file');
    assert.equal(snapshot.middlewares.length, 2);
    assert.equal(snapshot.services.length, 1);
    const [strip] = snapshot.middlewares;
    const configs = snapshot.configs as Readonly<Record<string, readonly unknown[]>>;
    assert.deepEqual(configs['stripPrefix']?.[strip?.index ?? none], { prefixes: ['/app'] });
  });

  test('that are disabled are left out, and so is what only they need', async () => {
    const { snapshot } = await compiled(
      { entryPoints: web },
      `http:
  routers:
    bad: { rule: "Nonsense(\`/\`)", service: s }
    lost: { rule: "Path(\`/\`)", service: nowhere }
  services:
${service('s')}`,
    );
    assert.deepEqual([snapshot.routers, snapshot.services], [[], []]);
  });

  test('deny the escapes of their entry points', async () => {
    const open = { address: ':80' };
    const strict = {
      address: ':81',
      http: { encodedCharacters: { allowEncodedSlash: false, allowEncodedHash: false } },
    };
    const { snapshot } = await compiled(
      { entryPoints: { open, strict } },
      `http:\n  routers:\n    r: { rule: "Path(\`/\`)", service: s }\n  services:\n${service('s')}`,
    );
    const masks = snapshot.entryPoints.map(
      ({ plainRouters }) => snapshot.routers[plainRouters[0] ?? none]?.deniedCharacters,
    );
    assert.deepEqual(masks, [0, deniedCharacters.slash | deniedCharacters.hash]);
  });

  test('are logged unless they, their entry point or addInternals say otherwise', async () => {
    const { snapshot } = await compiled(
      { entryPoints: { ...web, traefik: { address: ':8080' } }, accessLog: {}, ping: {} },
      `http:
  routers:
    loud: { rule: "Path(\`/a\`)", service: s, entryPoints: [web] }
    quiet: { rule: "Path(\`/b\`)", service: s, entryPoints: [web], observability: { accessLogs: false } }
  services:
${service('s')}`,
    );
    const logged = Object.fromEntries(snapshot.routers.map(({ name, accessLog }) => [name, accessLog]));
    assert.deepEqual(logged, {
      'loud@file': true,
      'quiet@file': false,
      'ping@internal': false,
      'ready@internal': false,
    });
  });
});

describe('services', () => {
  const servers: readonly (readonly [url: string, expected: object])[] = [
    ['http://10.0.0.1', { host: '10.0.0.1', port: 80, authority: '10.0.0.1', tls: false, unix: false, path: '' }],
    ['http://app:80', { host: 'app', port: 80, authority: 'app', tls: false, unix: false, path: '' }],
    [
      'https://app.example',
      { host: 'app.example', port: 443, authority: 'app.example', tls: true, unix: false, path: '' },
    ],
    [
      'https://app:8443/base/',
      { host: 'app', port: 8443, authority: 'app:8443', tls: true, unix: false, path: '/base' },
    ],
    [
      'HTTP://App.Example:8080',
      { host: 'app.example', port: 8080, authority: 'app.example:8080', tls: false, unix: false, path: '' },
    ],
    ['http://[::1]:8080', { host: '::1', port: 8080, authority: '[::1]:8080', tls: false, unix: false, path: '' }],
    [
      'http://127.1:8080',
      { host: '127.0.0.1', port: 8080, authority: '127.0.0.1:8080', tls: false, unix: false, path: '' },
    ],
    [
      'unix:///run/app.sock',
      { host: '', port: 0, authority: 'localhost', tls: false, unix: true, path: '/run/app.sock' },
    ],
    [
      'unix:/run/app.sock',
      { host: '', port: 0, authority: 'localhost', tls: false, unix: true, path: '/run/app.sock' },
    ],
  ];
  for (const [url, expected] of servers) {
    test(`take ${url} apart`, async () => {
      const { snapshot } = await compiled({ entryPoints: web }, routerTo(service('s', url)));
      const { identity, weight, preservePath, url: written, ...target } = snapshot.services[0]?.servers[0] ?? {};
      assert.deepEqual(target, expected);
      assert.deepEqual([typeof identity, weight, preservePath, written], ['bigint', 1, false, url]);
    });
  }

  test('leave out servers without weight', async () => {
    const { snapshot } = await compiled(
      { entryPoints: web },
      routerTo(
        '    s: { loadBalancer: { servers: [ { url: "http://a", weight: 0 }, { url: "http://b", weight: 3 } ] } }\n',
      ),
    );
    assert.deepEqual(
      snapshot.services[0]?.servers.map(({ host, weight }) => [host, weight]),
      [['b', 3]],
    );
  });

  test('tell mirrors and fallbacks by their place, and what is to be done with them', async () => {
    const { snapshot } = await compiled(
      { entryPoints: web },
      routerTo(`    s: { mirroring: { service: a, maxBodySize: 1KiB, mirrors: [ { name: f, percent: 9 }, { name: b } ] } }
${service('a')}${service('b')}    f: { failover: { service: a, fallback: b, errors: { status: [ 500, 502-504 ] } } }
`),
    );
    const [mirroring, , failover] = snapshot.services;
    const named = (children: readonly { readonly service: number; readonly weight: number }[] = []) =>
      children.map((child) => [snapshot.services[child.service]?.name, child.weight]);
    assert.deepEqual(named(mirroring?.children), [
      ['a@file', 0],
      ['f@file', 9],
      ['b@file', 0],
    ]);
    assert.deepEqual(mirroring?.mirroring, [{ mirrorBody: true, maxBodySize: 1024 }]);
    assert.deepEqual(named(failover?.children), [
      ['a@file', 1],
      ['b@file', 1],
    ]);
    const statuses = [
      { from: 500, to: 500 },
      { from: 502, to: 504 },
    ];
    assert.deepEqual(failover?.failover, [{ statuses, maxRequestBodyBytes: -1 }]);
  });

  test('nest by index', async () => {
    const { snapshot } = await compiled(
      { entryPoints: web },
      routerTo(`    s: { weighted: { services: [ { name: a, weight: 9 }, { name: b }, { name: c, weight: 0 } ] } }
${service('a')}    b: { weighted: { services: [ { name: a } ] } }
${service('c')}`),
    );
    const named = snapshot.services.map(({ name, children }) => [
      name,
      children.map((child) => [snapshot.services[child.service]?.name, child.weight]),
    ]);
    assert.deepEqual(named, [
      [
        's@file',
        [
          ['a@file', 9],
          ['b@file', 1],
        ],
      ],
      ['a@file', []],
      ['b@file', [['a@file', 1]]],
    ]);
  });

  test('of Fairlead itself need no server, but the API, which has its socket', async () => {
    const { snapshot } = await compiled({ entryPoints: web, ping: {}, api: { insecure: true } }, '');
    const byName = new Map(snapshot.services.map((each) => [each.name, each]));
    assert.equal(byName.get('ping@internal')?.kind, serviceKinds.ping);
    assert.equal(byName.get('ready@internal')?.kind, serviceKinds.ready);
    const api = byName.get('api@internal');
    assert.equal(api?.kind, serviceKinds.loadBalancer);
    assert.deepEqual(
      api.servers.map(({ path, unix }) => [path, unix]),
      [['/run/admin.sock', true]],
    );
  });
});

const routerTo = (services: string): string =>
  `http:\n  routers:\n    r: { rule: "Path(\`/\`)", service: s }\n  services:\n${services}`;

describe('transports', () => {
  test('default to the install configuration, and named ones to Go’s', async () => {
    const { snapshot } = await compiled(
      { entryPoints: web, serversTransport: { forwardingTimeouts: { dialTimeout: '3s' } } },
      `http:
  routers:
    a: { rule: "Path(\`/a\`)", service: a }
    b: { rule: "Path(\`/b\`)", service: b }
  services:
    a: { loadBalancer: { servers: [ { url: "http://a" } ] } }
    b: { loadBalancer: { servers: [ { url: "http://b" } ], serversTransport: mine } }
  serversTransports:
    mine: { minVersion: VersionTLS12, maxVersion: VersionTLS13, cipherSuites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256] }
    unused: {}
`,
    );
    const shown = snapshot.transports.map(
      ({ name, dialTimeout, maxIdleConnsPerHost, minVersion, maxVersion, cipherSuites }) => ({
        ...{ name, dialTimeout, maxIdleConnsPerHost, minVersion, maxVersion, cipherSuites },
      }),
    );
    assert.deepEqual(shown, [
      {
        name: 'default@internal',
        dialTimeout: 3_000_000_000n,
        maxIdleConnsPerHost: 200,
        minVersion: 0,
        maxVersion: 0,
        cipherSuites: '',
      },
      {
        name: 'mine@file',
        dialTimeout: 30_000_000_000n,
        maxIdleConnsPerHost: 2,
        minVersion: 0x0303,
        maxVersion: 0x0304,
        cipherSuites: 'ECDHE-RSA-AES128-GCM-SHA256',
      },
    ]);
  });
});

describe('identities', () => {
  const identities = async (text: string) => {
    const { snapshot } = await compiled({ entryPoints: web }, text);
    const [found] = snapshot.services;
    return { server: found?.servers[0]?.identity, service: found?.identity };
  };
  const before = routerTo(service('s'));

  test('stay when something else changes', async () => {
    const after = `${before}    other: { loadBalancer: { servers: [ { url: "http://x" } ] } }\n`.replace(
      'Path(`/`)',
      'Path(`/new`)',
    );
    assert.deepEqual(await identities(after), await identities(before));
  });

  test('of a server stays when its neighbours change, that of the service does not', async () => {
    const after = before.replace(' } ] } }', ' }, { url: "http://10.0.0.2" } ] } }');
    const [a, b] = [await identities(before), await identities(after)];
    assert.equal(a.server, b.server);
    assert.notEqual(a.service, b.service);
  });

  test('of a server follows its address and its transport', async () => {
    const moved = routerTo(service('s', 'http://10.0.0.1:8081'));
    const secured = `${before.replace('] } }', '], serversTransport: t } }')}  serversTransports:\n    t: { insecureSkipVerify: true }\n`;
    const all = await Promise.all([before, moved, secured].map(identities));
    assert.equal(new Set(all.map(({ server }) => server)).size, 3);
  });
});

describe('entry points', () => {
  test('carry limits and deadlines in nanoseconds, and safe defaults', async () => {
    const { snapshot } = await compiled(
      {
        entryPoints: {
          web: {
            address: '127.0.0.1:8080',
            transport: { respondingTimeouts: { readTimeout: '5s' }, lifeCycle: { requestAcceptGraceTimeout: 1 } },
            forwardedHeaders: { trustedIPs: ['10.0.0.0/8'], connection: ['X-Mine'] },
          },
        },
      },
      '',
    );
    const [entryPoint] = snapshot.entryPoints;
    assert.ok(entryPoint);
    const { host, port, readTimeout, idleTimeout, headTimeout, handshakeTimeout, acceptGrace, drainGrace } = entryPoint;
    assert.deepEqual([host, port], ['127.0.0.1', 8080]);
    assert.deepEqual(
      [readTimeout, idleTimeout, headTimeout, handshakeTimeout, acceptGrace, drainGrace].map(
        (each) => Number(each) / 1e9,
      ),
      [5, 180, 10, 10, 1, 10],
    );
    assert.deepEqual([entryPoint.maxHeaderBytes, entryPoint.maxHeaderFields], [65536, 100]);
    assert.deepEqual(entryPoint.forwardedTrusted, [{ high: 0n, low: 0xffff_0a00_0000n, bits: 104 }]);
    assert.deepEqual(entryPoint.forwardedConnection, ['x-mine']);
  });

  test('know the TLS options of each host', async () => {
    const { snapshot } = await compiled(
      { entryPoints: { secure: { address: ':443' } } },
      `http:
  routers:
    a: { rule: "Host(\`a.example\`)", service: s, tls: { options: old } }
    b: { rule: "Host(\`b.example\`)", service: s, tls: {} }
    c: { rule: "Host(\`c.example\`)", service: s, tls: { options: broken } }
  services:
${service('s')}
tls:
  options:
    old: { maxVersion: VersionTLS12, cipherSuites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256], curvePreferences: [X25519, CurveP256] }
    broken: { cipherSuites: [NONSENSE] }
`,
    );
    const [entryPoint] = snapshot.entryPoints;
    const optionsOf = (index = none) => snapshot.tlsOptions[index]?.name ?? 'refused';
    assert.deepEqual(
      Object.fromEntries(entryPoint?.tlsHosts.map(({ host, options }) => [host, optionsOf(options)]) ?? []),
      { 'a.example': 'old@file', 'b.example': 'default', 'c.example': 'refused' },
    );
    assert.equal(optionsOf(entryPoint?.defaultTlsOptions), 'default');
    const old = snapshot.tlsOptions.find(({ name }) => name === 'old@file');
    assert.deepEqual(
      [old?.minVersion, old?.maxVersion, old?.cipherSuites, old?.curves],
      [0x0303, 0x0303, 'ECDHE-RSA-AES128-GCM-SHA256', 'X25519:P-256'],
    );
  });
});

test('the root says where it belongs and what it is', async () => {
  const { snapshot } = await compiled({ entryPoints: web, ping: { terminatingStatusCode: 500 } }, '');
  const { generation, ready, hostName, pingTerminatingStatus, certificates, defaultCertificate } = snapshot;
  assert.equal(snapshot.fingerprint, fingerprint);
  assert.deepEqual([generation, ready, hostName, pingTerminatingStatus], [7, true, 'proxy', 500]);
  assert.deepEqual([certificates[defaultCertificate]?.chain, certificates.length], ['generated chain', 1]);
});

test('the access log is off unless it is asked for, and its header names are lower case', async () => {
  assert.equal((await compiled({ entryPoints: web }, '')).snapshot.accessLog.enabled, false);
  const { accessLog } = (
    await compiled(
      {
        entryPoints: web,
        accessLog: {
          format: 'json',
          filePath: '/tmp/a.log',
          filters: { statusCodes: ['500-599'], minDuration: '2ms' },
          fields: { names: { ClientUsername: 'drop' }, headers: { names: { Authorization: 'redact' } } },
        },
      },
      '',
    )
  ).snapshot;
  assert.deepEqual(
    [
      accessLog.enabled,
      accessLog.format,
      accessLog.path,
      accessLog.minDuration,
      accessLog.statusCodes,
      accessLog.fields,
      accessLog.headers,
    ],
    [
      true,
      2,
      '/tmp/a.log',
      2_000_000n,
      [{ from: 500, to: 599 }],
      [{ name: 'ClientUsername', mode: 0 }],
      [{ name: 'authorization', mode: 2 }],
    ],
  );
});
