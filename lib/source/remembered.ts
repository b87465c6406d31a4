/** What a step has made of each object, for the next time: of what is the same nothing is made again. */
import type { Work } from '../work.js';
import { align, type Alignment } from './alignment.js';

/** Items looked at before others may have a turn. */
const itemsAtOnce = 64;

/** The objects of one kind that a step has worked on last, with what it made of them. */
export class Remembered<I extends object, O> {
  #items: readonly I[] = [];
  #made: readonly O[] = [];
  /** By place: 1 for what need not be looked at again. */
  #lasting: Uint8Array = new Uint8Array();

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
    const aligned = align(this.#items, items);
    const lasting = carried(this.#lasting, items.length, aligned);
    // Where everything stands as before it is copied when something else is made of an item.
    let made = aligned.isInPlace ? undefined : carriedList(this.#made, items.length, aligned);
    // What lasts is passed over at once.
    const next = (at: number): number => (isAsked ? at : nextOf(lasting, 0, at));
    for (let at = next(0), left = itemsAtOnce; at < items.length; at = next(at + 1)) {
      const place = aligned.placeOf(at);
      // Nothing stands at -1, but to find that out takes long.
      const known = place < 0 ? undefined : this.#made[place];
      const isLasting = known !== undefined && this.#lasting[place] === 1;
      const item = items[at] as I;
      const own = isLasting && !isAsked ? known : make(item, known);
      if (made !== undefined || own !== known) (made ??= this.#made.slice())[at] = own;
      lasting[at] = (isLasting && own === known) || lasts(item, own) ? 1 : 0;
      if (--left > 0) continue;
      left = itemsAtOnce;
      yield;
    }
    this.#items = items;
    this.#made = made ?? this.#made;
    this.#lasting = lasting;
    return this.#made;
  }
}

/** The items of a list that have something in common, from one list to the next. */
export class Picked<I extends object> {
  #items: readonly I[] = [];
  /** By place: 1 for those that have it. */
  #picked: Uint8Array = new Uint8Array();

  /** Those of the items for which `has` is true, in their order; of the same item it is the same every time. */
  *of(items: readonly I[], has: (item: I) => boolean): Work<readonly I[]> {
    const aligned = align(this.#items, items);
    const picked = carried(this.#picked, items.length, aligned);
    for (let at = aligned.start; at < items.length - aligned.end; at++) {
      const place = aligned.placeOf(at);
      picked[at] = place < 0 ? Number(has(items[at] as I)) : (this.#picked[place] ?? 0);
      if (at % itemsAtOnce === itemsAtOnce - 1) yield;
    }
    this.#items = items;
    this.#picked = picked;
    if (nextOf(picked, 0, 0) === items.length) return items;
    return nextOf(picked, 1, 0) === items.length ? [] : items.filter((_, at) => picked[at] === 1);
  }
}

/** What is known of the places at which both lists begin and end; nothing of those in between. */
function carried(before: Uint8Array, length: number, { start, end }: Alignment<object>): Uint8Array {
  const now = new Uint8Array(length);
  now.set(before.subarray(0, start));
  now.set(before.subarray(before.length - end), length - end);
  return now;
}

/** As `carried`; what belongs in between is filled in later. */
function carriedList<O>(before: readonly O[], length: number, { start, end }: Alignment<object>): O[] {
  const between = new Array<O>(length - start - end);
  return before.slice(0, start).concat(between, end === 0 ? [] : before.slice(-end));
}

/** The first place from `from` on with that value; behind the last one when there is none. */
function nextOf(flags: Uint8Array, value: number, from: number): number {
  const found = flags.indexOf(value, from);
  return found < 0 ? flags.length : found;
}
