/** Sorting in turns: a hundred thousand names take the runtime's own longer than others should wait. */
import type { Work } from '../work.js';

/** How two items stand to each other. */
export type Compare<I> = (a: I, b: I) => number;

/** Items that are sorted, or merged, before others may have a turn. */
const itemsAtOnce = 512;

/** The items in order; equal ones keep theirs. */
export function* sorting<I>(items: readonly I[], compare: Compare<I>): Work<readonly I[]> {
  let runs: (readonly I[])[] = [];
  for (let at = 0; at < items.length;) {
    const end = yield* orderedUntil(items, at, compare);
    const next = Math.max(end, at + itemsAtOnce);
    runs.push(next === end ? items.slice(at, end) : items.slice(at, next).sort(compare));
    at = next;
    yield;
  }
  while (runs.length > 1) {
    const merged: (readonly I[])[] = [];
    for (let at = 0; at < runs.length; at += 2)
      merged.push(yield* mergingSorted(runs[at] ?? [], runs[at + 1] ?? [], compare));
    runs = merged;
  }
  return runs[0] ?? [];
}

/** Behind the items from `start` on that are in order as they stand: generators often write them so. */
function* orderedUntil<I>(items: readonly I[], start: number, compare: Compare<I>): Work<number> {
  let end = start + 1;
  for (; end < items.length && compare(items[end - 1] as I, items[end] as I) <= 0; end++)
    if ((end - start) % itemsAtOnce === 0) yield;
  return end;
}

/** So many changes of a list are made by copying what stands between them: one that grows item by item is copied thrice. */
const few = 1024;

/** The items, which are in order, without some of them. */
export function without<I>(items: readonly I[], gone: readonly I[], compare: Compare<I>): readonly I[] {
  if (gone.length === 0) return items;
  const places = gone.length > few ? [] : gone.map((item) => placeOf(items, item, 0, compare) - 1);
  // Of items that compare as equal another one may stand there.
  if (gone.length > few || places.some((place, at) => items[place] !== gone[at])) {
    const left = new Set(gone);
    return items.filter((item) => !left.has(item));
  }
  places.sort((one, other) => one - other);
  return joined([-1, ...places].map((place, at) => items.slice(place + 1, places[at])));
}

const joined = <I>(pieces: readonly (readonly I[])[]): readonly I[] => ([] as readonly I[]).concat(...pieces);

/** Two lists in order as one; of equal items that of the first comes first. Cheap when the second is short. */
export function* mergingSorted<I>(first: readonly I[], second: readonly I[], compare: Compare<I>): Work<readonly I[]> {
  if (second.length === 0) return first;
  if (second.length <= few) {
    const pieces: (readonly I[])[] = [];
    let start = 0;
    for (const item of second) {
      const end = placeOf(first, item, start, compare);
      pieces.push(first.slice(start, end), [item]);
      start = end;
    }
    return joined([...pieces, first.slice(start)]);
  }
  const merged: I[] = [];
  let at = 0;
  for (const item of second) {
    const end = placeOf(first, item, at, compare);
    for (; at < end; at++) merged.push(first[at] as I);
    merged.push(item);
    if (merged.length % itemsAtOnce === 0) yield;
  }
  for (; at < first.length; at++) merged.push(first[at] as I);
  return merged;
}

/** Behind the items that come before `item`, or with it, at `from` or later: further and further steps, then halves. */
function placeOf<I>(items: readonly I[], item: I, from: number, compare: Compare<I>): number {
  let low = from;
  let step = 1;
  while (low + step <= items.length && compare(items[low + step - 1] as I, item) <= 0) {
    low += step;
    step *= 2;
  }
  let high = Math.min(items.length, low + step - 1);
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(items[middle] as I, item) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
