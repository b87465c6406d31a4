/**
 * Work that lets others have a turn: the steps of the pipeline are generators that yield where they can be interrupted. Who
 * runs them decides whether they are: a program that waits for the outcome (`finish`), or a thread that has other things to
 * do as well (`inTurns`). What a step makes is the same either way.
 */

/** What yields from time to time, and returns what it made. */
export type Work<T> = Generator<undefined, T, undefined>;

/** Items after which work yields: a hundred microseconds or so. */
const itemsAtOnce = 64;

/** Each of the items, with a chance for others every now and then; `each` must not keep its own count. */
export function* forEach<I>(items: Iterable<I>, each: (item: I) => void): Work<void> {
  let left = itemsAtOnce;
  for (const item of items) {
    each(item);
    if (--left > 0) continue;
    left = itemsAtOnce;
    yield;
  }
}

/** Does the work without a break. */
export function finish<T>(work: Work<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}

/** How long work goes on before others have their turn, in milliseconds: a small configuration is done by then. */
const longestTurn = 8;

/** Does the work in turns of a few milliseconds. Rejects with the signal's reason when that aborts in between. */
export async function inTurns<T>(work: Work<T>, signal?: AbortSignal): Promise<T> {
  for (;;) {
    for (const end = performance.now() + longestTurn; performance.now() < end;) {
      const { done, value } = work.next();
      if (done === true) return value;
    }
    await othersTurn();
    signal?.throwIfAborted();
  }
}

/** For work that waits in between for other reasons as well. */
export class Pace {
  #end = performance.now() + longestTurn;

  /** Lets others have a turn when the last one is a few milliseconds ago. */
  async giveWay(): Promise<void> {
    if (performance.now() < this.#end) return;
    await othersTurn();
    this.#end = performance.now() + longestTurn;
  }
}

/** Timers and what has arrived come first; `setImmediate` of the runtime goes round the whole event loop once. */
const othersTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
