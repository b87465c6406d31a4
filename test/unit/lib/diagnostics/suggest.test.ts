import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { editDistance } from '../../../../lib/diagnostics/edit-distance.js';
import { didYouMean, nearestName, oneOf, successorOf } from '../../../../lib/diagnostics/suggest.js';
import { repeatable } from '../../../support/lib/properties.js';

const known = ['address', 'entryPoints', 'middlewares', 'service', 'rule', 'tls', 'url'];

const suggestions: readonly (readonly [written: string, expected: string | undefined])[] = [
  ['adress', 'address'],
  ['ADDRESS', 'address'],
  ['servcie', 'service'],
  ['entrypoint', 'entryPoints'],
  ['midlewares', 'middlewares'],
  ['rul', 'rule'],
  ['tsl', 'tls'],
  ['xyz', undefined],
  ['a', undefined],
  ['', undefined],
  ['loadBalancer', undefined],
  ['x'.repeat(10_000), undefined],
];

for (const [written, expected] of suggestions) {
  test(`for "${written.slice(0, 20)}" suggests ${expected ?? 'nothing'}`, () =>
    assert.equal(nearestName(written, known), expected));
}

test('asks as a person would', () => {
  assert.equal(didYouMean('adress', known), 'did you mean "address"?');
  assert.equal(oneOf(['a']), '"a"');
  assert.equal(oneOf(['a', 'b', 3]), '"a", "b" or 3');
});

test('knows what became of the options of earlier versions', () => {
  assert.match(successorOf('ipWhiteList') ?? '', /ipAllowList/);
  assert.equal(successorOf('constructor'), undefined);
  assert.equal(successorOf('rule'), undefined);
});

test('the distance is the least number of slips, and swapping neighbours is one', () => {
  assert.equal(editDistance('wacth', 'watch', 3), 1);
  assert.equal(editDistance('kitten', 'sitting', 3), 3);
  assert.equal(editDistance('kitten', 'sitting', 2), 3);
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
      const distance = editDistance(a, b, 12);
      assert.equal(distance, editDistance(b, a, 12));
      assert.equal(distance === 0, a === b);
      assert.ok(distance <= Math.max(a.length, b.length));
    }),
    repeatable,
  );
});
