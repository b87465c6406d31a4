/** Several providers as one sequence. */
import type { Delivery } from './define.js';
import { Wakeup } from './wakeup.js';

/** The newest delivery of each provider; `missing` are those that have not delivered yet. */
export interface Deliveries {
  readonly byProvider: ReadonlyMap<string, Delivery>;
  readonly missing: readonly string[];
}

/**
 * Yields whenever a provider delivers, with what all of them delivered last. Ends when all have ended, or the signal
 * aborts. Order of the map: order of `sources`.
 */
export async function* together(
  sources: ReadonlyMap<string, AsyncIterable<Delivery>>,
  signal: AbortSignal,
): AsyncIterable<Deliveries> {
  const newest = new Map<string, Delivery>();
  const wakeup = new Wakeup();
  let running = sources.size;
  let unseen = false;
  const reading = [...sources].map(async ([name, source]) => {
    try {
      for await (const delivery of source) {
        newest.set(name, delivery);
        unseen = true;
        wakeup.wake();
      }
    } finally {
      running -= 1;
      wakeup.wake();
    }
  });
  while (running > 0 || unseen) {
    if (!(await wakeup.wait(signal))) break;
    if (!unseen) continue;
    unseen = false;
    const names = [...sources.keys()];
    const byProvider = new Map(names.flatMap((name) => [...newest].filter(([known]) => known === name)));
    yield { byProvider, missing: names.filter((name) => !newest.has(name)) };
  }
  await Promise.all(reading);
}
