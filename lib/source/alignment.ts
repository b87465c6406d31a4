/** What two lists of the same objects have in common: from one configuration to the next nearly everything stays as it is. */

/** Where each item of a list stood in the list before. */
export class Alignment<I extends object> {
  readonly previous: readonly I[];
  /** How many items both lists begin with, and how many both end with. */
  readonly start: number;
  readonly end: number;
  /** What is in the list before only, in its order. Of lists that have hardly anything in common it may be all. */
  readonly gone: readonly I[];
  /** What is in the new list only, in its order; or all, as above. */
  readonly come: readonly I[];
  /** Of what stands in between, from its first item on: its place in the list before, -1 for what is new. Left out where all is. */
  readonly #between: Int32Array | undefined;
  readonly #lengths: { readonly before: number; readonly now: number };

  constructor(previous: readonly I[], next: readonly I[]) {
    const ends = commonEnds(previous, next);
    const { start, end } = ends;
    const { between, gone, come } = isAllNew(previous, next, ends)
      ? {
          between: undefined,
          gone: previous.slice(start, previous.length - end),
          come: next.slice(start, next.length - end),
        }
      : alignAll(previous, next, ends);
    this.previous = previous;
    this.start = start;
    this.end = end;
    this.gone = gone;
    this.come = come;
    this.#between = between;
    this.#lengths = { before: previous.length, now: next.length };
  }

  /** Whether nothing has come, gone or moved. */
  get isInPlace(): boolean {
    const { before, now } = this.#lengths;
    return before === now && this.start + this.end === now;
  }

  /** The place in the list before of what stands at `at` in the new one; -1 for what is new. */
  placeOf(at: number): number {
    const { before, now } = this.#lengths;
    if (at < this.start) return at;
    if (at >= now - this.end) return at - now + before;
    return this.#between?.[at - this.start] ?? -1;
  }
}

/** Steps one after the other compare the same lists. Nothing is kept alive by it. */
const recent = new WeakMap<readonly object[], WeakRef<Alignment<object>>>();

/** Compares two lists by identity. What stands twice in one list is new wherever the lists differ. */
export function align<I extends object>(previous: readonly I[], next: readonly I[]): Alignment<I> {
  const known = recent.get(next)?.deref();
  if (known?.previous === previous) return known as Alignment<I>;
  const alignment = new Alignment(previous, next);
  recent.set(next, new WeakRef<Alignment<object>>(alignment));
  return alignment;
}

interface Ends {
  readonly start: number;
  readonly end: number;
}

/** Whether both lists are the same objects in the same order. */
export const areSame = (a: readonly object[], b: readonly object[]): boolean =>
  a.length === b.length && commonEnds(a, b).start === a.length;

/** `===` looks at what kind of object it is given, each in another place of memory; `Object.is` of one object does not. */
function commonEnds(a: readonly object[], b: readonly object[]): Ends {
  if (a === b) return { start: a.length, end: 0 };
  const shorter = Math.min(a.length, b.length);
  let start = 0;
  while (start < shorter && Object.is(a[start], b[start])) start++;
  let end = 0;
  while (end < shorter - start && Object.is(a[a.length - 1 - end], b[b.length - 1 - end])) end++;
  return { start, end };
}

/** How far it is looked for the place where lists go on alike, and how often at most it is looked at all. */
const [farthest, mostLooks] = [1024, 1_000_000];

/** What stands between the ends is compared where it stands: copies of it would be most of the work. */
function alignAll<I extends object>(
  previous: readonly I[],
  next: readonly I[],
  ends: Ends,
): { readonly between: Int32Array; readonly gone: readonly I[]; readonly come: readonly I[] } {
  const { start } = ends;
  const between = new Int32Array(next.length - start - ends.end).fill(-1);
  const left = alignInOrder(previous, next, ends, between);
  // What has no partner in its order may have one elsewhere.
  const places = new Map(left.map((at) => [previous[at] as I, at] as const));
  const come: I[] = [];
  for (let at = between.indexOf(-1); at >= 0; at = between.indexOf(-1, at + 1)) {
    const item = next[start + at] as I;
    const place = places.get(item);
    if (place === undefined) come.push(item);
    else between[at] = place;
    places.delete(item);
  }
  return { between, gone: [...places.keys()], come };
}

/** Fills in the places of what stands in the same order in both lists, and returns the places of the others of before. */
function alignInOrder(
  previous: readonly object[],
  next: readonly object[],
  { start, end }: Ends,
  between: Int32Array,
): readonly number[] {
  const left: number[] = [];
  const [lastFrom, lastTo] = [previous.length - end, next.length - end];
  let looks = 0;
  let [from, to] = [start, start];
  while (from < lastFrom && to < lastTo) {
    if (Object.is(previous[from], next[to])) {
      between[to++ - start] = from++;
      continue;
    }
    const most = looks < mostLooks ? farthest : 0;
    let skip = 1;
    // What stands twice may stand behind the last one as well.
    const isGoneBy = (by: number): boolean => from + by < lastFrom && previous[from + by] === next[to];
    const isComeBy = (by: number): boolean => to + by < lastTo && next[to + by] === previous[from];
    while (skip <= most && !isGoneBy(skip) && !isComeBy(skip)) skip++;
    looks += skip;
    const isGone = skip <= most && isGoneBy(skip);
    if (isGone) for (const behind = from + skip; from < behind; from++) left.push(from);
    else if (skip <= most) to += skip;
    else {
      left.push(from++);
      to += 1;
    }
  }
  for (; from < lastFrom; from++) left.push(from);
  return left;
}

/** Of long lists so many items are looked for first. */
const samples = 16;

/** Whether none of some items of before is in the new list: then hardly any is, and places need not be worked out. */
function isAllNew<I extends object>(previous: readonly I[], next: readonly I[], { start, end }: Ends): boolean {
  const [before, last] = [previous.length - end - start, next.length - end];
  if (before === 0 || last === start) return true;
  if (before < 128 * samples) return false;
  for (let sample = 0; sample < samples; sample++) {
    // Objects are found without a look at them, which a set would have to take at each.
    const found = next.indexOf(previous[start + Math.floor((sample * before) / samples)] as I, start);
    if (found >= 0 && found < last) return false;
  }
  return true;
}
