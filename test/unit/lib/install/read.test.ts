import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { renderDiagnostics } from '../../../../lib/diagnostics/render.js';
import { FileFault } from '../../../../lib/source/files.js';
import { installFromObject, type InstallPorts, readInstall } from '../../../../lib/install/read.js';
import { install } from '../../../../lib/install/schema.js';
import { brokenInstall } from './broken-install.js';

const missing = Object.assign(new Error('ENOENT'), { code: 'ENOENT' });

function ports(
  files: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>> = {},
): InstallPorts {
  return {
    environment,
    workingDirectory: '/somewhere',
    cpus: 3,
    readText: async (path) => {
      const text = files[path];
      if (text === undefined) throw new FileFault('there is no such file', { cause: missing });
      return text;
    },
  };
}

const noProvider = 'FL6006';

for (const { name, text, expected } of brokenInstall) {
  test(`explains ${name}`, async () => {
    const { diagnostics } = await readInstall(['--configFile=fairlead.yml'], ports({ 'fairlead.yml': text }));
    const shown = diagnostics.filter(({ code }) => code !== noProvider);
    assert.equal(`\n${renderDiagnostics(shown)}`, expected);
  });
}

test('without anything there is one entry point on port 80, and a notice that nothing routes', async () => {
  const { config, diagnostics, file } = await readInstall([], ports({}));
  assert.deepEqual(
    Object.entries(config.entryPoints).map(([name, { address }]) => [name, address]),
    [['http', { host: '', port: 80, protocol: 'tcp' }]],
  );
  assert.equal(file, undefined);
  assert.equal(config.fairlead.workers, 3);
  assert.deepEqual(
    diagnostics.map(({ code }) => code),
    [noProvider],
  );
});

const internal: readonly (readonly [flags: readonly string[], expected: readonly string[]])[] = [
  [['--api'], ['http']],
  [['--api.insecure'], ['http', 'traefik']],
  [['--ping'], ['http', 'traefik']],
  [['--ping.manualRouting'], ['http']],
  [['--ping.entryPoint=http', '--entryPoints.http.address=:80'], ['http']],
  [['--api.insecure', '--entryPoints.traefik.address=:9000'], ['traefik']],
];

for (const [flags, expected] of internal) {
  test(`opens ${expected.join(' and ')} for ${flags.join(' ')}`, async () => {
    const { config } = await readInstall(flags, ports({}));
    assert.deepEqual(Object.keys(config.entryPoints), expected);
  });
}

test("has Traefik's defaults", async () => {
  const { config } = await readInstall(['--entryPoints.web.address=:80', '--accessLog'], ports({}));
  const { transport, http, forwardedHeaders, asDefault } = config.entryPoints['web'] ?? assert.fail();
  assert.deepEqual(transport, {
    lifeCycle: { requestAcceptGraceTimeout: 0n, graceTimeOut: 10_000_000_000n },
    respondingTimeouts: { readTimeout: 60_000_000_000n, writeTimeout: 0n, idleTimeout: 180_000_000_000n },
    keepAliveMaxTime: 0n,
    keepAliveMaxRequests: 0,
  });
  assert.equal(http.sanitizePath, true);
  assert.equal(http.maxHeaderBytes, 65_536);
  assert.deepEqual(forwardedHeaders.trustedIPs, []);
  assert.equal(asDefault, false);
  assert.equal(config.log.level, 'ERROR');
  assert.equal(config.accessLog?.format, 'common');
  assert.equal(config.accessLog.fields.headers.defaultMode, 'drop');
  assert.equal(config.serversTransport.maxIdleConnsPerHost, 200);
  assert.equal(config.providers.providersThrottleDuration, 2_000_000_000n);
});

test('a redirection gets the priority above all routers of users', async () => {
  const flags = ['--entryPoints.web.address=:80', '--entryPoints.web.http.redirections.entryPoint.to=:443'];
  const { config } = await readInstall(flags, ports({}));
  assert.deepEqual(config.entryPoints['web']?.http.redirections?.entryPoint, {
    to: ':443',
    scheme: 'https',
    permanent: true,
    priority: 9_223_372_036_854_775_806n,
  });
});

test('finds the first file of the search path, and reads TOML', async () => {
  const files = {
    '/home/me/.config/traefik.toml': '[log]\nlevel = "info"\n',
    '/somewhere/fairlead.yml': 'log: { level: DEBUG }\n',
  };
  const { config, file } = await readInstall([], ports(files, { HOME: '/home/me' }));
  assert.equal(config.log.level, 'INFO');
  assert.equal(file, '/home/me/.config/traefik.toml');
});

