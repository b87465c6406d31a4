// The tables of docs/performance.md say what the results say.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pageOf } from '../../../bench/page/page.js';
import type { ResultRow, Results, ResultScenario } from '../../../bench/page/results.js';
import { figure, ratioToBest, routeMemory } from '../../../bench/page/tables.js';

const row = (proxy: string, median: number | null, figures: Readonly<Record<string, number>> = {}): ResultRow => ({
  proxy,
  version: '1.0.0',
  median,
  samples: median === null ? [] : [{ value: median, figures, lost: 0 }],
});

const entry = (id: string, unit: string, proxies: readonly ResultRow[], more: object = {}): ResultScenario => ({
  scenario: { id, title: 'a load', measure: 'cpu', ...more },
  unit,
  proxies,
});

const resultsOf = (...scenarios: readonly ResultScenario[]): Results => ({
  began: '2026-01-02T03:04:05.000Z',
  machine: { cores: 2, kernel: '6.1', node: 'v20.0.0' },
  scenarios,
});

test('the best peer is the cheapest one; floors, variants and failures are no peers', () => {
  const rows = [row('fairlead', 8), row('nginx', 12), row('h2o', 10), row('floor', 5), row('fairlead-poll', 4)];
  assert.equal(ratioToBest(entry('S1', 'CPU µs/request', [...rows, row('caddy', null)])), '0.80 × h2o');
});

test('where more is better the best peer is the one with most', () => {
  const rows = [row('fairlead', 6), row('nginx', 3), row('haproxy', 4)];
  assert.equal(ratioToBest(entry('S7', 'GB per CPU second', rows)), '1.50 × haproxy');
});

test('memory per route is the difference between many routes and ten', () => {
  const few = entry('S10', '', [row('fairlead', 9, { 'RSS MB': 80, 'native MB': 50 })], { variant: '10 routes' });
  const many = entry('S10', '', [row('fairlead', 9, { 'RSS MB': 179.99, 'native MB': 74.9975 })], {
    variant: '100,000 routes',
    routes: { hosts: 10_000, paths: 10 },
  });
  assert.match(routeMemory(resultsOf(few, many)), /\| 100,000 routes \| fairlead \| 9 \| 1,000 \| 250 \|/);
});

test('what is not known is a dash', () =>
  assert.deepEqual([figure(undefined), figure(Infinity), figure(NaN)], ['–', '–', '–']));

test('the same results make the same page', () => {
  const results = resultsOf(entry('S1', 'CPU µs/request', [row('fairlead', 8), row('nginx', 12)]));
  const parts = { remarks: '## Remarks', soak: undefined };
  assert.equal(pageOf(results, parts), pageOf(results, parts));
  assert.match(pageOf(results, parts), /\| \*\*S1\*\* a load \| CPU µs\/request \| \*\*8\*\* \| 0.67 × nginx \| 12 \|/);
});
