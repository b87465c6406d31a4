import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listOf, NameIndex, type Step } from '../../../../lib/source/by-name.js';
import { finish } from '../../../../lib/work.js';

const item = (name: string, value = 0) => ({ name, value });
const of = (index: NameIndex, items: ReturnType<typeof item>[], step: Step = 'merged') => finish(index.of(items, step));

test('is the map of its items, in their order', () => {
  const items = [item('b'), item('a'), item('c')];
  const map = of(new NameIndex(), items);
  assert.ok(map);
  assert.deepEqual([map.size, [...map.keys()], [...map.values()]], [3, ['b', 'a', 'c'], items]);
  assert.deepEqual([...map], [...map.entries()]);
  assert.deepEqual(new Map(map), new Map(items.map((each) => [each.name, each])));
  assert.equal(map.get('a'), items[1]);
  assert.deepEqual([map.get('d'), map.has('d'), map.has('c')], [undefined, false, true]);
  assert.equal(listOf(map), items);
});

test('items that change leave the maps of before as they were', () => {
  const index = new NameIndex();
  const [first, second] = [
    [item('a', 1), item('b', 1)],
    [item('a', 1), item('b', 2)],
  ];
  const [before, after] = [of(index, first), of(index, second)];
  assert.deepEqual([before?.get('b')?.value, after?.get('b')?.value], [1, 2]);
  const third = of(index, [item('b', 3), item('a', 3), item('c', 3)]);
  assert.deepEqual([third?.get('b')?.value, after?.get('b')?.value], [3, 2]);
  assert.equal(after?.get('c'), undefined);
});

test('a step that comes late finds the names of its neighbours, not those it had itself', () => {
  const index = new NameIndex();
  of(index, [item('a'), item('b')], 'used');
  of(index, [item('b'), item('a')], 'merged');
  assert.equal(of(index, [item('a', 1), item('b', 2)], 'used')?.get('b')?.value, 2);
});

test('a name that stands twice makes no map', () => {
  assert.equal(of(new NameIndex(), [item('a'), item('b'), item('a')]), undefined);
});
