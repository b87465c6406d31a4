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

const routes = (variant: string, hosts: number, rss: number, native: number): ResultScenario =>
  entry('S10', '', [row('fairlead', 9, { 'RSS MB': rss, 'native MB': native })], {
    variant,
    routes: { hosts, paths: 10 },
  });

test('memory per route is the difference between two sizes of the table', () => {
  const results = resultsOf(
    routes('10 routes', 1, 80, 50),
    routes('50,000 routes', 5000, 139.99, 69.996),
    routes('100,000 routes', 10_000, 179.99, 74.9975),
  );
  const text = routeMemory(results);
  assert.match(text, /\| 50,000 routes \| fairlead \| 9 \| 1,200 \| 400 \|/);
  assert.match(text, /\| 100,000 routes \| fairlead \| 9 \| 1,000 \| 250 \|/);
  assert.match(text, /\| 50,000 more \| fairlead \| 9 \| 800 \| 100 \|/);
});

test('what is not known is a dash', () =>
  assert.deepEqual([figure(undefined), figure(Infinity), figure(NaN)], ['–', '–', '–']));

test('the same results make the same page', () => {
  const results = resultsOf(entry('S1', 'CPU µs/request', [row('fairlead', 8), row('nginx', 12)]));
  const parts = { remarks: '## Remarks', soak: undefined };
  assert.equal(pageOf(results, parts), pageOf(results, parts));
  assert.match(pageOf(results, parts), /\| \*\*S1\*\* a load \| CPU µs\/request \| \*\*8\*\* \| 0.67 × nginx \| 12 \|/);
});
