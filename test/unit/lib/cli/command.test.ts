import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { parseCommandLine } from '../../../../lib/cli/command-line.js';
import { diagnose } from '../../../../lib/diagnostics/diagnostic.js';
import { packageVersion } from '../../../../lib/package.js';
import { invoke } from './world.js';

const lines: readonly (readonly [args: string, expected: object])[] = [
  ['', { verb: 'run', words: [], flags: [], json: false }],
  ['--configFile=a.yml', { verb: 'run', words: [], flags: ['--configFile=a.yml'], json: false }],
  ['run --log.level DEBUG', { verb: 'run', words: [], flags: ['--log.level', 'DEBUG'], json: false }],
  ['check --json --configFile a.yml', { verb: 'check', words: [], flags: ['--configFile', 'a.yml'], json: true }],
  [
    'explain GET http://a/ -H x:y --configFile a.yml --sni=b --running',
    {
      verb: 'explain',
      words: ['GET', 'http://a/'],
      flags: ['--configFile', 'a.yml'],
      json: false,
      given: new Map([
        ['--header', ['x:y']],
        ['--sni', ['b']],
        ['--running', ['']],
      ]),
    },
  ],
  ['explain http://a/ --sni', { fault: '"--sni" needs a value' }],
  ['explain http://a/ --sni=a --sni=b', { fault: '"--sni" may be written once' }],
  ['help FL2001', { verb: 'help', words: ['FL2001'], flags: [], json: false }],
  ['check --help', { verb: 'help', words: ['check'], flags: [], json: false }],
  ['-h', { verb: 'help', words: [], flags: [], json: false }],
  ['--version', { verb: 'version', words: [], flags: [], json: false }],
  ['chekc', { fault: 'unknown command "chekc", did you mean "check"?' }],
  ['serve', { fault: 'unknown command "serve"' }],
  ['version --log.level=DEBUG', { fault: '"version" has no flag "--log.level=DEBUG"' }],
  ['help a b', { fault: '"help" takes one word' }],
];

for (const [args, expected] of lines) {
  test(`understands "fairlead ${args}"`, () => {
    assert.deepEqual(parseCommandLine(args.split(' ').filter((arg) => arg !== '')), expected);
  });
}

test('a command line that cannot be understood ends with 64', async () => {
  const { code, printed, told } = await invoke(['chekc']);
  assert.deepEqual([code, printed], [64, '']);
  assert.equal(told, 'fairlead: unknown command "chekc", did you mean "check"?\n"fairlead help" lists the commands.\n');
});

test('help says what there is, and explains commands and codes', async () => {
  assert.match((await invoke(['help'])).printed, /^Usage: fairlead/);
  assert.match((await invoke(['help', 'run'])).printed, /SIGHUP/);
  assert.match((await invoke(['help', 'fl2001'])).printed, /^FL2001 unknown key \(error\)\n\n/);
  assert.equal((await invoke(['help', 'FL9999'])).code, 64);
});

test('version prints one line, or JSON', async () => {
  assert.equal((await invoke(['version'])).printed.split(' ')[1], packageVersion());
  const facts = JSON.parse((await invoke(['version', '--json'])).printed) as Record<string, unknown>;
  assert.deepEqual([facts['version'], facts['node']], [packageVersion(), process.versions.node]);
});

const well = 'providers: { file: { filename: d.yml } }\n';
const found = diagnose('FL2010', {
  message: 'x is not supported yet',
  path: 'x',
  origin: { kind: 'flag', flag: '--x' },
});
const bad = diagnose('FL2001', { message: 'unknown key "x"', path: 'x', origin: { kind: 'object', owner: 'test' } });

test('check praises what is well, on standard error', async () => {
  const api = { check: async () => ({ diagnostics: [], summary: { routers: 3, entryPoints: 2 } }) };
  const { code, printed, told } = await invoke(['check', '--configFile=a.yml'], api, { 'a.yml': well });
  assert.deepEqual([code, printed, told], [0, '', 'a.yml is well: 3 routers, 2 entry points\n']);
});

test('check ends with 1 and lists everything when there is an error', async () => {
  const api = { check: async () => ({ diagnostics: [found, bad], summary: { routers: 1 } }) };
  const { code, told } = await invoke(['check', '--configFile=a.yml'], api, { 'a.yml': well });
  assert.equal(code, 1);
  assert.match(told, /warning FL2010 .*\n(.*\n)*.*error FL2001|error FL2001 .*\n(.*\n)*.*warning FL2010/);
  assert.match(told, /1 error, 1 warning; "fairlead help FL2010" explains a code\na\.yml has errors: 1 router\n$/);
});

test('check ends with 0 when there are warnings only', async () => {
  const api = { check: async () => ({ diagnostics: [found], summary: {} }) };
  const { code, told } = await invoke(['check', '--configFile=a.yml'], api, { 'a.yml': well });
  assert.equal(code, 0);
  assert.match(told, /a\.yml is usable \(1 warning\)\n$/);
});

test('check --json prints data, and nothing for people', async () => {
  const api = { check: async () => ({ diagnostics: [bad], summary: { routers: 1 } }) };
  const { code, printed, told } = await invoke(['check', '--json', '--configFile=a.yml'], api, { 'a.yml': well });
  assert.deepEqual([code, told], [1, '']);
  assert.deepEqual(JSON.parse(printed), {
    version: 1,
    ok: false,
    file: 'a.yml',
    summary: { routers: 1 },
    diagnostics: [
      {
        code: 'FL2001',
        severity: 'error',
        message: 'unknown key "x"',
        path: 'x',
        origin: { kind: 'object', name: 'test' },
      },
    ],
  });
});

test('a mistake in the flags ends with 64', async () => {
  const { code, told } = await invoke(['run', '--entryPoint.web.address=:80']);
  assert.equal(code, 64);
  assert.match(told, /unknown flag "--entryPoint\.web\.address"/);
});

async function pingServer(context: TestContext, status: number): Promise<number> {
  const server = createServer((request, response) => response.writeHead(request.url === '/ping' ? status : 404).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

test('healthcheck is well when ping answers 200', async (context) => {
  const port = await pingServer(context, 200);
  const { code, printed } = await invoke(['healthcheck', '--ping', `--entryPoints.traefik.address=:${port}`]);
  assert.deepEqual([code, printed], [0, `OK: http://127.0.0.1:${port}/ping\n`]);
});

test('healthcheck is not well while shutting down, without an answer, or without ping', async (context) => {
  const port = await pingServer(context, 503);
  const stopping = await invoke(['healthcheck', '--ping', `--entryPoints.traefik.address=127.0.0.1:${port}`]);
  assert.deepEqual([stopping.code, stopping.told], [1, `fairlead: http://127.0.0.1:${port}/ping answers 503\n`]);
  const silent = await invoke(['healthcheck', '--ping', '--entryPoints.traefik.address=127.0.0.1:1']);
  assert.equal(silent.code, 1);
  assert.match(silent.told, /cannot be asked: .*ECONNREFUSED/);
  const without = await invoke(['healthcheck', '--entryPoints.web.address=:80']);
  assert.equal(without.code, 1);
  assert.match(without.told, /ping is not enabled/);
});
