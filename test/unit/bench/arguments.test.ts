import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Request, readArguments } from '../../../bench/arguments.js';

function accepted(...argv: readonly string[]): Request {
  const request = readArguments(argv);
  if (typeof request === 'string') assert.fail(request);
  return request;
}

test('takes scenarios by id, and every variant of one', () => {
  const ids = accepted('S4', 'S10').scenarios.map(({ id, variant }) => `${id} ${variant ?? ''}`.trim());
  assert.deepEqual(ids, ['S4', 'S10 10 routes', 'S10 50,000 routes', 'S10 100,000 routes']);
});

test('does not take S10 for S1', () => {
  assert.deepEqual(
    accepted('S1').scenarios.map(({ id }) => id),
    ['S1'],
  );
});

test('lets single options override the quick effort', () => {
  const { effort } = accepted('--quick', '--rounds', '7');
  assert.deepEqual([effort.rounds, effort.measureMs], [7, 1000]);
});

for (const argv of [['S99'], ['--rounds', '0'], ['--seconds', 'two'], ['--nice', 'low'], ['--nonsense']]) {
  test(`refuses ${argv.join(' ')}`, () => {
    assert.equal(typeof readArguments(argv), 'string');
  });
}