test('a file that was asked for and is not there is an error', async () => {
  const { diagnostics, config } = await readInstall(['--configfile', 'nowhere.yml'], ports({}));
  assert.equal(
    renderDiagnostics(diagnostics),
    'error FL1009 there is no file "nowhere.yml"                     flag --configFile\n  effect  Fairlead does not start\n',
  );
  assert.deepEqual(Object.keys(config.entryPoints), ['http']);
});

test('the environment may name the file', async () => {
  const { file } = await readInstall([], ports({ 'a.yml': 'log: {}\n' }, { TRAEFIK_CONFIGFILE: 'a.yml' }));
  assert.equal(file, 'a.yml');
});

test('passes over the dynamic sections of a shared file', async () => {
  const text = 'providers: { file: { filename: all.yml } }\nhttp: { routers: { a: {} } }\ntls: {}\ntcp: {}\nudp: {}\n';
  const { diagnostics } = await readInstall(['--configFile=all.yml'], ports({ 'all.yml': text }));
  assert.deepEqual(diagnostics, []);
});

test('a flag that nobody knows is an error, even at the root', async () => {
  const { diagnostics } = await readInstall(['--entrypoint.web.address=:80', '--http.routers.a.rule=x'], ports({}));
  assert.deepEqual(
    diagnostics.map(({ code, message, hint }) => [code, message, hint]),
    [
      ['FL2001', 'unknown flag "--entrypoint.web.address"', 'did you mean "entryPoints"?'],
      ['FL2001', 'unknown flag "--http.routers.a.rule"', undefined],
    ],
  );
});

test('tells where each value comes from', async () => {
  const files = { 'a.yml': 'entryPoints:\n  Web: { address: ":80" }\nlog: { level: INFO }\n' };
  const read = await readInstall(['--configFile=a.yml', '--log.level=DEBUG'], ports(files, { TRAEFIK_PING: 'true' }));
  const kinds = [['entryPoints', 'Web', 'address'], ['log', 'level'], ['ping'], ['log', 'format'], ['accessLog']].map(
    (path) => read.originOf(path).kind,
  );
  assert.deepEqual(kinds, ['text', 'flag', 'environment', 'default', 'default']);
});

test('a secret from the environment is not shown when it is wrong', async () => {
  const text = 'log:\n  level: ${env:LEVEL}\n';
  const { diagnostics } = await readInstall(['--configFile=a.yml'], ports({ 'a.yml': text }, { LEVEL: 'hunter2' }));
  assert.equal(diagnostics.length, 1);
  assert.doesNotMatch(renderDiagnostics(diagnostics), /hunter2/);
});

test('keeps what can be used beside what is broken, to go on checking', async () => {
  const text =
    'entryPoints:\n  web: { address: ":80" }\n  bad: { address: "x" }\nlog: { level: LOUD }\nproviders: { file: { filename: d.yml } }\n';
  const { config, diagnostics } = await readInstall(['--configFile=a.yml'], ports({ 'a.yml': text }));
  assert.deepEqual(Object.keys(config.entryPoints), ['web']);
  assert.equal(config.providers.file?.filename, 'd.yml');
  assert.deepEqual(
    diagnostics.map(({ code }) => code),
    ['FL6001', 'FL2004'],
  );
});

test('reads the install part of an object, with values as a program has them', async () => {
  const { config, diagnostics } = await installFromObject(
    {
      entryPoints: { web: { address: '127.0.0.1:0', transport: { lifeCycle: { graceTimeOut: 5 } } } },
      http: { routers: {} },
    },
    'createProxy()',
    ports({}),
  );
  assert.deepEqual(diagnostics, []);
  assert.equal(config.entryPoints['web']?.transport.lifeCycle.graceTimeOut, 5_000_000_000n);
});

test('every field has a description', () => {
  const schema = z.toJSONSchema(install, { io: 'input', unrepresentable: 'any', override: () => undefined });
  const without: string[] = [];
  const visit = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    const { properties, additionalProperties, items } = node as Record<string, unknown>;
    for (const [name, field] of Object.entries(properties ?? {})) {
      if ((field as { description?: string }).description === undefined) without.push(`${path}.${name}`);
      visit(field, `${path}.${name}`);
    }
    visit(additionalProperties, `${path}.*`);
    visit(items, `${path}[]`);
  };
  visit(schema, '');
  assert.deepEqual(without, []);
});
