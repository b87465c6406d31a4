import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median, pairedRatio } from '../../../bench/statistics.js';

test('takes the middle value, or the mean of the two middle ones', () => {
  assert.deepEqual([median([3, 1, 2]), median([4, 1, 2, 3]), median([])], [2, 2.5, NaN]);
});

test('compares two proxies round by round, so that a drift of the machine meets both', () => {
  assert.equal(pairedRatio([10, 20, 40], [20, 40, 80]), 0.5);
  assert.equal(pairedRatio([10, 30, 12], [20, 20, 20]), 0.6);
});

test('compares only the rounds that both took part in', () => {
  assert.equal(pairedRatio([10, 99, 99], [20]), 0.5);
});

test('has no ratio without a common round, or to nothing', () => {
  assert.deepEqual([pairedRatio([], [1]), pairedRatio([1], [0]), pairedRatio([0], [0])], [NaN, NaN, NaN]);
});
