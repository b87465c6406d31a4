/** Reports about files come in bursts: editors write a file in pieces, deployments write many of them. */

/** How long it is waited for a file that might follow one that was moved to its place, milliseconds. */
const gather = 10;

/** Tells when a burst of reports is over. */
export class Burst {
  readonly #longest: number;
  readonly #over: () => void;
  /** When the burst is over at the latest. */
  #latest: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** A burst is over `longest` milliseconds after its first report, whatever follows. */
  constructor(longest: number, over: () => void) {
    this.#longest = longest;
    this.#over = over;
  }

  /** Takes in a report. Of a file that was moved to its place nothing is to come, so that the burst may be over soon. */
  note(isWhole: boolean): void {
    const now = performance.now();
    this.#latest ??= now + this.#longest;
    if (!isWhole && this.#timer !== undefined) return;
    clearTimeout(this.#timer);
    const left = this.#latest - now;
    this.#timer = setTimeout(() => this.#end(), isWhole ? Math.min(left, gather) : left).unref();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #end(): void {
    this.#timer = undefined;
    this.#latest = undefined;
    this.#over();
  }
}
