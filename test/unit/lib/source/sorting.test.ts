import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergingSorted, sorting, without } from '../../../../lib/source/sorting.js';
import { finish } from '../../../../lib/work.js';
import { Random } from '../../../support/lib/random.js';

interface Numbered {
  readonly key: number;
  readonly place: number;
}

const byKey = (a: Numbered, b: Numbered): number => a.key - b.key;
const numbered = (random: Random, length: number, first = 0): readonly Numbered[] =>
  Array.from({ length }, (_, place) => ({ key: random.below(500), place: first + place }));

test('sorts as the runtime does, equal items in their order', () => {
  const random = new Random(1);
  for (const length of [0, 1, 2, 511, 512, 513, 2_000, 5_000]) {
    const items = numbered(random, length);
    assert.deepEqual(finish(sorting(items, byKey)), items.toSorted(byKey));
  }
});

test('merges two sorted lists, items of the first before equal ones of the second', () => {
  const random = new Random(2);
  for (let round = 0; round < 300; round++) {
    const first = numbered(random, random.below(60)).toSorted(byKey);
    const second = numbered(random, random.below(round % 20 === 0 ? 2_000 : 20), 1_000).toSorted(byKey);
    assert.deepEqual(finish(mergingSorted(first, second, byKey)), [...first, ...second].toSorted(byKey));
  }
});

test('takes items out wherever they stand, few or many', () => {
  const random = new Random(3);
  for (let round = 0; round < 300; round++) {
    // With equal ones among them, and without.
    const items = numbered(random, random.below(3_000))
      .map(({ key, place }) => ({ key: round % 2 === 0 ? key : place, place }))
      .toSorted(byKey);
    const one = random.below(4) + 1;
    const gone = random.shuffled(items.filter(() => random.below(one) === 0));
    const strangers = numbered(random, random.below(2));
    const left = new Set(gone);
    assert.deepEqual(
      without(items, [...gone, ...strangers], byKey),
      items.filter((item) => !left.has(item)),
    );
  }
});
