/** Configuration handed over by an embedding program (`createProxy`, `apply`). */
import { objectDocument } from '../source/object.js';
import type { Delivery, Ports } from './define.js';
import { fingerprint, loadDocument, ReferencedFiles } from './load.js';
import { Wakeup } from './wakeup.js';

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
    const text = JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part)) ?? '';
    return { documents: [loaded], findings: [], fingerprint: fingerprint([text], [loaded], []) };
  }

  /** A delivery at once, and one for each `put` and each change of a file that the document names. */
  async *deliveries(ports: Ports, signal: AbortSignal): AsyncIterable<Delivery> {
    const referenced = new ReferencedFiles(ports);
    const wakeup = new Wakeup();
    this.#woken.add(wakeup);
    const watching = wakeOnChanges(
      wakeup,
      ports.changes(() => referenced.paths, signal),
    );
    try {
      while (!signal.aborted) {
        yield await this.current(ports, referenced);
        if (!(await wakeup.wait(signal))) return;
      }
    } finally {
      this.#woken.delete(wakeup);
      // A consumer that stops early leaves the watch to the signal.
      if (signal.aborted) await watching;
    }
  }
}

async function wakeOnChanges(wakeup: Wakeup, changes: AsyncIterable<void>): Promise<void> {
  for await (const _ of changes) wakeup.wake();
}
