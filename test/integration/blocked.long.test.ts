import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockUnderLoad } from '../support/blocking.js';

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

test('G5: JavaScript that blocks for ten seconds fails no request', async (context) => {
  const { free, blocked } = await blockUnderLoad(1, 10_000);
  for (const [what, [report]] of Object.entries({ free, blocked })) {
    const { measured = 0, p50 = 0, p99 = 0 } = report ?? {};
    context.diagnostic(`${what}: ${measured} answers, p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`);
  }
});

test('G5: latency is the same while JavaScript blocks, measured in turns', async (context) => {
  const { free, blocked } = await blockUnderLoad(10, 2000);
  const [before, during] = [median(free.map(({ p99 }) => p99)), median(blocked.map(({ p99 }) => p99))];
  context.diagnostic(`median of ten p99s: ${before.toFixed(2)} ms free, ${during.toFixed(2)} ms blocked`);
  // The thread that blocks takes a processor from the workers where there are few; a request that waited for it would
  // have taken two seconds.
  assert.ok(during < before * 3 + 20, `${before} ms, ${during} ms`);
});
