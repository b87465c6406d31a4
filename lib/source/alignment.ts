/** What two lists of the same objects have in common: from one configuration to the next nearly everything stays as it is. */

/** Where each item of a list stood in the list before. */
export interface Alignment<I> {
  /** By place in the new list: the place in the list before, or -1 for what is new. */
  readonly before: Int32Array;
  /** What is in the list before only, in its order. */
  readonly gone: readonly I[];
  /** What is in the new list only, in its order. */
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
