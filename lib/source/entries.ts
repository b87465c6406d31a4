/**
 * Builds a document of single settings, as flags and environment variables are: each sets one dotted key. Keys are
 * matched without regard to case, and take the schema's spelling where the schema knows them; names keep the spelling of
 * their first use.
 */
import type { Document, Origin, Path } from './origin.js';
import type { Shape } from './shape.js';
import { setOwn } from './yaml-values.js';

/** Settings with more parts than this are refused: no key of any schema has so many. */
const maxParts = 32;

/** Takes `entryPoints.web.http.tls.domains[0].main` apart; undefined when it is not a dotted key. */
export function splitKey(key: string, separator: '.' | '_'): string[] | undefined {
  const parts: string[] = [];
  for (const part of key.split(separator)) {
    const match = /^([^[\]]+)((?:\[\d{1,4}\])*)$/.exec(part);
    if (match === null) return undefined;
    parts.push(match[1] ?? '', ...(match[2] ?? '').split(/[[\]]+/).filter((index) => index !== ''));
  }
  return parts.length > maxParts ? undefined : parts;
}

/** What the schema says of a dotted key: its parts in the schema's spelling, and the shape of its value when known. */
export interface KnownKey {
  readonly path: readonly string[];
  readonly shape: Shape | undefined;
}

/** Looks a dotted key up in a schema. */
export function lookUp(parts: readonly string[], root: Shape): KnownKey {
  let shape: Shape | undefined = root;
  const path = parts.map((part) => {
    const current: Shape | undefined = shape;
    const member = current?.kind === 'object' ? current.members.get(part.toLowerCase()) : undefined;
    shape = member?.shape() ?? below(current);
    return member?.name ?? part;
  });
  return { path, shape };
}

function below(shape: Shape | undefined): Shape | undefined {
  switch (shape?.kind) {
    case 'record':
      return shape.value;
    case 'list':
      return shape.element;
    case 'union':
      return shape.options.find(({ kind }) => kind === 'object');
    case 'any':
      return shape;
    default:
      return undefined;
  }
}

/** A document under construction. */
export class Entries {
  readonly #root: Record<string, unknown> = {};
  readonly #origins = new Map<string, Origin>();
  /** The spelling of each path's last part, by lower-case path. */
  readonly #spelling = new Map<string, string>();
  readonly #fallback: Origin;

  /** `fallback` is the place of what no setting set. */
  constructor(fallback: Origin) {
    this.#fallback = fallback;
  }

  get isEmpty(): boolean {
    return this.#origins.size === 0;
  }

  /** Sets one value. `append` joins repeated values with a comma, as repeated list flags do. */
  set(path: readonly string[], value: string, origin: Origin, append = false): void {
    const last = path.length - 1;
    let target = this.#root;
    path.forEach((part, index) => {
      const prefix = path.slice(0, index + 1);
      const name = this.#spelled(prefix, part);
      if (!this.#origins.has(keyOf(prefix)) || index === last) this.#origins.set(keyOf(prefix), origin);
      if (index === last) this.#assign(target, name, value, append);
      else target = this.#descend(target, name);
    });
  }

  #spelled(prefix: readonly string[], part: string): string {
    const key = keyOf(prefix);
    const known = this.#spelling.get(key);
    if (known === undefined) this.#spelling.set(key, part);
    return known ?? part;
  }

  #descend(target: Record<string, unknown>, name: string): Record<string, unknown> {
    const known = Object.hasOwn(target, name) ? target[name] : undefined;
    if (typeof known === 'object' && known !== null) return known as Record<string, unknown>;
    const made: Record<string, unknown> = {};
    // `--api=false --api.debug` stays off; `--api --api.debug` is on.
    if (known !== 'false') setOwn(target, name, made);
    return made;
  }

  #assign(target: Record<string, unknown>, name: string, value: string, append: boolean): void {
    const known = Object.hasOwn(target, name) ? target[name] : undefined;
    if (typeof known === 'object' && known !== null && value === 'true') return;
    setOwn(target, name, append && typeof known === 'string' ? `${known},${value}` : value);
  }

  /** The finished document. */
  document(): Document {
    const origins = this.#origins;
    const fallback = this.#fallback;
    return { value: this.#root, origin: (path) => nearest(origins, path) ?? fallback };
  }
}

function nearest(origins: ReadonlyMap<string, Origin>, path: Path): Origin | undefined {
  for (let length = path.length; length > 0; length--) {
    const origin = origins.get(keyOf(path.slice(0, length)));
    if (origin !== undefined) return origin;
  }
  return undefined;
}

function keyOf(path: Path): string {
  return path.join('\0').toLowerCase();
}
