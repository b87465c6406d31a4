/** What a step has made of each object, for the next time: of what is the same nothing is made again. */
import type { Work } from '../work.js';
import { align } from './alignment.js';

/** Items looked at before others may have a turn. */
const itemsAtOnce = 64;

/** The objects of one kind that a step has worked on last, with what it made of them. */
export class Remembered<I extends object, O> {
  #items: readonly I[] = [];
  #made: readonly O[] = [];
  /** By place: 1 for what need not be looked at again. */
  #lasting = new Uint8Array();

  /**
   * Something made of each of the items, which are remembered instead of those before. `make` is given what was made of the
   * same object before, if anything was; whether that is still right is for it to say. It is not asked again about what
   * `lasts`, unless `isAsked`.
   */
  *each(
    items: readonly I[],
    make: (item: I, before: O | undefined) => O,
    lasts: (item: I, made: O) => boolean = () => false,
    isAsked = false,
  ): Work<readonly O[]> {
    const { before } = align(this.#items, items);
    const made: O[] = [];
    const lasting = new Uint8Array(items.length);
    for (let at = 0; at < items.length; at++) {
      const place = before[at] ?? -1;
      const known = this.#made[place];
      const isLasting = known !== undefined && this.#lasting[place] === 1;
      const item = items[at] as I;
      const own = isLasting && !isAsked ? known : make(item, known);
      made.push(own);
      lasting[at] = (isLasting && own === known) || lasts(item, own) ? 1 : 0;
      if (at % itemsAtOnce === itemsAtOnce - 1) yield;
    }
    this.#items = items;
    this.#made = made;
    this.#lasting = lasting;
    return made;
  }
}
