import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Counts } from '../../../bench/generator.js';
import { jsonOf, tableOf } from '../../../bench/report.js';
import type { Outcome, Row } from '../../../bench/run.js';
import type { Scenario } from '../../../bench/scenarios.js';

const scenario: Scenario = {
  id: 'S0',
  title: 'a test',
  measure: 'cpu',
  load: { connections: 1 },
  responseBytes: 1,
  needs: [],
};

const none = { ns: 0, userTicks: 0, systemTicks: 0 };
const counts: Counts = {
  seconds: 1,
  requests: 1,
  bodyBytes: 1,
  opened: 0,
  resumed: 0,
  announced: 0,
  closedIdle: 0,
  refused: 0,
  reset: 0,
  status: 0,
  framing: 0,
  stuck: 0,
  lastStatus: 0,
  microseconds: { p50: 1, p90: 1, p99: 1, p999: 1, max: 1 },
  proxyCpu: none,
  originCpu: none,
  generatorCpu: none,
};

function row(proxy: string, ...values: readonly number[]): Row {
  return {
    proxy,
    version: '1.0',
    samples: values.map((value) => ({ value, counts, lost: 1, figures: { 'core %': 50 }, remarks: ['a remark'] })),
  };
}

const lineOf = (text: string, proxy: string): string =>
  text.split('\n').find((line) => line.includes(`${proxy} 1.0`)) ?? '';

test('compares with fairlead wherever it stands', () => {
  const outcome: Outcome = { scenario, rows: [row('nginx', 12, 11, 30), row('fairlead', 8, 8, 9)] };
  const text = tableOf(outcome);
  assert.match(lineOf(text, 'nginx'), /12\.00\s+11\.00\s+1\.50\s+50\.0\s+3$/);
  assert.match(lineOf(text, 'fairlead'), /8\.00\s+8\.00\s+1\.00/);
});

test('compares with the first that was measured when fairlead was not', () => {
  const failed: Row = { proxy: 'fairlead', version: '1.0', samples: [], failure: 'it ended' };
  const text = tableOf({ scenario, rows: [failed, row('nginx', 10), row('haproxy', 5)] });
  assert.match(lineOf(text, 'haproxy'), /5\.00\s+5\.00\s+0\.50/);
  assert.match(text, /fairlead failed: it ended/);
});

test('says a remark of several rounds once', () => {
  const text = tableOf({ scenario, rows: [row('nginx', 1, 2, 3)] });
  assert.equal(text.split('a remark').length, 2);
});

test('writes every sample and the ratios as JSON', () => {
  const text = jsonOf([{ scenario, rows: [row('fairlead', 8), row('nginx', 12)] }], new Date(0));
  const { scenarios } = JSON.parse(text) as { scenarios: { proxies: { ratio: number; samples: unknown[] }[] }[] };
  assert.deepEqual(
    scenarios[0]?.proxies.map(({ ratio, samples }) => [ratio, samples.length]),
    [
      [1, 1],
      [1.5, 1],
    ],
  );
});
