/** What a step has made of each object, for the next time: of what is the same nothing is made again. */
import type { Work } from '../work.js';
import { align } from './alignment.js';

/** Items looked at before others may have a turn. */
const itemsAtOnce = 64;

/** The objects of one kind that a step has worked on last, with what it made of them. */
export class Remembered<I extends object, O> {
  #items: readonly I[] = [];
  #made: readonly O[] = [];

  /**
   * Something made of each of the items, which are remembered instead of those before. `make` is given what was made of the
   * same object before, if anything was; whether that is still right is for it to say.
   */
  *each(items: readonly I[], make: (item: I, before: O | undefined) => O): Work<readonly O[]> {
    const { before } = align(this.#items, items);
    const made: O[] = [];
    for (const [at, item] of items.entries()) {
      made.push(make(item, this.#made[before[at] ?? -1]));
      if (at % itemsAtOnce === itemsAtOnce - 1) yield;
    }
    this.#items = items;
    this.#made = made;
    return made;
  }
}
