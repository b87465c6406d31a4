/** What compiling remembers from one configuration to the next, so that records that are the same are not made again. */
import { Picked } from '../source/remembered.js';
import type { Drafts, Listing } from './drafts.js';
import type { RouterItem } from '../merge/model.js';
import type { RouterLists } from './routers.js';
import type { Numberings } from './scope.js';

/** For one proxy, and together with one memory of the encoder. */
export class CompileMemory {
  /** Routers that were served, as they came, and in the order in which they are tried. */
  served: readonly RouterItem[] = [];
  inOrder: readonly RouterItem[] = [];
  readonly roots = new Picked<RouterItem>();
  /** The records of those in order; undefined while others are made. */
  drafts: Drafts | undefined;
  /** The lists of each entry point. */
  byEntryPoint: ReadonlyMap<string, RouterLists> = new Map();
  /** The numbers that the records know others by. */
  numberings: Numberings | undefined;
  /** Where routers are listed, by their entry points. */
  readonly listings = new Map<string, Listing>();
  /** Objects whose records hold numbers of tables that all of them share: nobody knows those before they are made. */
  readonly tied = new WeakSet<object>();
  readonly #names = new Map<string, readonly string[]>();

  /** Whether the names of a kind have the numbers they had the last time; those of now are remembered. */
  areSame(kind: string, names: readonly string[]): boolean {
    const before = this.#names.get(kind) ?? [];
    this.#names.set(kind, [...names]);
    return before.length === names.length && before.every((name, at) => name === names[at]);
  }
}
