/** What two lists of the same objects have in common: from one configuration to the next nearly everything stays as it is. */

/** Where each item of a list stood in the list before. */
export interface Alignment<I> {
  /** By place in the new list: the place in the list before, or -1 for what is new. */
  readonly before: Int32Array;
  /** What is in the list before only, in its order. Of lists that have hardly anything in common it may be all. */
  readonly gone: readonly I[];
  /** What is in the new list only, in its order; or all, as above. */
  readonly come: readonly I[];
}

/** Compares two lists by identity. What stands twice in one list is new wherever the lists differ. */
export function align<I extends object>(previous: readonly I[], next: readonly I[]): Alignment<I> {
  const before = new Int32Array(next.length).fill(-1);
  const shorter = Math.min(previous.length, next.length);
  let start = 0;
  while (start < shorter && previous[start] === next[start]) before[start] = start++;
  let end = 0;
  while (end < shorter - start && previous[previous.length - 1 - end] === next[next.length - 1 - end]) end++;
  for (let at = 1; at <= end; at++) before[next.length - at] = previous.length - at;
  const [gone, come] = alignMiddle(previous, next, { start, end }, before);
  return { before, gone, come };
}

function alignMiddle<I extends object>(
  previous: readonly I[],
  next: readonly I[],
  { start, end }: { readonly start: number; readonly end: number },
  before: Int32Array,
): readonly [readonly I[], readonly I[]] {
  if (isAllNew(previous, next, start, end))
    return [previous.slice(start, previous.length - end), next.slice(start, next.length - end)];
  const places = new Map<I, number>();
  for (let at = start; at < previous.length - end; at++) places.set(previous[at] as I, at);
  const come: I[] = [];
  for (let at = start; at < next.length - end; at++) {
    const item = next[at] as I;
    const place = places.get(item);
    if (place === undefined) come.push(item);
    else before[at] = place;
    places.delete(item);
  }
  return [[...places.keys()], come];
}

/** Lists below this are compared item by item; of longer ones so many items are looked for first. */
const samples = 256;

/** Whether none of some items of before is in the new list: then hardly any is, and places need not be worked out. */
function isAllNew<I extends object>(previous: readonly I[], next: readonly I[], start: number, end: number): boolean {
  const length = previous.length - end - start;
  if (length < 8 * samples) return false;
  const some = new Set<I>();
  for (let at = 0; at < samples; at++) some.add(previous[start + Math.floor((at * length) / samples)] as I);
  for (let at = start; at < next.length - end; at++) if (some.has(next[at] as I)) return false;
  return true;
}
