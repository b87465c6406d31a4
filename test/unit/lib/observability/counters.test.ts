import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { counters, firstReason } from '../../../../lib/observability/counters.js';
import { reasons } from '../../../../lib/observability/reasons.js';
import { statCount, statsOf } from '../../../../lib/observability/stats.js';

test('the reasons are those of the data plane, in its order and with its statuses', () => {
  const source = readFileSync(resolve(import.meta.dirname, '../../../../native/base/error.cc'), 'utf8');
  const rows = [...source.matchAll(/\{"(\w+)", (\d+)\}/g)].map(([, name, status]) => [name, Number(status)]);
  assert.deepEqual(
    reasons.map(({ name, status }) => [name, status]),
    rows,
  );
});

test('names are unique and fit for metrics', () => {
  assert.equal(new Set(counters.map(({ name }) => name)).size, counters.length);
  for (const { name } of counters) assert.match(name, /^[a-z][a-z0-9_]*$/);
});

test('reasons that never happened are left out', () => {
  const values = new BigUint64Array(statCount);
  values[firstReason + 2] = 9n;
  values[values.length - 1] = 1n;
  assert.deepEqual(statsOf(values, {}).reasons, { malformed_request: 9, internal: 1 });
});
