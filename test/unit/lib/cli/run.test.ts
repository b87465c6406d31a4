import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { Api, RunningProxy } from '../../../../lib/cli/api.js';
import { runCommand } from '../../../../lib/cli/run.js';
import { urlOf } from '../../../../lib/cli/url-table.js';
import { diagnose, type Diagnostic } from '../../../../lib/diagnostics/diagnostic.js';
import { AppError, ConfigError } from '../../../../lib/errors.js';
import { disk, FakeTerminal, idleProxy, invoke } from './world.js';

const config = { 'a.yml': 'providers: { file: { filename: d.yml } }\n' };

/** Starts `run` with this proxy; `started` resolves when it serves. */
function start(proxy: Partial<RunningProxy>) {
  const terminal = new FakeTerminal();
  const events = new EventTarget();
  const started = once(events, 'started');
  const api: Pick<Api, 'createProxy'> = {
    createProxy: async () => {
      setImmediate(() => events.dispatchEvent(new Event('started')));
      return { ...idleProxy, ...proxy };
    },
  };
  const ended = runCommand(['--configFile=a.yml'], api, disk(config), terminal);
  return { terminal, started, ended };
}

test('shows where it listens, and stops with 0 when it is told to', async () => {
  const { terminal, started, ended } = start({});
  await started;
  assert.match(
    terminal.told,
    /serves a\.yml\n {2}web {8}http:\/\/localhost\/ +on all addresses\n {2}websecure {2}https:\/\/127\.0\.0\.1:8443\/\n/,
  );
  assert.equal(terminal.printed, '');
  terminal.send('SIGTERM');
  assert.equal(await ended, 0);
  assert.equal(terminal.send('SIGTERM'), 0);
});

test('a second signal ends at once, and that is 1', async () => {
  const closed: unknown[] = [];
  let cut: (() => void) | undefined;
  const { terminal, started, ended } = start({
    close: (options) =>
      new Promise((resolve) => {
        closed.push(options);
        const finish = cut;
        cut = () => resolve({ cut: 2 });
        if (options !== undefined) {
          cut();
          finish?.();
        }
      }),
  });
  await started;
  terminal.send('SIGINT');
  terminal.send('SIGINT');
  terminal.send('SIGINT');
  assert.equal(await ended, 1);
  assert.deepEqual(closed, [undefined, { drain: 0 }]);
  assert.match(terminal.told, /2 connections were cut\./);
});

test('SIGHUP reads the configuration again, SIGUSR1 opens the logs again', async () => {
  const calls: string[] = [];
  const { terminal, started, ended } = start({
    reload: () => void calls.push('reload'),
    reopenLogs: () => void calls.push('reopen'),
  });
  await started;
  terminal.send('SIGHUP');
  terminal.send('SIGUSR1');
  terminal.send('SIGTERM');
  assert.equal(await ended, 0);
  assert.deepEqual(calls, ['reload', 'reopen']);
});

test('a signal while starting stops the start', async () => {
  const terminal = new FakeTerminal();
  const api: Pick<Api, 'createProxy'> = {
    createProxy: (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new AppError('ERR_FAIRLEAD_CLOSED')));
        setImmediate(() => terminal.send('SIGTERM'));
      }),
  };
  assert.equal(await runCommand(['--configFile=a.yml'], api, disk(config), terminal), 0);
});

test('shows the findings that came up while starting, and serves all the same', async () => {
  const finding = diagnose('FL2001', {
    message: 'unknown key "x"',
    path: 'x',
    origin: { kind: 'object', owner: 'd.yml' },
  });
  const { terminal, started, ended } = start({ diagnostics: [finding] });
  await started;
  assert.match(terminal.told, /error FL2001 unknown key "x" +d\.yml\n/);
  terminal.send('SIGTERM');
  assert.equal(await ended, 0);
});

test('tells findings again only when they have changed, and when they are gone', async () => {
  let report: ((findings: readonly Diagnostic[]) => void) | undefined;
  const { terminal, started, ended } = start({
    on: (_, listener) => {
      report = listener;
      return () => undefined;
    },
  });
  await started;
  const finding = diagnose('FL2001', { message: 'unknown key "x"', path: 'x', origin: { kind: 'default' } });
  const before = terminal.told;
  report?.([finding]);
  report?.([finding]);
  report?.([]);
  report?.([]);
  const told = terminal.told.slice(before.length);
  assert.equal(told.match(/error FL2001/g)?.length, 1);
  assert.equal(told.match(/any more/g)?.length, 1);
  terminal.send('SIGTERM');
  await ended;
});

const failures: readonly (readonly [name: string, thrown: Error, expected: RegExp])[] = [
  [
    'an entry point cannot listen',
    new AppError('ERR_FAIRLEAD_BIND', ':80 is in use'),
    /^fairlead: an entry point cannot listen: :80 is in use\n$/,
  ],
  ['of a bug, with its stack', new TypeError('oops'), /^fairlead: TypeError: oops\n {4}at /],
  [
    'the configuration has errors',
    new ConfigError([diagnose('FL2001', { message: 'unknown key "x"', path: 'x', origin: { kind: 'default' } })]),
    /^error FL2001 unknown key "x"\n/,
  ],
];

for (const [name, thrown, expected] of failures) {
  test(`ends with 1 and says why when ${name}`, async () => {
    const { code, told } = await invoke(['--configFile=a.yml'], { createProxy: () => Promise.reject(thrown) }, config);
    assert.equal(code, 1);
    assert.match(told, expected);
  });
}

test('does not start with errors in the install configuration', async () => {
  const { code, told } = await invoke(['--configFile=a.yml'], {}, { 'a.yml': 'log: { level: LOUD }\n' });
  assert.equal(code, 1);
  assert.match(told, /"level" must be/);
});

test('writes URLs as a browser takes them', () => {
  const urls = [
    urlOf({ host: '', port: 80, tls: false }),
    urlOf({ host: '0.0.0.0', port: 443, tls: true }),
    urlOf({ host: '::1', port: 8080, tls: false }),
    urlOf({ host: '10.0.0.1', port: 443, tls: false }),
  ];
  assert.deepEqual(urls, ['http://localhost/', 'https://localhost/', 'http://[::1]:8080/', 'http://10.0.0.1:443/']);
});
