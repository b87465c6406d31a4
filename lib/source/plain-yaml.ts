/**
 * Reads the YAML that people and generators mostly write: block mappings and lists, scalars and flow collections of one line.
 *
 * It exists for large texts only: 100,000 routers take the library 8 seconds and this a quarter of one. It gives up
 * (undefined) at everything else, at every error and at every doubt, and the library then reads the text instead; so it
 * may refuse anything, but what it returns must be what the library returns. A property test compares both.
 */
import { maxDepth } from './limits.js';
import { plainFlow } from './plain-flow.js';
import { plainKey, writtenKey } from './plain-key.js';
import { plainScalar } from './plain-scalar.js';

/** The data of a text in plain form; undefined when it is not, or may not be. `depth` are the levels around it. */
export function readPlainYaml(text: string, depth = 0): unknown {
  const lines = splitLines(text);
  if (lines === undefined) return undefined;
  const value = new PlainReader(lines, depth).read();
  return value === unsure ? undefined : value;
}

/** A line that is neither empty nor a comment. The reader moves `indent` and `text` past the dashes of list entries. */
interface Line {
  indent: number;
  text: string;
}

const unsure = Symbol('unsure');

function splitLines(text: string): Line[] | undefined {
  // Tabs, carriage returns and byte order marks have rules of their own.
  if (/[\t\r\uFEFF\u0085\u2028\u2029]/.test(text)) return undefined;
  const lines: Line[] = [];
  for (const line of text.split('\n')) {
    const indent = line.search(/[^ ]/);
    if (indent < 0 || line.charCodeAt(indent) === 0x23) continue;
    if (indent === 0 && /^(?:---|\.\.\.|%)/.test(line)) {
      if (lines.length > 0 || line !== '---') return undefined;
      continue;
    }
    lines.push({ indent, text: line.slice(indent).trimEnd() });
  }
  return lines.length === 0 ? undefined : lines;
}

const pair = new RegExp(`^${writtenKey}(?: +(.*))?$`, 's');

class PlainReader {
  readonly #lines: readonly Line[];
  #at = 0;
  #depth: number;

  constructor(lines: readonly Line[], depth: number) {
    this.#lines = lines;
    this.#depth = depth;
  }

  read(): unknown {
    const value = this.#block(this.#lines[0]?.indent ?? 0);
    return this.#at === this.#lines.length ? value : unsure;
  }

  /** The mapping or list whose first line, at this indentation, is the current one. */
  #block(indent: number): unknown {
    if (++this.#depth > maxDepth) return unsure;
    const value = isEntry(this.#lines[this.#at]?.text ?? '') ? this.#list(indent) : this.#mapping(indent);
    this.#depth -= 1;
    return value;
  }

  #mapping(indent: number): unknown {
    const mapping: Record<string, unknown> = {};
    for (let line = this.#lines[this.#at]; line?.indent === indent; line = this.#lines[this.#at]) {
      const match = pair.exec(line.text);
      const key = plainKey(match, mapping);
      if (match === null || key === undefined) return unsure;
      this.#at += 1;
      const value = this.#value(match[4] ?? '', indent, indent);
      if (value === unsure) return unsure;
      mapping[key] = value;
    }
    return this.#ended(indent) ? mapping : unsure;
  }

  #list(indent: number): unknown {
    const list: unknown[] = [];
    for (
      let line = this.#lines[this.#at];
      line?.indent === indent && isEntry(line.text);
      line = this.#lines[this.#at]
    ) {
      const value = this.#entry(line, indent);
      if (value === unsure) return unsure;
      list.push(value);
    }
    return this.#ended(indent) || this.#lines[this.#at]?.indent === indent ? list : unsure;
  }

  #entry(line: Line, indent: number): unknown {
    const rest = line.text.slice(1).trimStart();
    if (isEntry(rest) || pair.test(rest)) {
      // "- key: value" begins a block at the column of the key.
      line.indent += line.text.length - rest.length;
      line.text = rest;
      return this.#block(line.indent);
    }
    this.#at += 1;
    return this.#value(rest, indent, indent + 1);
  }

  /** What stands behind a colon or a dash: a scalar on the line, or the block below it. */
  #value(written: string, indent: number, listIndent: number): unknown {
    const next = this.#lines[this.#at];
    if (written !== '' && written.charCodeAt(0) !== 0x23) {
      // Something deeper would continue the scalar.
      if (next !== undefined && next.indent > indent) return unsure;
      const isFlow = written.startsWith('[') || written.startsWith('{');
      const value = isFlow ? plainFlow(written, this.#depth) : plainScalar(written);
      return value === undefined ? unsure : value;
    }
    if (next === undefined || next.indent < indent) return null;
    if (next.indent > indent) return this.#block(next.indent);
    return next.indent === listIndent && isEntry(next.text) ? this.#block(next.indent) : null;
  }

  /** A block ends before a line of less indentation; deeper lines belong to something this reader does not know. */
  #ended(indent: number): boolean {
    const next = this.#lines[this.#at];
    return next === undefined || next.indent < indent;
  }
}

function isEntry(text: string): boolean {
  return text === '-' || text.startsWith('- ');
}
