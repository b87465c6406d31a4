import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Row } from '../../../../lib/compile/row.js';

test('a row holds what a list would, whatever was expected', () => {
  const size = fc.nat({ max: 40 });
  const step = fc.record({ from: size, count: size, pushed: fc.nat({ max: 3 }), isReplaced: fc.boolean() });
  fc.assert(
    fc.property(size, fc.array(step, { maxLength: 6 }), (expected, steps) => {
      const other = new Row<string>();
      for (let at = 0; at < 80; at++) other.push(`other ${at}`);
      const row = new Row<string>(expected);
      const list: string[] = [];
      for (const { from, count, pushed, isReplaced } of steps) {
        row.append(other, from, from + count);
        list.push(...other.view.slice(from, from + count));
        for (let at = 0; at < pushed; at++) assert.equal(row.push(`own ${at}`), list.push(`own ${at}`) - 1);
        if (!isReplaced || list.length === 0) continue;
        row.replaceLast('last');
        list[list.length - 1] = 'last';
      }
      assert.equal(row.length, list.length);
      assert.deepEqual(row.view, list);
      list.forEach((item, at) => assert.equal(row.at(at), item));
    }),
  );
});
