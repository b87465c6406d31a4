import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServerState } from '../../../../lib/engine/events.js';
import { silentLogger } from '../../../../lib/log.js';
import { ServerLog } from '../../../../lib/proxy/server-log.js';

function logging() {
  const lines: (readonly [string, object | undefined])[] = [];
  const clock = { now: 0 };
  const logger = { ...silentLogger, warn: (message: string, fields?: object) => void lines.push([message, fields]) };
  return { log: new ServerLog(logger, () => clock.now), lines, clock };
}

const change = (state: 'up' | 'down', url = 'http://a'): ServerState => ({
  service: 'app@file',
  url,
  state,
  cause: 'probe',
  since: 0,
  error: 'status 500',
});

test('a change is a line, with the error when it is for the worse', () => {
  const { log, lines } = logging();
  log.tell(change('down'));
  log.tell(change('up'));
  assert.deepEqual(lines, [
    ['server is down', { service: 'app@file', url: 'http://a', cause: 'probe', error: 'status 500' }],
    ['server is up', { service: 'app@file', url: 'http://a', cause: 'probe' }],
  ]);
});

test('a server that flaps has five lines in ten seconds, and is told of later', () => {
  const { log, lines, clock } = logging();
  for (let i = 0; i < 100; i++) log.tell(change(i % 2 === 0 ? 'down' : 'up'));
  assert.equal(lines.length, 5);
  assert.match(JSON.stringify(lines[4]), /further changes are not logged/);
  log.tell(change('down', 'http://b'));
  assert.equal(lines.length, 6);
  clock.now = 10_000;
  log.tell(change('down'));
  assert.deepEqual(lines[6]?.[1], {
    service: 'app@file',
    url: 'http://a',
    cause: 'probe',
    error: 'status 500',
    untold: 95,
  });
});
