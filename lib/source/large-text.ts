/**
 * Reads a large text in parts: a few hundred objects each, as if they stood in files of their own. Others have their turn
 * between two parts, and of a text that was read before only the parts are read again in which something has changed.
 *
 * Like the readers of plain YAML and JSON, which read the parts, it may refuse anything; the text is then read as a whole.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Work } from '../work.js';
import { type Cut, type Cutter, type Place, samePlace } from './cutter.js';
import { jsonCutter } from './cutter-json.js';
import { yamlCutter } from './cutter-yaml.js';
import type { Document, Origin, Path, Places, SourceText } from './origin.js';
import { isMapping } from './path.js';
import { originsWithin, wholeOf } from './yaml.js';
import type { YamlOrigins } from './yaml-origins.js';

/** From this many characters on a text is worth cutting. */
const largeText = 128 * 1024;

/**
 * Entries of at most so many parts are compared with those of before, and in each until so many were others: of a text that has
 * changed all over hardly any is equal.
 */
const [mostCompared, mostOthers] = [16, 8];

/** The parts of one text, from one version of it to the next. */
export class LargeText {
  #text = '';
  #parts: readonly Part[] = [];
  /** Keys of every mapping that was cut, to find those written twice. */
  readonly #keys = new Map<string, Set<string>>();

  /** The documents that a text is made of; undefined when it has to be read as a whole. */
  *read(source: SourceText): Work<readonly Document[] | undefined> {
    const { name, text } = source;
    const cutter = text.length < largeText ? undefined : cutterOf(name, text);
    const isFirst = this.#parts.length === 0;
    let parts = cutter === undefined ? undefined : yield* this.#cut(source, cutter);
    // What stood in the way may be something that was kept.
    if (cutter !== undefined && parts === undefined && !isFirst) parts = yield* this.#cut(source, cutter);
    this.#text = parts === undefined ? '' : text;
    this.#parts = parts ?? [];
    return parts;
  }

  *#cut(source: SourceText, cutter: Cutter): Work<readonly Part[] | undefined> {
    const { text } = source;
    const { before, behind, moved } = this.#unchanged(text);
    // Work may be given up in between; then the next one begins with nothing.
    const all = this.#parts;
    [this.#text, this.#parts] = ['', []];
    const replaced = all.slice(before.length, all.length - behind.length);
    if (before.length + behind.length === 0) this.#keys.clear();
    else for (const part of replaced) this.#forget(part);
    const changed = replaced.length > mostCompared ? [] : replaced;
    const known = new Map(behind.map((part) => [part.start + moved, part]));
    const parts = [...before];
    for (const cut of cutter(text, before.at(-1), (at, place) => samePlace(known.get(at)?.place, place))) {
      if (cut === undefined) return undefined;
      const rest = cut.start < cut.end ? undefined : behind.filter(({ start }) => start + moved >= cut.start);
      if (rest !== undefined) {
        for (const part of behind.slice(0, behind.length - rest.length)) this.#forget(part);
        return this.#settled(source, before, parts.slice(before.length), rest, moved);
      }
      const at = changed.findIndex(({ place }) => samePlace(place, cut.place));
      const part = this.#partOf(cut, source, at < 0 ? undefined : changed.splice(0, at + 1).at(-1));
      if (part === undefined) return undefined;
      parts.push(part);
      yield;
    }
    for (const part of behind) this.#forget(part);
    return this.#settled(source, before, parts.slice(before.length), [], moved);
  }

  /** All parts as those of this version of the text; undefined when they do not fit together. */
  #settled(
    source: SourceText,
    before: readonly Part[],
    fresh: readonly Part[],
    behind: readonly Part[],
    moved: number,
  ): readonly Part[] | undefined {
    const parts = [...before, ...fresh, ...behind];
    if (!this.#isSound(parts)) return undefined;
    for (const part of before) part.settle(source, 0);
    for (const part of fresh) part.settle(source, 0);
    for (const part of behind) part.settle(source, moved);
    return parts;
  }

  /** The parts before and behind what has changed, and how far the latter have moved. */
  #unchanged(text: string): {
    readonly before: readonly Part[];
    readonly behind: readonly Part[];
    readonly moved: number;
  } {
    const same = commonStart(this.#text, text);
    const sameEnd = commonEnd(this.#text, text, same);
    const firstChanged = this.#parts.findIndex(({ end }) => end >= same);
    const before = firstChanged < 0 ? this.#parts : this.#parts.slice(0, firstChanged);
    const behind = this.#parts.slice(before.length).filter(({ start }) => start >= this.#text.length - sameEnd);
    return { before, behind, moved: text.length - this.#text.length };
  }

  /**
   * The part with what was read of it; undefined when that is no mapping, or a key stands in another part as well. `before` is
   * the part that stood there before.
   */
  #partOf(cut: Cut, source: SourceText, before: Part | undefined): Part | undefined {
    const value = cut.read();
    if (!isMapping(value)) return undefined;
    const all = this.#keysOf(cut.place);
    const keys = Object.keys(value);
    const size = all.size + keys.length;
    for (const key of keys) all.add(key);
    if (all.size < size) return undefined;
    const same = before && withSame(value, before.entries);
    return new Part(cut, keys, same ?? value, source, same && before.places);
  }

  /** Whether no mapping was left and entered again, and none stands beside an entry of the same name. */
  #isSound(parts: readonly Part[]): boolean {
    const left = new Set<string>();
    let last: Place | undefined;
    for (const { place } of parts) {
      if (last !== undefined && samePlace(last, place)) continue;
      const names = place.path.map((_, at) => nameOf(place.path.slice(0, at + 1)));
      if (names.some((name) => left.has(name))) return false;
      if (place.path.some((key, at) => this.#keys.get(nameOf(place.path.slice(0, at)))?.has(key) === true))
        return false;
      for (const [at] of (last?.path ?? []).entries()) {
        const name = nameOf(last?.path.slice(0, at + 1) ?? []);
        if (!names.includes(name)) left.add(name);
      }
      last = place;
    }
    return true;
  }

  #keysOf({ path }: Place): Set<string> {
    const name = nameOf(path);
    const keys = this.#keys.get(name) ?? new Set();
    this.#keys.set(name, keys);
    return keys;
  }

  #forget({ place, keys }: Part): void {
    const all = this.#keysOf(place);
    for (const key of keys) all.delete(key);
  }
}

