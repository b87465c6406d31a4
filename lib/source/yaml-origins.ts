/** Finds the place of a key or value in the nodes of a YAML text. */
import {
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  visit,
  type Document as YamlTree,
} from 'yaml';
import type { LineTable } from './place.js';
import type { Path, TextOrigin } from './origin.js';
import { isMergeKey, keyText } from './yaml-values.js';

interface Step {
  readonly key: unknown;
  readonly value: unknown;
}

/** Below this many keys a scan is cheaper than an index. */
const indexedFrom = 16;

/** Answers where the parts of one parsed text stand; indexes of large mappings are made when first asked. */
export class YamlOrigins {
  readonly #tree: YamlTree;
  readonly #lines: Pick<LineTable, 'place'>;
  readonly #indexes = new WeakMap<object, Map<string, Pair>>();
  #anchors: Map<string, Node> | undefined;

  constructor(tree: YamlTree, lines: Pick<LineTable, 'place'>) {
    this.#tree = tree;
    this.#lines = lines;
  }

  /** The place of the value (or key) at `path`, or of the nearest ancestor that stands in the text. */
  origin(path: Path, part: 'key' | 'value'): TextOrigin {
    let found: Step = { key: undefined, value: this.#tree.contents };
    let complete = true;
    for (const name of path) {
      const next = this.#step(found.value, name);
      if (next === undefined) {
        complete = false;
        break;
      }
      found = next;
    }
    return this.#place(found, complete ? part : 'key');
  }

  #step(from: unknown, name: string | number): Step | undefined {
    const node = this.#resolve(from);
    if (isSeq(node)) {
      const item = node.items[Number(name)];
      return isPair(item)
        ? { key: item.key, value: item }
        : item === undefined
          ? undefined
          : { key: item, value: item };
    }
    const pairs = isMap(node) ? node.items : isPair(node) ? [node] : undefined;
    if (pairs === undefined) return undefined;
    const pair = this.#pair(node as object, pairs, String(name)) ?? this.#merged(pairs, name);
    return pair;
  }

  #pair(owner: object, pairs: readonly Pair[], name: string): Step | undefined {
    const lower = name.toLowerCase();
    if (pairs.length < indexedFrom) {
      return (
        pairs.find(({ key }) => keyText(key) === name) ?? pairs.find(({ key }) => keyText(key)?.toLowerCase() === lower)
      );
    }
    const index = this.#indexes.get(owner) ?? this.#index(owner, pairs);
    return index.get(`=${name}`) ?? index.get(`~${lower}`);
  }

  #index(owner: object, pairs: readonly Pair[]): Map<string, Pair> {
    const index = new Map<string, Pair>();
    for (const pair of pairs) {
      const key = keyText(pair.key);
      if (key === undefined) continue;
      for (const name of [`=${key}`, `~${key.toLowerCase()}`]) if (!index.has(name)) index.set(name, pair);
    }
    this.#indexes.set(owner, index);
    return index;
  }

  #merged(pairs: readonly Pair[], name: string | number): Step | undefined {
    for (const pair of pairs) {
      if (!isMergeKey(pair)) continue;
      const node = this.#resolve(pair.value);
      for (const source of isSeq(node) ? node.items : [node]) {
        const found = this.#step(source, name);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  #resolve(value: unknown): unknown {
    if (!isAlias(value)) return value;
    this.#anchors ??= this.#findAnchors();
    return this.#anchors.get(value.source);
  }

  #findAnchors(): Map<string, Node> {
    const anchors = new Map<string, Node>();
    visit(this.#tree, {
      Value: (_, node) => {
        if (node.anchor !== undefined) anchors.set(node.anchor, node);
      },
    });
    return anchors;
  }

  /** Block collections and empty values are shown by their key: that is where a reader looks. */
  #place({ key, value }: Step, part: 'key' | 'value'): TextOrigin {
    const byKey = part === 'key' || !isNode(value) || isEmpty(value) || ((isMap(value) || isSeq(value)) && !value.flow);
    const node = byKey && isNode(key) ? key : isNode(value) ? value : isPair(value) ? (value.key as Node) : undefined;
    const [start, end] = node?.range ?? [0, 1];
    return this.#lines.place(start, end - start);
  }
}

function isEmpty(value: Node): boolean {
  return isScalar(value) && value.range !== null && value.range !== undefined && value.range[0] === value.range[1];
}
