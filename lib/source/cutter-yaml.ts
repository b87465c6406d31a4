/**
 * Cuts large YAML texts of plain form: at the lines of entries two levels below the root. It looks at the first characters of
 * each line only; whether the lines of a part are plain is for their reader to say.
 */
import { type Cut, type Cutter, isCut, isStrange, partLength, type Place, root } from './cutter.js';
import { readPlainYaml } from './plain-yaml.js';

export const yamlCutter: Cutter = (text, after, isKnown) => new YamlCutter(text, after, isKnown).cuts();

/** A key whose value begins on a later line. */
const header = /^([A-Za-z_][\w-]*): *(?: #.*)?$/;

/** What makes a text of its own of a part. */
const around = ['', ''] as const;

class YamlCutter {
  readonly #text: string;
  readonly #isKnown: Parameters<Cutter>[2];
  #place: Place;
  /** Behind the last part. */
  #end: number;
  /** The current line: its start, the first character that is no blank, its end. */
  #start: number;
  #first = 0;
  #lineEnd = -1;

  constructor(text: string, after: Parameters<Cutter>[1], isKnown: Parameters<Cutter>[2]) {
    this.#text = text;
    this.#isKnown = isKnown;
    this.#place = after?.place ?? root;
    this.#end = this.#start = after?.end ?? 0;
    this.#lookAt(this.#start);
    if (after === undefined && this.#line() === '---') this.#next();
  }

  *cuts(): Iterable<Cut | undefined> {
    while (this.#start < this.#text.length) {
      const place = this.#placeOfLine();
      if (place === undefined) {
        yield undefined;
        return;
      }
      if (this.#enter(place)) continue;
      const start = this.#start;
      if (isStrange(this.#text.slice(this.#end, start))) {
        yield undefined;
        return;
      }
      if (this.#isKnown(start, place)) {
        yield { start, end: start, place, around, read: () => undefined };
        return;
      }
      yield this.#part(place, start);
    }
    if (isStrange(this.#text.slice(this.#end))) yield undefined;
  }

  get #column(): number {
    return this.#first - this.#start;
  }

  #line(): string {
    return this.#text.slice(this.#first, this.#lineEnd).trimEnd();
  }

  /** The mapping that the key of the current line belongs to. */
  #placeOfLine(): Place | undefined {
    const { path, columns } = this.#place;
    const depth = this.#column === 0 ? 0 : columns.indexOf(this.#column) + 1;
    if (depth === 0 && (this.#column > 0 || /^[-.%]/.test(this.#line()))) return undefined;
    return depth === path.length ? this.#place : { path: path.slice(0, depth), columns: columns.slice(0, depth) };
  }

  /** Goes on below a key whose entries are parts of their own; false at everything else. */
  #enter({ path, columns }: Place): boolean {
    const [, key] = header.exec(this.#line()) ?? [];
    // The same mapping twice in a row would look as one.
    if (key === undefined || !isCut([...path, key]) || this.#place.path[path.length] === key) return false;
    const [start, column] = [this.#start, this.#column];
    this.#next();
    if (this.#start < this.#text.length && this.#column > column && !this.#line().startsWith('-')) {
      this.#place = { path: [...path, key], columns: [...columns, this.#column] };
      return true;
    }
    this.#lookAt(start);
    return false;
  }

  /** The entry of the current line and those behind it, as many as make a part. */
  #part(place: Place, start: number): Cut {
    const column = this.#column;
    this.#place = place;
    do {
      this.#next();
    } while (
      this.#start < this.#text.length &&
      (this.#column > column || (this.#column === column && this.#continues(start)))
    );
    const end = (this.#end = this.#start);
    return { start, end, place, around, read: () => readPlainYaml(this.#text.slice(start, end), place.path.length) };
  }

  /** Whether the entry of the current line belongs to the part that began at `start`. */
  #continues(start: number): boolean {
    const { path } = this.#place;
    return path.length === 2 && this.#start - start < partLength && !this.#isKnown(this.#start, this.#place);
  }

  #next(): void {
    this.#lookAt(this.#lineEnd + 1);
  }

  /** Makes the first line from `at` on that is neither empty nor a comment the current one. */
  #lookAt(at: number): void {
    const text = this.#text;
    for (let start = at; start < text.length;) {
      const found = text.indexOf('\n', start);
      const end = found < 0 ? text.length : found;
      let first = start;
      while (first < end && text.charCodeAt(first) === 0x20) first++;
      if (first < end && text.charCodeAt(first) !== 0x23) {
        [this.#start, this.#first, this.#lineEnd] = [start, first, end];
        return;
      }
      start = end + 1;
    }
    this.#start = this.#first = this.#lineEnd = text.length;
  }
}
