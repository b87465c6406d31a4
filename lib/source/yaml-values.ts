/**
 * Turns the nodes of a YAML text into plain data.
 *
 * Done here and not by the library, because its own way compares each key of a mapping with all others (quadratic: hours
 * for 100,000 routers) and because limits and repeated keys deserve a finding with a place.
 */
import {
  type Alias,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.js';
import type { DiagnosticCode } from '../diagnostics/codes.js';
import { maxAliasedValues, maxDepth } from './limits.js';
import type { TextOrigin } from './origin.js';
import { isMapping } from './path.js';

interface Anchored {
  readonly value: unknown;
  /** Values in it, aliases written out. */
  readonly size: number;
}

/** The key of a pair as text; undefined when it is not text. */
export function keyText(key: unknown): string | undefined {
  if (typeof key === 'string') return key;
  if (!isScalar(key)) return undefined;
  if (typeof key.value === 'string') return key.value;
  return key.value === null ? undefined : (key.source ?? JSON.stringify(key.value));
}

/** Whether the pair is a merge key (`<<: *defaults`), which yaml 1.1 readers such as Traefik's understand. */
export function isMergeKey(pair: Pair): boolean {
  return isScalar(pair.key) && pair.key.value === '<<' && pair.key.type === 'PLAIN';
}

/** Sets an own property even where the key is `__proto__`. */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') target[key] = value;
  else Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

/** One conversion; `place` turns a range of the text into a position. */
export class YamlReader {
  readonly diagnostics: Diagnostic[] = [];
  readonly #anchors = new Map<string, Anchored | undefined>();
  readonly #place: (offset: number, length: number) => TextOrigin;
  #size = 0;
  #depth = 0;

  constructor(place: (offset: number, length: number) => TextOrigin) {
    this.#place = place;
  }

  /** Plain data of a node; what cannot be read is reported and becomes null. */
  read(node: unknown): unknown {
    this.#size += 1;
    if (isAlias(node)) return this.#alias(node);
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) return null;
    const { anchor } = node;
    if (anchor === undefined) return this.#unanchored(node);
    const before = this.#size;
    this.#anchors.set(anchor, undefined);
    const value = this.#unanchored(node);
    this.#anchors.set(anchor, { value, size: this.#size - before + 1 });
    return value;
  }

  #unanchored(node: Node): unknown {
    if (isScalar(node)) return scalarValue(node.value, node.source);
    if (++this.#depth > maxDepth) {
      this.#depth -= 1;
      return this.#report('FL1006', node, `mappings and lists are nested more than ${maxDepth} levels deep`);
    }
    const value = isMap(node) ? this.#map(node) : isSeq(node) ? this.#list(node) : null;
    this.#depth -= 1;
    return value;
  }

  #list(node: YAMLSeq): unknown[] {
    return node.items.map((item) => (isPair(item) ? this.#map({ items: [item] }) : this.read(item)));
  }

  #map(node: Pick<YAMLMap, 'items'>): Record<string, unknown> {
    const own: Record<string, unknown> = {};
    let merged: Record<string, unknown> | undefined;
    for (const pair of node.items) {
      if (isMergeKey(pair)) {
        merged = { ...this.#merged(pair), ...merged };
        continue;
      }
      const key = keyText(pair.key);
      if (key === undefined) this.#report('FL1015', pair.key as Node, 'a key must be text');
      else if (Object.hasOwn(own, key)) this.#report('FL1004', pair.key as Node, `key "${key}" is written twice`);
      else setOwn(own, key, this.read(pair.value));
    }
    return merged === undefined ? own : { ...merged, ...own };
  }

  #merged(pair: Pair): Record<string, unknown> {
    const value = this.read(pair.value);
    const sources: readonly unknown[] = Array.isArray(value) ? value : [value];
    // Earlier mappings win over later ones, as the merge key's own specification says.
    if (sources.every(isMapping))
      return sources.reduceRight<Record<string, unknown>>((all, item) => ({ ...all, ...item }), {});
    this.#report('FL2002', pair.key as Node, 'the merge key "<<" needs a mapping, or a list of mappings');
    return {};
  }

  #alias(node: Alias): unknown {
    const name = node.source;
    if (!this.#anchors.has(name)) return this.#report('FL1002', node, `alias "*${name}" has no anchor before it`);
    const anchored = this.#anchors.get(name);
    if (anchored === undefined) return this.#report('FL1007', node, `alias "*${name}" contains itself`);
    this.#size += anchored.size;
    if (this.#size <= maxAliasedValues) return anchored.value;
    const once = this.diagnostics.some(({ code }) => code === 'FL1007');
    return once ? null : this.#report('FL1007', node, `aliases expand to more than ${maxAliasedValues} values`);
  }

  #report(code: DiagnosticCode, node: Node | null, message: string): null {
    const [start, end] = node?.range ?? [0, 1];
    this.diagnostics.push(diagnose(code, { message, path: [], origin: this.#place(start, end - start) }));
    return null;
  }
}

/** Integers that a number cannot hold exactly stay exact, as bigints. */
function scalarValue(value: unknown, source: string | undefined): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || source === undefined) return value;
  return /^[+-]?\d+$/.test(source) ? BigInt(source) : value;
}
