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
  const state = { running: sources.size, unseen: false };
  const reading = [...sources].map(async ([name, source]) => {
    try {
      for await (const delivery of source) {
        newest.set(name, delivery);
        state.unseen = true;
        wakeup.wake();
      }
    } finally {
      state.running -= 1;
      wakeup.wake();
    }
  });
  while (state.running > 0 || state.unseen) {
    if (!(await wakeup.wait(signal))) break;
    if (!state.unseen) continue;
    state.unseen = false;
    const names = [...sources.keys()];
    const byProvider = new Map(names.flatMap((name) => [...newest].filter(([known]) => known === name)));
    yield { byProvider, missing: names.filter((name) => !newest.has(name)) };
  }
  await Promise.all(reading);
}
