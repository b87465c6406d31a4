/** How long the event loop of this thread keeps a timer waiting, and how much of that it computes. */
import { readFileSync } from 'node:fs';

/** The longest stretch without a turn for others, in milliseconds. */
export interface Longest {
  readonly waiting: number;
  /** Time of the processor: what the stretch would be on a machine that has nothing else to do. */
  readonly computing: number;
}

/** Time of the processor that the main thread has taken, in milliseconds. */
export const computed = (): number => Number(readFileSync('/proc/self/schedstat', 'latin1').split(' ', 1)[0]) / 1e6;

export class Gaps {
  readonly #timer: NodeJS.Timeout;
  #last = performance.now();
  #computed = computed();
  #waiting = 0;
  #computing = 0;

  constructor() {
    this.#timer = setInterval(() => this.#note(), 5);
  }

  /** The longest since the last call. */
  take(): Longest {
    this.#note();
    const longest = { waiting: this.#waiting, computing: this.#computing };
    this.#waiting = this.#computing = 0;
    return longest;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #note(): void {
    const [now, total] = [performance.now(), computed()];
    this.#waiting = Math.max(this.#waiting, now - this.#last);
    this.#computing = Math.max(this.#computing, total - this.#computed);
    this.#last = now;
    this.#computed = total;
  }
}
