// What a configuration would change, said by meaning and by the requests that another router gets.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { command } from '../../lib/cli/command.js';
import type { Terminal } from '../../lib/cli/terminal.js';
import { type DynamicConfig, type Plan, plan } from '../../lib/index.js';
import { realInstallPorts } from '../../lib/install/read.js';
import { startProxy, TestFolder } from '../support/proxy.js';

const entryPoints = { web: { address: ':80' } };

const routers = (rules: Readonly<Record<string, string>>): DynamicConfig => ({
  http: {
    routers: Object.fromEntries(Object.entries(rules).map(([name, rule]) => [name, { rule, service: 'app' }])),
    services: { app: { loadBalancer: { servers: [{ url: 'http://127.0.0.1:1' }] } } },
  },
});

const between = (before: DynamicConfig, after: DynamicConfig): Promise<Plan> =>
  plan({ entryPoints, ...before }, { entryPoints, ...after });

describe('a plan', () => {
  test('is empty between equal configurations', async () => {
    const same = routers({ a: 'Host(`a.example`)' });
    const found = await between(same, structuredClone(same));
    assert.deepEqual([found.isEmpty, found.owners.tried], [true, 0]);
  });

  test('names objects and the keys that differ', async () => {
    const before = routers({ a: 'Host(`a.example`)', gone: 'Host(`gone.example`)' });
    const after = routers({ a: 'Host(`b.example`)', fresh: 'Host(`fresh.example`)' });
    const { objects, isEmpty } = await between(before, after);
    assert.equal(isEmpty, false);
    assert.deepEqual(objects['routers']?.added, ['fresh@memory']);
    assert.deepEqual(objects['routers'].removed, ['gone@memory']);
    assert.deepEqual(objects['routers'].changed, [
      { name: 'a@memory', keys: [{ key: 'rule', before: 'Host(`a.example`)', after: 'Host(`b.example`)' }] },
    ]);
    assert.deepEqual(objects['services'], { added: [], removed: [], changed: [] });
  });

  test('finds a new rule that takes requests from an older one', async () => {
    const before = routers({ shop: 'Host(`shop.example`)', api: 'Host(`shop.example`) && PathPrefix(`/api`)' });
    const after = routers({
      shop: 'Host(`shop.example`)',
      api: 'Host(`shop.example`) && PathPrefix(`/api`)',
      greedy: 'HostRegexp(`^shop\\.example$`) && PathPrefix(`/api`)',
    });
    const { owners } = await between(before, after);
    assert.deepEqual(
      owners.changes.map(({ from, to }) => [from, to]),
      [['api@memory', 'greedy@memory']],
    );
    assert.equal(owners.changes[0]?.examples[0]?.url, 'http://shop.example/api');
    assert.deepEqual(owners.shadowed, [{ router: 'api@memory', by: ['greedy@memory'] }]);
  });

  test('finds requests that nobody takes any more, whatever they are told apart by', async () => {
    const rule =
      'Host(`*.example`) && PathRegexp(`^/v[0-9]+/(a|b)$`) && Header(`X-A`, `1`) && !Method(`PUT`) && ClientIP(`10.0.0.0/8`)';
    const { owners } = await between(routers({ a: rule, b: 'Path(`/b`)' }), routers({ b: 'Path(`/b`)' }));
    assert.deepEqual(owners.changes, [
      {
        from: 'a@memory',
        count: 1,
        examples: [{ url: 'http://example.example/v0/a', entryPoint: 'web', method: 'GET' }],
      },
    ]);
  });

  const layered = (children: Readonly<Record<string, object>>, prefix = '/api'): DynamicConfig => ({
    http: {
      routers: {
        api: { rule: 'Host(`a.example`) && PathPrefix(`/api`)', middlewares: ['strip'] },
        ...Object.fromEntries(
          Object.entries(children).map(([name, child]) => [
            name,
            { parentRefs: ['api'], service: 'app', rule: '', ...child },
          ]),
        ),
      },
      services: { app: { loadBalancer: { servers: [{ url: 'http://127.0.0.1:1' }] } } },
      middlewares: { strip: { stripPrefix: { prefixes: [prefix] } } },
    },
  });
  const orders = { rule: 'PathPrefix(`/orders`)' };

  test('follows requests into layers, and finds children that are shadowed', async () => {
    const greedy = { rule: 'PathRegexp(`^/orders`)', priority: 1000 };
    const { owners } = await between(layered({ orders }), layered({ orders, greedy }));
    assert.deepEqual(
      owners.changes.map(({ from, to }) => [from, to]),
      [['orders@memory', 'greedy@memory']],
    );
    assert.equal(owners.changes[0]?.examples[0]?.url, 'http://a.example/api/orders');
    assert.deepEqual(owners.shadowed, [{ router: 'orders@memory', by: ['greedy@memory'] }]);
  });

  test('finds requests that no child takes any more', async () => {
    const { owners } = await between(layered({ orders, b: { rule: 'Path(`/b`)' } }), layered({ orders }));
    assert.deepEqual(
      owners.changes.map(({ from, to, examples }) => [from, to, examples[0]?.url]),
      [['b@memory', undefined, 'http://a.example/api/b']],
    );
  });

  test('finds children that lose their requests to a middleware of their parent', async () => {
    const { owners } = await between(layered({ orders }), layered({ orders }, '/other'));
    assert.deepEqual(
      owners.changes.map(({ from, to }) => [from, to]),
      [['orders@memory', undefined]],
    );
  });

  test('names servers that drain and keys that need a restart', async () => {
    const servers = (...urls: string[]): DynamicConfig => ({
      http: {
        routers: { a: { rule: 'Host(`a.example`)', service: 'app' } },
        services: { app: { loadBalancer: { servers: urls.map((url) => ({ url })) } } },
      },
    });
    const found = await plan(
      { entryPoints, ...servers('http://10.0.0.1', 'http://10.0.0.2') },
      { entryPoints: { web: { address: ':8080' } }, ...servers('http://10.0.0.2') },
    );
    assert.deepEqual(found.drains, [{ service: 'app@memory', url: 'http://10.0.0.1' }]);
    assert.ok(found.restart.some(({ key, after }) => key === 'entryPoints.web.address.port' && after === 8080));
  });

  test('tells that a secret has changed, but not the secret', async () => {
    const keyed: DynamicConfig = {
      ...routers({ a: 'Host(`a.example`)' }),
      http: {
        ...routers({ a: 'Host(`a.example`)' }).http,
        middlewares: { key: { headers: { customRequestHeaders: { 'X-Key': '${env:FAIRLEAD_TEST_PLAN}' } } } },
        routers: { a: { rule: 'Host(`a.example`)', service: 'app', middlewares: ['key'] } },
      },
    };
    process.env['FAIRLEAD_TEST_PLAN'] = 'first-secret';
    try {
      const { offlineSide } = await import('../../lib/proxy/plan.js');
      const { loadOffline } = await import('../../lib/proxy/offline.js');
      const { installFromObject } = await import('../../lib/install/read.js');
      const { realPorts } = await import('../../lib/providers/ports.js');
      const load = async () =>
        offlineSide(
          await loadOffline(
            await installFromObject({ entryPoints }, 'test', realInstallPorts({})),
            keyed,
            realPorts({ ...process.env }),
          ),
        );
      const before = await load();
      process.env['FAIRLEAD_TEST_PLAN'] = 'second-secret';
      const { planOf } = await import('../../lib/plan/plan.js');
      const found = await planOf(before, await load());
      assert.deepEqual(found.objects['middlewares']?.changed, [{ name: 'key@memory', keys: [] }]);
      assert.doesNotMatch(JSON.stringify(found), /secret"/);
    } finally {
      delete process.env['FAIRLEAD_TEST_PLAN'];
    }
  });
});

/** Runs the command; what it printed, told, and its exit code. */
async function run(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly printed: string; readonly told: string }> {
  let [printed, told] = ['', ''];
  const terminal: Terminal = {
    environment: {},
    color: false,
    printsColor: false,
    print: (text) => void (printed += `${text}\n`),
    tell: (text) => void (told += `${text}\n`),
    onSignal: () => () => undefined,
  };
  const ports = { ...realInstallPorts({}), cpus: 1 };
  const code = await command(args, () => import('../../lib/index.js'), ports, terminal);
  return { code, printed, told };
}

const dynamic = (host: string) => routers({ a: `Host(\`${host}\`)` });

describe('fairlead plan', () => {
  test('compares with a directory and with a file', async () => {
    await using folder = await TestFolder.create();
    await mkdir(folder.file('before'));
    const install = { entryPoints, providers: { file: { filename: 'dynamic.yml' } } };
    await folder.write('before/fairlead.yml', install);
    await folder.write('before/dynamic.yml', dynamic('old.example'));
    const filename = await folder.write('after.yml', dynamic('new.example'));
    const configFile = await folder.write('fairlead.yml', { ...install, providers: { file: { filename } } });
    const asked = await run('plan', `--against=${folder.file('before/fairlead.yml')}`, `--configFile=${configFile}`);
    assert.equal(asked.code, 2, asked.told);
    assert.match(asked.printed, /~ a@file\n +rule: Host\(`old\.example`\) → Host\(`new\.example`\)/);
    assert.match(asked.printed, /a@file → nobody \(404\)\n +GET http:\/\/old\.example\/ \(web\)/);
    const same = await run('plan', `--against=${folder.file('fairlead.yml')}`, `--configFile=${configFile}`);
    assert.deepEqual([same.code, same.printed], [0, 'Nothing changes.\n'], same.told);
    assert.equal((await run('plan', '--against=/nowhere/at/all.yml', `--configFile=${configFile}`)).code, 1);
    assert.equal((await run('plan', 'word')).code, 64);
  });

  test('compares with the proxy that runs', async () => {
    await using folder = await TestFolder.create();
    const filename = await folder.write('dynamic.yml', dynamic('a.example'));
    const ports = { web: { address: '127.0.0.1:0' }, traefik: { address: '127.0.0.1:0' } };
    await using proxy = await startProxy({
      entryPoints: ports,
      api: { insecure: true },
      providers: { file: { filename } },
    });
    const configFile = await folder.write('fairlead.yml', {
      entryPoints: ports,
      api: { insecure: true },
      providers: { file: { filename } },
    });
    const url = `--running=http://127.0.0.1:${proxy.port('traefik')}`;
    const same = await run('plan', url, `--configFile=${configFile}`);
    assert.equal(same.code, 0, same.printed + same.told);
    const other = await folder.write('other.yml', dynamic('b.example'));
    const changed = await run(
      'plan',
      url,
      `--configFile=${configFile}`,
      `--providers.file.filename=${other}`,
      '--json',
    );
    assert.equal(changed.code, 2, changed.told);
    const found = JSON.parse(changed.printed) as Plan;
    assert.deepEqual(
      found.owners.changes.map(({ from, to }) => [from, to]),
      [
        ['a@file', undefined],
        [undefined, 'a@file'],
      ],
    );
  });
});

describe('fairlead test', () => {
  const cases = `
- request: { url: http://a.example/x }
  expect:
    router: a@file
    service: app@file
    path: /x
- name: nobody takes others
  request: { url: http://b.example/ }
  expect: { router: none, status: 404, reason: no_route }
`;

  async function withCases(text: string) {
    const folder = await TestFolder.create();
    const filename = await folder.write('dynamic.yml', dynamic('a.example'));
    const configFile = await folder.write('fairlead.yml', { entryPoints, providers: { file: { filename } } });
    const file = await folder.write('cases.yml', text);
    return { folder, file, run: () => run('test', file, `--configFile=${configFile}`) };
  }

  test('prints TAP, and succeeds when every case holds', async () => {
    const { folder, run: go } = await withCases(cases);
    await using _ = folder;
    const { code, printed, told } = await go();
    assert.equal(code, 0, told);
    assert.equal(printed, 'TAP version 14\n1..2\nok 1 - GET http://a.example/x\nok 2 - nobody takes others\n');
  });

  test('says where a case fails, what was found, and why', async () => {
    const {
      folder,
      file,
      run: go,
    } = await withCases(`
tests:
  - request: { url: http://c.example/x }
    expect:
      router: a@file
      headers: { X-A: yes it is }
  - request: { url: nonsense }
    expect: {}
`);
    await using _ = folder;
    const { code, printed } = await go();
    assert.equal(code, 2);
    assert.match(printed, /^not ok 1 - GET http:\/\/c\.example\/x\n {2}---\n {2}at: /m);
    assert.ok(printed.includes(`router:\n    at: ${file}:5:7\n    expected: "a@file"\n    found: "none"`), printed);
    assert.match(printed, /because: "a@file: Host\(`a\.example`\) does not hold: the host is \\"c\.example\\""/);
    assert.match(printed, /headers\.X-A:\n.*\n {4}expected: "yes it is"\n {4}found: "none"/);
    assert.match(printed, /^not ok 2 /m);
  });

  test('ends with 1 when the cases cannot be read', async () => {
    const { folder, run: go } = await withCases('- request: { uri: http://a/ }\n  expect: {}\n');
    await using _ = folder;
    const { code, told } = await go();
    assert.equal(code, 1);
    assert.match(told, /FL2001 unknown key "uri"/);
    assert.equal((await run('test', '/nowhere/cases.yml', '--entryPoints.web.address=:80')).code, 1);
  });
});

test('the route cases of the examples hold', async () => {
  const before = process.cwd();
  process.chdir(join(import.meta.dirname, '../../examples/routing'));
  try {
    const { code, printed, told } = await run('test', '--configFile=fairlead.yml');
    assert.equal(code, 0, printed + told);
  } finally {
    process.chdir(before);
  }
});
