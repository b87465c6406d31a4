import assert from 'node:assert/strict';
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { test } from 'node:test';
import { getHeapStatistics } from 'node:v8';
import { Garbage } from '../../../../lib/proxy/garbage.js';

/** So many mebibytes on the heap of V8, left to the collector. */
function waste(count: number): void {
  const kept = Array.from({ length: count }, () => new Array<number>(128 * 1024).fill(0));
  assert.equal(kept.length, count);
}

const used = (): number => getHeapStatistics().used_heap_size / 1024 / 1024;

/** Resolves at the end of a round of the collector that looks at everything. */
async function nextRound(): Promise<void> {
  // Watching alone does not keep a program running.
  const running = setInterval(() => undefined, 1_000);
  await new Promise<void>((resolve) => {
    const observer = new PerformanceObserver((entries) => {
      const isWhole = (entry: unknown): boolean =>
        (entry as { detail: { kind: number } }).detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR;
      if (!entries.getEntries().some(isWhole)) return;
      observer.disconnect();
      resolve();
    });
    observer.observe({ entryTypes: ['gc'] });
  });
  clearInterval(running);
}

// Left to itself V8 begins a round when nothing has happened for eight seconds.
test('much garbage is collected soon, little is left alone', { timeout: 7_000 }, async () => {
  const garbage = new Garbage();
  assert.equal(garbage.offer(), false);
  waste(300);
  const before = used();
  assert.equal(garbage.offer(), true);
  assert.equal(garbage.offer(), false);
  while (used() > before - 200) await nextRound();
});
