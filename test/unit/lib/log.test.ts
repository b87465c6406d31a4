import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { until } from '../../support/deadline.js';
import { createLog, logLine, type LogOptions } from '../../../lib/log.js';

function folder(context: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'fairlead-log-'));
  context.after(() => rmSync(path, { recursive: true }));
  return path;
}

/** What a file holds once there is a whole line in it; the logger writes when it can. */
const written = (path: string): Promise<string> =>
  until(() => {
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    return text.endsWith('\n') && text;
  }, `a line in ${path}`);

const open = (filePath: string, more: Partial<LogOptions> = {}) =>
  createLog({ level: 'INFO', format: 'json', filePath, ...more }, (message) => assert.fail(message));

test('writes JSON with time, level, message and facts, without secrets', async (context) => {
  const path = join(folder(context), 'deep/er/fairlead.log');
  const log = open(path);
  log.debug('too quiet');
  log.info('applied', { generation: 3n, password: 'hunter2', cause: new Error('broken') });
  const { time, ...line } = JSON.parse(await written(path)) as Record<string, unknown>;
  log.close();
  assert.match(String(time), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  assert.deepEqual(line, { level: 'info', msg: 'applied', generation: '3', password: '<redacted>', cause: 'broken' });
});

test('writes lines for people', async (context) => {
  const path = join(folder(context), 'fairlead.log');
  const log = open(path, { format: 'common', color: true });
  log.warn('kept the last good version', { file: 'a b.yml', routers: 3 });
  assert.match(await written(path), /^\S+Z WRN kept the last good version file="a b.yml" routers=3\n$/);
  log.close();
});

test('goes on in a new file after the old one was moved away', async (context) => {
  const path = join(folder(context), 'fairlead.log');
  const log = open(path);
  log.error('before');
  await written(path);
  renameSync(path, `${path}.1`);
  log.reopen();
  await pause(0);
  log.error('after');
  assert.match(await written(path), /"msg":"after"/);
  assert.match(readFileSync(`${path}.1`, 'utf8'), /"msg":"before"/);
  log.close();
});

test('a file that cannot be opened is an error at once', (context) => {
  assert.throws(() => open(folder(context)), { code: 'ERR_FAIRLEAD_LOG', message: /^a log cannot be written: "/ });
});

test('a message cannot fake a line of its own', () => {
  const line = logLine('{"level":"error","time":"T","msg":"a\\nT ERR forged","x":"y=z"}\n', false);
  assert.equal(line, 'T ERR a\\nT ERR forged x="y=z"\n');
});

test('colours only the level', () => {
  const json = '{"level":"error","time":"T","msg":"m"}\n';
  assert.notEqual(logLine(json, true), logLine(json, false));
  assert.equal(stripVTControlCharacters(logLine(json, true)), logLine(json, false));
});
