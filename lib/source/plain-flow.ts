/** Mappings and lists in braces and brackets on one line, as YAML 1.2 reads them; undefined at everything doubtful. */
import { maxDepth } from './limits.js';
import { plainKey, writtenKey } from './plain-key.js';
import { plainScalar } from './plain-scalar.js';

const quoted = /"[^"\\]*"|'(?:[^']|'')*'/y;
/** A word of a plain scalar ends before what means something in flow style; ":" only stands before a letter, digit or slash. */
const unquoted = /[\w.+/()`$^=~-](?:[\w.+/()`$^=~&|@-]|:(?=[\w/])| +(?=[\w.+/()`$^=~&|@-]))*/y;
const key = new RegExp(`${writtenKey} +`, 'y');
const blank = / */y;
const end = /^(?: +#.*)?$/s;

const unsure = Symbol('unsure');

/** Reads a text that begins with a brace or bracket and ends on its line; `depth` are the levels around it. */
export function plainFlow(written: string, depth: number): unknown {
  const reader = new FlowReader(written, depth);
  const value = reader.collection();
  return value !== unsure && end.test(written.slice(reader.at)) ? value : undefined;
}

class FlowReader {
  at = 0;
  readonly #text: string;
  #depth: number;

  constructor(text: string, depth: number) {
    this.#text = text;
    this.#depth = depth;
  }

  collection(): unknown {
    if (++this.#depth > maxDepth) return unsure;
    const value = this.#text[this.at++] === '{' ? this.#mapping() : this.#list();
    this.#depth -= 1;
    return value;
  }

  #mapping(): unknown {
    const mapping: Record<string, unknown> = {};
    this.#take(blank);
    while (!this.#skip('}')) {
      const name = plainKey(this.#match(key), mapping);
      if (name === undefined) return unsure;
      const value = this.#value('}');
      if (value === unsure) return unsure;
      mapping[name] = value;
    }
    return mapping;
  }

  #list(): unknown {
    const list: unknown[] = [];
    this.#take(blank);
    while (!this.#skip(']')) {
      const value = this.#value(']');
      if (value === unsure) return unsure;
      list.push(value);
    }
    // A list that has grown has room for a dozen more.
    return list.slice();
  }

  /** A value and the comma behind it, unless `close` is next. */
  #value(close: string): unknown {
    const first = this.#text[this.at];
    const value = first === '{' || first === '[' ? this.collection() : this.#scalar();
    this.#take(blank);
    if (value === unsure || this.#text[this.at] === close) return value;
    if (!this.#skip(',')) return unsure;
    this.#take(blank);
    // What a comma without anything behind it means is for the other reader to say.
    return this.#text[this.at] === close ? unsure : value;
  }

  #scalar(): unknown {
    const written = this.#take(quoted) ?? this.#take(unquoted);
    const value = written === undefined ? undefined : plainScalar(written);
    return value === undefined ? unsure : value;
  }

  #skip(character: string): boolean {
    if (this.#text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  #take(pattern: RegExp): string | undefined {
    return this.#match(pattern)?.[0];
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.#text);
    if (match !== null) this.at = pattern.lastIndex;
    return match ?? undefined;
  }
}
