import assert from 'node:assert/strict';
import { test } from 'node:test';
import { difference, isEmpty } from '../../../../lib/snapshot/difference.js';

const inventory = (routers: Readonly<Record<string, unknown>>) => ({ routers: new Map(Object.entries(routers)) });

test('names what was added, removed and changed, sorted', () => {
  const before = inventory({ same: { a: [1n] }, gone: 1, b: 1, a: 1 });
  const after = inventory({ same: { a: [1n] }, z: 1, new: 1, b: 2, a: 2 });
  assert.deepEqual(difference(before, after), {
    routers: { added: ['new', 'z'], removed: ['gone'], changed: ['a', 'b'] },
  });
});

test('is empty for equal contents only', () => {
  assert.equal(isEmpty(difference(inventory({ a: { x: 1 } }), inventory({ a: { x: 1 } }))), true);
  assert.equal(isEmpty(difference(inventory({ a: { x: 1 } }), inventory({ a: { x: 2 } }))), false);
});
