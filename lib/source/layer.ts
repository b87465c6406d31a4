/**
 * Lays documents over each other: flags over environment over file. Every value keeps the place it came from.
 *
 * Mappings are merged key by key, without regard to the case of keys; everything else is replaced as a whole. An upper
 * `true` over a mapping keeps the mapping (both mean "enabled"), an upper `false` removes it.
 */
import type { Document, Origin, Path } from './origin.js';
import { isMapping } from './path.js';
import { setOwn } from './yaml-values.js';

/** Where the value at one path of the merged data comes from. */
interface Source {
  readonly document: Document;
  readonly path: Path;
  /** Keys of a merged mapping by lower-case name; absent when the whole value comes from one document. */
  readonly children?: ReadonlyMap<string, Source>;
}

interface Merged {
  readonly value: unknown;
  readonly source: Source;
}

/** One document of several, the lowest first. */
export function mergeLayers(layers: readonly [Document, ...Document[]]): Document {
  const [lowest, ...others] = layers.map(whole) as [Merged, ...Merged[]];
  if (others.length === 0) return layers[0];
  const merged = others.reduce(merge, lowest);
  return new LayeredDocument(merged);
}

function whole(document: Document): Merged {
  return { value: document.value, source: { document, path: [] } };
}

function merge(lower: Merged, upper: Merged): Merged {
  if (isMapping(lower.value) && isMapping(upper.value)) return mergeMappings(lower, upper);
  return isMapping(lower.value) && isPlainYes(upper.value) ? lower : upper;
}

function isPlainYes(value: unknown): boolean {
  return value === true || value === 'true' || value === null;
}

function mergeMappings(lower: Merged, upper: Merged): Merged {
  const value: Record<string, unknown> = {};
  const children = new Map<string, Source>();
  const spelling = new Map<string, string>();
  const keep = (name: string, part: Merged) => {
    setOwn(value, name, part.value);
    children.set(name.toLowerCase(), part.source);
  };
  for (const name of Object.keys(lower.value as object)) {
    spelling.set(name.toLowerCase(), name);
    keep(name, child(lower, name));
  }
  for (const name of Object.keys(upper.value as object)) {
    const known = Object.hasOwn(value, name) ? name : spelling.get(name.toLowerCase());
    keep(known ?? name, known === undefined ? child(upper, name) : merge(child(lower, known), child(upper, name)));
  }
  return { value, source: { document: upper.source.document, path: upper.source.path, children } };
}

function child(parent: Merged, name: string): Merged {
  const { document, path, children } = parent.source;
  const source = children?.get(name.toLowerCase()) ?? { document, path: [...path, name] };
  return { value: (parent.value as Record<string, unknown>)[name], source };
}

class LayeredDocument implements Document {
  readonly value: unknown;
  readonly #source: Source;

  constructor(merged: Merged) {
    this.value = merged.value;
    this.#source = merged.source;
  }

  origin(path: Path, part: 'key' | 'value' = 'value'): Origin {
    const { source, rest } = this.#find(path);
    return source.document.origin([...source.path, ...rest], part);
  }

  isSecret(path: Path): boolean {
    const { source, rest } = this.#find(path);
    return source.document.isSecret?.([...source.path, ...rest]) ?? false;
  }

  #find(path: Path): { readonly source: Source; readonly rest: Path } {
    let source = this.#source;
    for (const [index, part] of path.entries()) {
      const next = source.children?.get(String(part).toLowerCase());
      if (next === undefined) return { source, rest: path.slice(index) };
      source = next;
    }
    return { source, rest: [] };
  }
}
