/** Cuts large JSON texts: at the members of objects two levels below the root. Their values are skipped, not read. */
import { type Cut, type Cutter, isCut, isStrange, partLength, type Place, root } from './cutter.js';
import { endOfString, readPlainJson } from './plain-json.js';

export const jsonCutter: Cutter = (text, after, isKnown) => new JsonCutter(text, after, isKnown).cuts();

const code = { quote: 0x22, comma: 0x2c, colon: 0x3a, open: 0x7b, close: 0x7d } as const;
const isBlank = (character: number): boolean => character === 0x20 || character === 0x0a;

/** What makes a text of its own of a part. */
const around = ['{', '}'] as const;

class JsonCutter {
  readonly #text: string;
  readonly #isKnown: Parameters<Cutter>[2];
  #place: Place;
  #at: number;
  /** Behind the last part. */
  #end: number;
  /** The object that was left last. */
  #left = '';

  constructor(text: string, after: Parameters<Cutter>[1], isKnown: Parameters<Cutter>[2]) {
    this.#text = text;
    this.#isKnown = isKnown;
    this.#place = after?.place ?? root;
    this.#at = this.#end = after?.end ?? 0;
  }

  *cuts(): Iterable<Cut | undefined> {
    if (this.#at === 0 && !this.#take(code.open)) {
      yield undefined;
      return;
    }
    let isBehind = this.#end > 0;
    for (;;) {
      if (isBehind && !this.#goOn()) {
        // Behind the root nothing may stand.
        if (this.#at < this.#text.length || isStrange(this.#text.slice(this.#end))) yield undefined;
        return;
      }
      this.#skipBlanks();
      const start = this.#at;
      if (this.#isKnown(start, this.#place)) {
        yield { start, end: start, place: this.#place, around, read: () => undefined };
        return;
      }
      isBehind = !this.#enter();
      if (!isBehind) continue;
      if (isStrange(this.#text.slice(this.#end, start)) || !this.#skipMembers(start)) {
        yield undefined;
        return;
      }
      yield this.#part(start);
    }
  }

  #part(start: number): Cut {
    const { path } = this.#place;
    const end = (this.#end = this.#at);
    return {
      start,
      end,
      place: this.#place,
      around,
      read: () => readPlainJson(`{${this.#text.slice(start, end)}}`, path.length),
    };
  }

  /** Behind a member: to the next one, which may be that of an object further out; false at the end of the root. */
  #goOn(): boolean {
    for (;;) {
      if (this.#take(code.comma)) return true;
      if (!this.#take(code.close)) {
        this.#at = -1;
        return false;
      }
      const { path } = this.#place;
      this.#left = path.join('\0');
      if (path.length === 0) {
        this.#skipBlanks();
        return false;
      }
      this.#place = { path: path.slice(0, -1), columns: [] };
    }
  }

  /** Goes on inside an object whose members are parts of their own; false at everything else. */
  #enter(): boolean {
    const { path } = this.#place;
    const start = this.#at;
    const isText = path.length < 2 && this.#skipString();
    const inner = [...path, this.#text.slice(start + 1, this.#at - 1)];
    // The same object twice in a row would look as one.
    const isWanted = isText && isCut(inner) && inner.join('\0') !== this.#left;
    if (isWanted && this.#take(code.colon) && this.#take(code.open)) {
      this.#skipBlanks();
      if (this.#text.charCodeAt(this.#at) === code.quote) {
        this.#place = { path: inner, columns: [] };
        return true;
      }
    }
    this.#at = start;
    return false;
  }

  /** Over the member here and those behind it, as many as make a part. */
  #skipMembers(start: number): boolean {
    for (;;) {
      if (!this.#skipString() || !this.#take(code.colon) || !this.#skipValue()) return false;
      const end = this.#at;
      if (this.#place.path.length < 2 || end - start > partLength || !this.#take(code.comma)) {
        this.#at = end;
        return true;
      }
      this.#skipBlanks();
      if (!this.#isKnown(this.#at, this.#place)) continue;
      this.#at = end;
      return true;
    }
  }

  /** Takes a character and the blanks before it. */
  #take(character: number): boolean {
    this.#skipBlanks();
    if (this.#text.charCodeAt(this.#at) !== character) return false;
    this.#at += 1;
    return true;
  }

  #skipBlanks(): void {
    while (isBlank(this.#text.charCodeAt(this.#at))) this.#at += 1;
  }

  #skipString(): boolean {
    if (this.#text.charCodeAt(this.#at) !== code.quote) return false;
    const end = endOfString(this.#text, this.#at);
    if (end < 0) return false;
    this.#at = end;
    return true;
  }

  #skipValue(): boolean {
    this.#skipBlanks();
    let depth = 0;
    while (this.#at < this.#text.length) {
      const character = this.#text.charCodeAt(this.#at);
      const isOpen = character === code.open || character === 0x5b;
      const isClose = character === code.close || character === 0x5d;
      if (depth === 0 && (isClose || character === code.comma)) return true;
      if (character === code.quote) {
        if (!this.#skipString()) return false;
        continue;
      }
      depth += isOpen ? 1 : isClose ? -1 : 0;
      this.#at += 1;
      if (depth === 0 && isClose) return true;
    }
    return false;
  }
}
