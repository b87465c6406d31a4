/** Objects by their names. The names of a large configuration stay as they are while one of its objects changes. */
import { forEach, type Work } from '../work.js';
import { align } from './alignment.js';

/** What has a name. */
export interface Named {
  readonly name: string;
}

/** A map of which the values are a list and the names are shared with other lists. */
class ByName<I extends Named> implements ReadonlyMap<string, I> {
  readonly #items: readonly I[];
  readonly #places: ReadonlyMap<string, number>;

  constructor(items: readonly I[], places: ReadonlyMap<string, number>) {
    this.#items = items;
    this.#places = places;
  }

  get size(): number {
    return this.#items.length;
  }

  /** The values without a copy. */
  get list(): readonly I[] {
    return this.#items;
  }

  get(name: string): I | undefined {
    const place = this.#places.get(name);
    return place === undefined ? undefined : this.#items[place];
  }

  has(name: string): boolean {
    return this.#places.has(name);
  }

  keys(): MapIterator<string> {
    return this.#places.keys();
  }

  values(): ArrayIterator<I> {
    return this.#items.values();
  }

  *entries(): MapIterator<[string, I]> {
    for (const item of this.#items) yield [item.name, item];
  }

  [Symbol.iterator](): MapIterator<[string, I]> {
    return this.entries();
  }

  forEach(callback: (item: I, name: string, map: ReadonlyMap<string, I>) => void): void {
    for (const item of this.#items) callback(item, item.name, this);
  }
}

/** The values of a map in their order; a large one is not copied. */
export const listOf = <I extends Named>(map: ReadonlyMap<string, I>): readonly I[] =>
  map instanceof ByName ? (map.list as readonly I[]) : [...map.values()];

/** What makes lists of the same names: each makes other objects, and compares them with its own of before. */
export type Step = 'merged' | 'checked' | 'settled' | 'used';

/** Where each name stands, kept from one list to the next. */
export class NameIndex {
  #items: readonly Named[] = [];
  #places: ReadonlyMap<string, number> = new Map();
  readonly #bySteps = new Map<Step, readonly Named[]>();

  /** The items by their names, in their order; undefined when a name stands twice. */
  *of<I extends Named>(given: readonly I[], step: Step): Work<ReadonlyMap<string, I> | undefined> {
    const before = this.#bySteps.get(step);
    // Of lists that say the same it is the same one every time, which the next step sees at once.
    const items = before !== undefined && align(before, given).isInPlace ? (before as readonly I[]) : given;
    if (before === undefined || !sameNames(before, items)) {
      if (!sameNames(this.#items, items)) {
        const places = new Map<string, number>();
        yield* forEach(items, ({ name }) => void places.set(name, places.size));
        if (places.size < items.length) return undefined;
        this.#places = places;
        this.#bySteps.clear();
      }
    }
    this.#items = items;
    this.#bySteps.set(step, items);
    return new ByName(items, this.#places);
  }
}

function sameNames(before: readonly Named[], now: readonly Named[]): boolean {
  if (before.length !== now.length) return false;
  const { start, end } = align(before, now);
  for (let at = start; at < now.length - end; at++) {
    const [one, other] = [before[at] as Named, now[at] as Named];
    if (one !== other && one.name !== other.name) return false;
  }
  return true;
}

/** One for each kind of which there can be very many. */
export class NameIndexes {
  readonly routers = new NameIndex();
  readonly services = new NameIndex();
  readonly middlewares = new NameIndex();
}
