import assert from 'node:assert/strict';
import { test } from 'node:test';
import { align } from '../../../../lib/source/alignment.js';
import { Picked, Remembered } from '../../../../lib/source/remembered.js';
import { finish } from '../../../../lib/work.js';
import { Random } from '../../../support/lib/random.js';

interface Thing {
  readonly number: number;
}

/** Some of the things, new ones among them, mostly in their order. */
function changed(things: readonly Thing[], random: Random): readonly Thing[] {
  const next = things.filter(() => random.below(40) > 0);
  for (let count = random.below(4); count > 0; count--) {
    const run = Array.from({ length: 1 + random.below(30) }, () => ({ number: random.below(1000) }));
    next.splice(random.below(next.length + 1), random.below(20), ...run);
  }
  const moved = next.splice(random.below(next.length + 1), random.below(5));
  next.splice(random.below(next.length + 1), 0, ...moved);
  return random.chance(5) ? random.shuffled(next) : next;
}

test('every item of both lists finds its place, or has none', () => {
  const random = new Random(Number(process.env['FAIRLEAD_TEST_SEED'] ?? '1'));
  let before: readonly Thing[] = [];
  for (let round = 0; round < 300; round++) {
    const now = random.chance(3) ? [] : changed(before, random);
    const aligned = align(before, now);
    const places = new Map(before.map((thing, at) => [thing, at]));
    for (const [at, thing] of now.entries()) assert.equal(aligned.placeOf(at), places.get(thing) ?? -1);
    const [all, left] = [new Set(now), new Set(before)];
    assert.deepEqual(
      aligned.gone,
      before.filter((thing) => !all.has(thing)),
    );
    assert.deepEqual(
      aligned.come,
      now.filter((thing) => !left.has(thing)),
    );
    before = now;
  }
});

test('what stands twice leads nowhere wrong', () => {
  const random = new Random(Number(process.env['FAIRLEAD_TEST_SEED'] ?? '1'));
  const things = Array.from({ length: 6 }, (_, number) => ({ number }));
  const some = (): readonly Thing[] => Array.from({ length: random.below(12) }, () => random.pick(things));
  for (let round = 0; round < 3_000; round++) {
    const [before, now] = [some(), some()];
    const aligned = align(before, now);
    for (const [at, thing] of now.entries()) {
      const place = aligned.placeOf(at);
      assert.ok(place === -1 || before[place] === thing, `${at} of ${now.length} at ${place} of ${before.length}`);
    }
  }
});

test('of long lists that have hardly anything in common everything may be new', () => {
  const list = (): readonly Thing[] => Array.from({ length: 10_000 }, (_, number) => ({ number }));
  const [before, now] = [list(), list()];
  const aligned = align(before, now);
  assert.deepEqual([aligned.gone.length, aligned.come.length, aligned.placeOf(5)], [10_000, 10_000, -1]);
});

test('what is remembered and what is picked are what comes out without memory', () => {
  const random = new Random(Number(process.env['FAIRLEAD_TEST_SEED'] ?? '1'));
  const [remembered, picked] = [new Remembered<Thing, { readonly of: Thing }>(), new Picked<Thing>()];
  const most = random.below(1000);
  let before: readonly Thing[] = [];
  for (let round = 0; round < 300; round++) {
    const now = changed(before, random);
    const lasts = ({ number }: Thing): boolean => number < most;
    const asked = new Set<Thing>();
    const isAsked = random.chance(10);
    const made = finish(
      remembered.each(
        now,
        (thing, known) => {
          asked.add(thing);
          assert.ok(known === undefined || known.of === thing);
          return known ?? { of: thing };
        },
        lasts,
        isAsked,
      ),
    );
    assert.deepEqual(
      made.map(({ of }) => of),
      now,
    );
    const known = new Set(before);
    for (const thing of now) assert.equal(asked.has(thing), isAsked || !known.has(thing) || !lasts(thing));
    assert.deepEqual(
      finish(picked.of(now, lasts)),
      now.filter((thing) => lasts(thing)),
    );
    before = now;
  }
});
