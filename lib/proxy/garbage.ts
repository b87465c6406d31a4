/** Has V8 collect the garbage of a reload when it is over, rather than in the middle of the next one. */
import { getHeapStatistics } from 'node:v8';

/** So much of it is worth a round, in bytes, and in proportion to what is in use. */
const [least, share] = [64 * 1024 * 1024, 0.5];
/**
 * V8 begins a round, in steps of a few milliseconds, when so many bytes outside of its heap have come since the last one
 * (64 MiB, and some of its own). Nothing else that a program can do makes it begin one that does not stop everything at once.
 */
const noticed = 80 * 1024 * 1024;

/** The garbage of one proxy. */
export class Garbage {
  /** Bytes of the heap after the last round, as far as is known. */
  #kept = getHeapStatistics().used_heap_size;

  /** Says that a reload is over. Returns whether a round was asked for. */
  offer(): boolean {
    const used = getHeapStatistics().used_heap_size;
    this.#kept = Math.min(this.#kept, used);
    if (used - this.#kept < Math.max(least, share * this.#kept)) return false;
    this.#kept = used;
    // It is never written to, so that it takes no memory.
    return new ArrayBuffer(noticed).byteLength > 0;
  }
}
