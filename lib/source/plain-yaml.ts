/**
 * Reads the YAML that people and generators mostly write: block mappings and lists, scalars and flow collections of one line.
 *
 * It exists for large texts only: 100,000 routers take the library 8 seconds and this a quarter of one. It gives up
 * (undefined) at everything else, at every error and at every doubt, and the library then reads the text instead; so it
 * may refuse anything, but what it returns must be what the library returns. A property test compares both.
 */
import { maxDepth } from './limits.js';
import { plainFlow } from './plain-flow.js';
import { nullKey, plainKey, writtenKey } from './plain-key.js';
import { plainScalar } from './plain-scalar.js';

/** The data of a text in plain form; undefined when it is not, or may not be. `depth` are the levels around it. */
export function readPlainYaml(text: string, depth = 0): unknown {
  // Tabs, carriage returns and byte order marks have rules of their own.
  if (/[\t\r\uFEFF\u0085\u2028\u2029]/.test(text)) return undefined;
  const value = new PlainReader(text, depth).read();
  return value === unsure ? undefined : value;
}

const unsure = Symbol('unsure');

const pair = new RegExp(`^${writtenKey}(?: +(.*))?$`, 's');

const code = { blank: 0x20, hash: 0x23, dash: 0x2d, colon: 0x3a, bracket: 0x5b, brace: 0x7b } as const;

/** Whether the characters of ASCII may stand in a bare key; the first one has to be a letter or an underscore. */
const keyCharacters = Uint8Array.from({ length: 128 }, (_, at) => (/[\w./@-]/.test(String.fromCharCode(at)) ? 1 : 0));
const firstCharacters = Uint8Array.from({ length: 128 }, (_, at) =>
  /[A-Za-z_]/.test(String.fromCharCode(at)) ? 1 : 0,
);

/** Goes through a text line by line, and makes texts of nothing but keys and values: there are millions of lines. */
class PlainReader {
  readonly #text: string;
  #depth: number;
  /** The current line without what surrounds it. Lines that are empty or a comment are passed over. */
  #first = 0;
  #last = 0;
  /** Column of its first character; -1 at the end. Moved past the dashes of list entries. */
  #indent = 0;
  #lineEnd = -1;
  /** A line was met that begins or ends a document. */
  #isMarked = false;
  /** By level the first keys of the last mapping there: where the next one has the same they are not made and checked again. */
  readonly #keys: string[][] = [];
  /** The collection of one line that was read last, and what it means: most of 100,000 are equal. */
  #flow = { written: '', depth: 0, value: undefined as unknown };

  constructor(text: string, depth: number) {
    this.#text = text;
    this.#depth = depth;
  }

  read(): unknown {
    this.#next();
    if (this.#isMarked && this.#text.slice(this.#first, this.#lineEnd) === '---') {
      this.#isMarked = false;
      this.#next();
    }
    if (this.#indent < 0) return unsure;
    const value = this.#block(this.#indent);
    return this.#indent < 0 && !this.#isMarked ? value : unsure;
  }

  /** Makes the next line the current one. */
  #next(): void {
    const text = this.#text;
    for (let start = this.#lineEnd + 1; start < text.length;) {
      const found = text.indexOf('\n', start);
      const end = found < 0 ? text.length : found;
      let first = start;
      while (first < end && text.charCodeAt(first) === code.blank) first++;
      if (first < end && text.charCodeAt(first) !== code.hash) {
        if (first === start && isMarker(text, start)) this.#isMarked = true;
        let last = end;
        while (text.charCodeAt(last - 1) === code.blank) last--;
        this.#first = first;
        this.#last = last;
        this.#indent = first - start;
        this.#lineEnd = end;
        return;
      }
      start = end + 1;
    }
    this.#indent = -1;
    this.#lineEnd = text.length;
  }

  /** The mapping or list whose first line, at this indentation, is the current one. */
  #block(indent: number): unknown {
    if (++this.#depth > maxDepth || this.#isMarked) return unsure;
    const value = this.#isEntry(this.#first) ? this.#list(indent) : this.#mapping(indent);
    this.#depth -= 1;
    return value;
  }

  #mapping(indent: number): unknown {
    const mapping: Record<string, unknown> = {};
    // Up to the current pair they are always those of this mapping.
    const keys = (this.#keys[this.#depth] ??= []);
    let size = 0;
    for (; this.#indent === indent; size++) {
      const colon = this.#colon(this.#first);
      const value =
        colon < 0 ? this.#oddPair(mapping, indent, keys, size) : this.#pair(mapping, indent, colon, keys, size);
      if (value === unsure) return unsure;
    }
    // Further keys are not looked up one by one.
    const isOnce = size <= keysKept || Object.keys(mapping).length === size;
    return this.#indent < indent && isOnce ? mapping : unsure;
  }

