/** Waiting with an end: nothing in a test may wait for ever, and what did not happen is named. */
import { setTimeout as delay } from 'node:timers/promises';

/** Everything is slower under a sanitizer. */
const slowdown = Number(process.env['FAIRLEAD_TEST_SLOWDOWN'] ?? '1');

/** Whether a sanitizer watches: then memory says nothing. */
export const isInstrumented = slowdown > 1;

/** Milliseconds that are ample for anything that should happen at once, on a busy machine. */
export const ample = 15_000 * slowdown;

/** A bound from the requirements, widened where everything is slower. */
export const atMost = (milliseconds: number): number => milliseconds * slowdown;

/** The promise, or a failure that names what did not happen in time. */
export async function within<T>(promise: Promise<T>, what: string, milliseconds = ample): Promise<T> {
  const stop = new AbortController();
  const late = delay(milliseconds, undefined, { signal: stop.signal }).then(() => {
    throw new Error(`did not happen within ${milliseconds} ms: ${what}`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([promise, late]);
  } finally {
    stop.abort();
  }
}

/** Asks again and again until the answer is neither false nor undefined; for states that no event announces. */
export async function until<T>(
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  what: string,
  milliseconds = ample,
): Promise<T> {
  const end = performance.now() + milliseconds;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > end) throw new Error(`did not happen within ${milliseconds} ms: ${what}`);
    await delay(10);
  }
}

/**
 * Milliseconds that the quickest of up to five runs took; one within the bound ends the trying. A busy machine delays some
 * of them, a defect delays all.
 */
export async function quickest(run: () => Promise<unknown>, bound: number): Promise<number> {
  let best = Infinity;
  for (let tries = 0; tries < 5 && best > bound; tries++) best = Math.min(best, (await timed(run)).took);
  return best;
}

/** Runs and tells how many milliseconds it took. */
export async function timed<T>(run: () => Promise<T>): Promise<{ readonly result: T; readonly took: number }> {
  const start = performance.now();
  const result = await run();
  return { result, took: performance.now() - start };
}
