/** What compiling remembers from one configuration to the next, so that records that are the same are not made again. */
import type { RouterItem, ServiceItem } from '../merge/model.js';
import { align } from '../source/alignment.js';
import { Picked } from '../source/remembered.js';
import type { Drafts, Listing } from './drafts.js';
import type { RouterLists } from './routers.js';
import type { Row } from './row.js';
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
  readonly services = new KnownServices();
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

/** Of so many services that are gone each is told from the others by looking at all of them. */
const mostGone = 16;

/** The services of the last compilation. To look one up by its name touches memory in many places. */
class KnownServices {
  #listed: readonly ServiceItem[] = [];
  /** By number. */
  #names: readonly string[] = [];
  #items: Row<ServiceItem> | undefined;

  /** What finds a service of the list by its name and number, when it had them before. */
  in(listed: readonly ServiceItem[]): (name: string, number: number) => ServiceItem | undefined {
    const [names, items] = [this.#names, this.#items];
    const { gone } = align(this.#listed, listed);
    if (items === undefined || gone.length > mostGone) return () => undefined;
    return (name, number) => {
      // The texts are not compared: names are those of before where numbers are.
      if (!Object.is(names[number], name)) return undefined;
      const item = items.at(number);
      return gone.includes(item) ? undefined : item;
    };
  }

  keep(listed: readonly ServiceItem[], names: readonly string[], items: Row<ServiceItem>): void {
    this.#listed = listed;
    this.#names = names;
    this.#items = items;
  }
}
