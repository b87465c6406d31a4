import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Numbering } from '../../../../lib/compile/numbering.js';

const name = fc.integer({ min: 0, max: 12 }).map((number) => `name ${number}`);

test('names are numbered as they are asked for, whoever numbered them before', () => {
  fc.assert(
    fc.property(fc.array(fc.array(name, { maxLength: 30 }), { maxLength: 6 }), (rounds) => {
      let before: Numbering | undefined;
      const all: { readonly numbering: Numbering; readonly names: readonly string[] }[] = [];
      for (const asked of rounds) {
        const numbering = new Numbering(before);
        const names: string[] = [];
        for (const each of asked) {
          if (!names.includes(each)) names.push(each);
          assert.equal(numbering.indexOf(each), names.indexOf(each));
        }
        all.push({ numbering, names });
        before = numbering;
      }
      // Those of before know what they knew.
      for (const { numbering, names } of all) {
        assert.equal(numbering.length, names.length);
        assert.deepEqual(numbering.names, names);
        assert.deepEqual([...numbering.all()], names);
      }
    }),
  );
});

test('a number of another numbering stands for the same name', () => {
  fc.assert(
    fc.property(fc.uniqueArray(name), fc.uniqueArray(name), (earlier, later) => {
      const before = new Numbering();
      for (const each of earlier) before.indexOf(each);
      const numbering = new Numbering(before);
      for (const each of later) numbering.indexOf(each);
      earlier.forEach((each, number) => {
        const own = numbering.indexLike(before, number);
        assert.equal(numbering.names[own], each);
      });
    }),
  );
});
