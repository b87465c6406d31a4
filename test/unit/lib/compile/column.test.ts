import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Column } from '../../../../lib/compile/column.js';

/** A column of so many numbers from `first` on, and the same as a list. */
function counted(first: number, count: number): { readonly column: Column; readonly list: readonly number[] } {
  const column = new Column();
  const list = Array.from({ length: count }, (_, at) => first + at);
  for (const number of list) column.push(number);
  return { column, list };
}

test('a column holds what a list would, however it grew', () => {
  const size = fc.nat({ max: 3000 });
  const step = fc.record({ from: size, count: size, isChanged: fc.boolean(), pushed: fc.nat({ max: 3 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
      const other = counted(1, 6000);
      const column = new Column();
      const list: number[] = [];
      for (const { from, count, isChanged, pushed } of steps) {
        const taken = other.list.slice(from, from + count);
        if (isChanged) column.appendChanged(other.column, from, from + count, (number) => 2 * number);
        else column.append(other.column, from, from + count);
        list.push(...taken.map((number) => (isChanged ? 2 * number : number)));
        for (let at = 0; at < pushed; at++) {
          list.push(at);
          column.push(at);
        }
      }
      assert.equal(column.length, list.length);
      assert.deepEqual([...column.view], list);
      list.forEach((number, at) => assert.equal(column.at(at), number));
    }),
    { numRuns: 50 },
  );
});

test('a column that ascends tells where each number stands', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat({ max: 60 })), (numbers) => {
      const ascending = numbers.toSorted((one, other) => one - other);
      const column = new Column();
      for (const number of ascending) column.push(number);
      for (let number = 0; number <= 61; number++) assert.equal(column.placeOf(number), ascending.indexOf(number));
    }),
  );
});
