/** Configuration handed over by an embedding program (`createProxy`, `apply`). */
import { objectDocument } from '../source/object.js';
import type { Delivery, Ports } from './define.js';
import { fingerprint, loadDocument, ReferencedFiles } from './load.js';
import { Wakeup } from './wakeup.js';

const bigintText = (_: string, part: unknown): unknown => (typeof part === 'bigint' ? String(part) : part);

/** A provider whose document is set by calls. */
export class MemoryProvider {
  readonly name = 'memory';
  readonly #owner: string;
  readonly #woken = new Set<Wakeup>();
  #value: unknown;

  /** `owner` is who the messages say the values came from. */
  constructor(value: unknown, owner = 'createProxy') {
    this.#value = value;
    this.#owner = owner;
  }

  /** Replaces the whole document; who reads deliveries gets it at once. */
  put(value: unknown): void {
    this.#value = value;
    for (const wakeup of this.#woken) wakeup.wake();
  }

  /** The delivery of what was put last, for a caller that applies it and waits for the outcome. */
  async current(ports: Ports, referenced = new ReferencedFiles(ports)): Promise<Delivery> {
    referenced.begin();
    const value = this.#value;
    const loaded = await loadDocument(objectDocument(value ?? {}, this.#owner), ports, referenced);
    const { findings } = referenced;
    return {
      documents: [loaded],
      findings,
      // A large object is written out for those only who compare.
      get fingerprint() {
        return fingerprint([JSON.stringify(value ?? null, bigintText)], [loaded], findings);
      },
    };
  }

  /** A delivery at once, and one for each `put` and each change of a file that the document names. */
  async *deliveries(ports: Ports, signal: AbortSignal): AsyncIterable<Delivery> {
    const referenced = new ReferencedFiles(ports);
    const wakeup = new Wakeup();
    const watch = new FollowedPaths(ports, wakeup);
    this.#woken.add(wakeup);
    try {
      while (!signal.aborted) {
        const delivery = await this.current(ports, referenced);
        await watch.follow(referenced.paths);
        yield delivery;
        if (!(await wakeup.wait(signal))) return;
      }
    } finally {
      this.#woken.delete(wakeup);
      await watch.follow([]);
    }
  }
}

/** Wakes its owner when one of the paths it follows changes. A watch that runs learns of new paths only by its poll. */
class FollowedPaths {
  readonly #ports: Ports;
  readonly #wakeup: Wakeup;
  #paths: readonly string[] = [];
  #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(ports: Ports, wakeup: Wakeup) {
    this.#ports = ports;
    this.#wakeup = wakeup;
  }

  /** Follows these paths from now on, and no others; does nothing when they are the ones already followed. */
  async follow(paths: readonly string[]): Promise<void> {
    if (paths.join('\0') === this.#paths.join('\0')) return;
    this.#stop.abort();
    await this.#running;
    this.#paths = paths;
    this.#stop = new AbortController();
    if (paths.length > 0) this.#running = this.#run(this.#ports.changes(() => paths, this.#stop.signal));
  }

  async #run(changes: AsyncIterable<unknown>): Promise<void> {
    for await (const _ of changes) this.#wakeup.wake();
  }
}
