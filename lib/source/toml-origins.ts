/** Finds the place of a key or value in a TOML text. Made only when a place is asked for: the values come without. */
import { type AST, parseTOML } from 'toml-eslint-parser';
import type { Path, SourceText, TextOrigin } from './origin.js';
import { LineTable } from './place.js';

type Range = readonly [number, number];

/** One key or list element: where its name and its value stand, and what is in it. */
interface Entry {
  key: Range;
  value: Range | undefined;
  readonly children: Map<string, Entry>;
  /** Children by lower-case name, for keys spelled in another case. */
  readonly folded: Map<string, Entry>;
}

/** Answers where the parts of one text stand. */
export class TomlOrigins {
  readonly #root: Entry;
  readonly #lines: LineTable;

  constructor(source: SourceText) {
    this.#lines = new LineTable(source);
    this.#root = entry([0, 1]);
    for (const item of parseTOML(source.text, { tomlVersion: '1.0' }).body[0].body) this.#addTopLevel(item);
  }

  /** The place of the value (or key) at `path`, or of the nearest ancestor that stands in the text. */
  origin(path: Path, part: 'key' | 'value'): TextOrigin {
    let found = this.#root;
    let complete = true;
    for (const name of path) {
      const next = found.children.get(String(name)) ?? found.folded.get(String(name).toLowerCase());
      if (next === undefined) {
        complete = false;
        break;
      }
      found = next;
    }
    const [start, end] = (complete && part === 'value' ? found.value : undefined) ?? found.key;
    return this.#lines.place(start, end - start);
  }

  #addTopLevel(item: AST.TOMLKeyValue | AST.TOMLTable): void {
    if (item.type === 'TOMLKeyValue') {
      addPair(this.#root, item);
      return;
    }
    let target = this.#root;
    const keys = [...item.key.keys];
    for (const name of item.resolvedKey) {
      const range = typeof name === 'number' ? item.key.range : (keys.shift()?.range ?? item.key.range);
      target = child(target, String(name), range);
    }
    for (const pair of item.body) addPair(target, pair);
  }
}

function entry(key: Range): Entry {
  return { key, value: undefined, children: new Map(), folded: new Map() };
}

function child(parent: Entry, name: string, key: Range): Entry {
  const known = parent.children.get(name);
  if (known !== undefined) return known;
  const made = entry(key);
  parent.children.set(name, made);
  if (!parent.folded.has(name.toLowerCase())) parent.folded.set(name.toLowerCase(), made);
  return made;
}

function addPair(parent: Entry, pair: AST.TOMLKeyValue): void {
  let target = parent;
  for (const key of pair.key.keys) target = child(target, key.type === 'TOMLBare' ? key.name : key.value, key.range);
  addValue(target, pair.value);
}

function addValue(target: Entry, node: AST.TOMLContentNode): void {
  target.value = node.range;
  if (node.type === 'TOMLInlineTable') for (const pair of node.body) addPair(target, pair);
  if (node.type !== 'TOMLArray') return;
  node.elements.forEach((element, index) => addValue(child(target, String(index), element.range), element));
}