/** The entries, with those of before in place of what is equal to them; undefined when hardly any is. */
function withSame(
  entries: Readonly<Record<string, unknown>>,
  before: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> | undefined {
  const kept: [key: string, entry: unknown][] = [];
  let others = 0;
  for (const [key, entry] of Object.entries(entries)) {
    const known = before[key];
    const isSame = typeof known === 'object' && isDeepStrictEqual(entry, known);
    if (!isSame && ++others > mostOthers) return undefined;
    kept.push([key, isSame ? known : entry]);
  }
  return Object.fromEntries(kept);
}

/**
 * A part of a text, as a document: the entries of one mapping that stand one behind the other. While its text stays as it is,
 * it is the same object in every version of the whole, and knows where it stands in the last.
 */
class Part implements Document {
  readonly value: unknown;
  readonly entries: Readonly<Record<string, unknown>>;
  readonly place: Place;
  readonly keys: readonly string[];
  readonly isLiteral: boolean;
  readonly places: PartPlaces;
  readonly around: readonly [open: string, close: string];
  start: number;
  end: number;

  constructor(
    { start, end, place, around }: Cut,
    keys: readonly string[],
    entries: Readonly<Record<string, unknown>>,
    source: SourceText,
    places?: PartPlaces,
  ) {
    this.entries = entries;
    this.value = place.path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), entries);
    this.place = place;
    this.keys = keys;
    this.start = start;
    this.end = end;
    this.around = around;
    const text = source.text.slice(start, end);
    // What is written with a backslash may be anything.
    this.isLiteral = !text.includes('$') && !text.includes('\\');
    this.places = places ?? new PartPlaces();
  }

  /** Takes its place in a version of the text. */
  settle(source: SourceText, moved: number): void {
    this.start += moved;
    this.end += moved;
    this.places.settle(this, source);
  }

  origin(path: Path, part: 'key' | 'value' = 'value'): Origin {
    return this.places.origin(path, part);
  }
}

/** Where the entries of a part stand in the last version of the text that it was in. */
class PartPlaces implements Places {
  #part: Part | undefined;
  #source: SourceText = { name: '', text: '' };
  #origins: WeakRef<YamlOrigins> | undefined;
  #version = 0;

  get version(): number {
    return this.#version;
  }

  settle(part: Part, source: SourceText): void {
    this.#version += 1;
    this.#part = part;
    this.#source = source;
    this.#origins = undefined;
  }

  origin(path: Path, part: 'key' | 'value' = 'value'): Origin {
    if (this.#part === undefined) return wholeOf(this.#source).origin(path, part);
    const { keys, place } = this.#part;
    const { path: around } = place;
    const [entry, ...rest] = path.slice(around.length);
    const isOwn = around.every((key, at) => key === path[at]) && entry !== undefined && keys.includes(String(entry));
    return isOwn ? this.#within(this.#part).origin([entry, ...rest], part) : wholeOf(this.#source).origin(path, part);
  }

  /** What the library finds in this part alone: that takes milliseconds, in the whole text it takes seconds. */
  #within({ start, end, around: [open, close] }: Part): YamlOrigins {
    const known = this.#origins?.deref();
    if (known !== undefined) return known;
    const written = `${open}${this.#source.text.slice(start, end)}${close}`;
    const origins = originsWithin(this.#source, start - open.length, written);
    this.#origins = new WeakRef(origins);
    return origins;
  }
}

const nameOf = (path: readonly string[]): string => path.join('\0');

function cutterOf(name: string, text: string): Cutter | undefined {
  if (/\.json$/i.test(name)) return jsonCutter;
  return /^\s*\{/.test(text.slice(0, 100)) ? jsonCutter : yamlCutter;
}

/** Characters compared at a time. */
const block = 64 * 1024;

function commonStart(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  let at = 0;
  while (at + block <= shorter && a.slice(at, at + block) === b.slice(at, at + block)) at += block;
  while (at < shorter && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  return at;
}

/** As `commonStart`, from the end, without what both have in common at the start. */
function commonEnd(a: string, b: string, start: number): number {
  const shorter = Math.min(a.length, b.length) - start;
  const equal = (from: number, to: number): boolean =>
    a.slice(a.length - to, a.length - from) === b.slice(b.length - to, b.length - from);
  let length = 0;
  while (length + block <= shorter && equal(length, length + block)) length += block;
  while (length < shorter && a.charCodeAt(a.length - 1 - length) === b.charCodeAt(b.length - 1 - length)) length++;
  return length;
}
