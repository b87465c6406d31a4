/** Lets one side wait until another has something for it. Several wake-ups before a wait count as one. */
export class Wakeup {
  #pending = false;
  #resolve: (() => void) | undefined;

  wake(): void {
    this.#pending = true;
    this.#resolve?.();
  }

  /** True after a wake-up, false when the signal aborted first. One waiter at a time. */
  async wait(signal: AbortSignal): Promise<boolean> {
    if (!this.#pending && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const done = () => {
          signal.removeEventListener('abort', done);
          this.#resolve = undefined;
          resolve();
        };
        this.#resolve = done;
        signal.addEventListener('abort', done);
      });
    }
    const woken = this.#pending && !signal.aborted;
    this.#pending = false;
    return woken;
  }
}