  /** Behind a bare key that begins at `from`, with a blank or the end of the line behind the colon; -1 when there is none. */
  #colon(from: number): number {
    const text = this.#text;
    if (firstCharacters[text.charCodeAt(from)] !== 1) return -1;
    let at = from + 1;
    while (keyCharacters[text.charCodeAt(at)] === 1) at++;
    const isPair =
      text.charCodeAt(at) === code.colon && (at + 1 === this.#last || text.charCodeAt(at + 1) === code.blank);
    return isPair ? at : -1;
  }

  /** A bare key, the one at that place of its mapping, and its value. */
  #pair(mapping: Record<string, unknown>, indent: number, colon: number, keys: string[], at: number): unknown {
    const key = this.#key(mapping, this.#first, colon, keys, at);
    if (key === undefined) return unsure;
    let from = colon + 1;
    while (from < this.#last && this.#text.charCodeAt(from) === code.blank) from++;
    const value = this.#value(from, indent, indent);
    if (value !== unsure) mapping[key] = value;
    return value;
  }

  /** A bare key; undefined where it is no text, or may stand there twice. */
  #key(mapping: object, from: number, to: number, keys: string[], at: number): string | undefined {
    const known = keys[at];
    if (known?.length === to - from && this.#text.startsWith(known, from)) return known;
    const key = this.#text.slice(from, to);
    if (key === '__proto__' || (key.length === 4 && nullKey.test(key))) return undefined;
    if (at < keysKept && Object.hasOwn(mapping, key)) return undefined;
    keep(keys, at, key);
    return key;
  }

  /** A key that is not bare, and its value. */
  #oddPair(mapping: Record<string, unknown>, indent: number, keys: string[], at: number): unknown {
    const match = pair.exec(this.#text.slice(this.#first, this.#last));
    const key = plainKey(match, mapping);
    if (match === null || key === undefined) return unsure;
    keep(keys, at, key);
    const value = this.#value(this.#last - (match[4] ?? '').length, indent, indent);
    if (value !== unsure) mapping[key] = value;
    return value;
  }

  #list(indent: number): unknown {
    const list: unknown[] = [];
    while (this.#indent === indent && this.#isEntry(this.#first)) {
      const value = this.#entry(indent);
      if (value === unsure) return unsure;
      list.push(value);
    }
    // A list that has grown has room for a dozen more.
    return this.#indent <= indent ? list.slice() : unsure;
  }

  #entry(indent: number): unknown {
    let first = this.#first + 1;
    while (first < this.#last && this.#text.charCodeAt(first) === code.blank) first++;
    if (this.#isEntry(first) || this.#colon(first) >= 0 || pair.test(this.#text.slice(first, this.#last))) {
      // "- key: value" begins a block at the column of the key.
      this.#indent += first - this.#first;
      this.#first = first;
      return this.#block(this.#indent);
    }
    return this.#value(first, indent, indent + 1);
  }

  /** What stands behind a colon or a dash: a scalar on the line, or the block below it. */
  #value(from: number, indent: number, listIndent: number): unknown {
    const written = from < this.#last ? this.#text.slice(from, this.#last) : '';
    this.#next();
    const first = written.charCodeAt(0);
    if (written !== '' && first !== code.hash) {
      // Something deeper would continue the scalar.
      if (this.#indent > indent) return unsure;
      const value = first === code.bracket || first === code.brace ? this.#collection(written) : plainScalar(written);
      return value === undefined ? unsure : value;
    }
    if (this.#indent < indent) return null;
    if (this.#indent > indent) return this.#block(this.#indent);
    return this.#indent === listIndent && this.#isEntry(this.#first) ? this.#block(this.#indent) : null;
  }

  #collection(written: string): unknown {
    const depth = this.#depth;
    if (this.#flow.written !== written || this.#flow.depth !== depth)
      this.#flow = { written, depth, value: plainFlow(written, depth) };
    return this.#flow.value;
  }

  #isEntry(at: number): boolean {
    const text = this.#text;
    return text.charCodeAt(at) === code.dash && (at + 1 === this.#last || text.charCodeAt(at + 1) === code.blank);
  }
}

/** Keys of a mapping that are remembered. */
const keysKept = 16;

/** Puts a key in its place; those behind it belonged to a mapping that had another one there. */
function keep(keys: string[], at: number, key: string): void {
  if (at >= keysKept) return;
  if (at < keys.length) keys.length = at;
  keys.push(key);
}

/** Whether a line begins like one that stands between documents. */
const isMarker = (text: string, at: number): boolean =>
  text.charCodeAt(at) === 0x25 || text.startsWith('---', at) || text.startsWith('...', at);
