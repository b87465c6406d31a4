/** Checks that what an object names exists and is served. */
import type { DiagnosticCode } from '../diagnostics/codes.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { didYouMean } from '../diagnostics/suggest.js';
import type { Item } from '../merge/model.js';
import { internal, resolveName } from '../merge/names.js';
import type { Path } from '../source/origin.js';
import { findingOn } from './finding.js';

/** One kind of object that others name. */
export interface ReferenceKind {
  readonly code: DiagnosticCode;
  /** "middleware", "service", … */
  readonly noun: string;
  /** Traefik's text for a name that nobody defines. */
  readonly missing: (name: string) => string;
}

/** Routers and services name middlewares. */
export const middlewareReference: ReferenceKind = {
  code: 'FL3001',
  noun: 'middleware',
  missing: (name) => `middleware "${name}" does not exist`,
};
/** Routers and weighted services name services. */
export const serviceReference: ReferenceKind = {
  code: 'FL3002',
  noun: 'service',
  missing: (name) => `the service "${name}" does not exist`,
};
/** Load balancers name servers transports. */
export const transportReference: ReferenceKind = {
  code: 'FL3003',
  noun: 'transport',
  missing: (name) => `servers transport not found ${name}`,
};

/** Services that Fairlead has when they are switched on in the install configuration. */
const switchedOn: Readonly<Record<string, string>> = {
  'api@internal': 'api',
  'dashboard@internal': 'dashboard',
  'ping@internal': 'ping',
  'ready@internal': 'ping',
};

/** A name that can be used, or the reason why not. */
export type Reference =
  { readonly name: string; readonly finding?: never } | { readonly name?: never; readonly finding: Diagnostic };

/** References to one kind of objects. What neighbours have in common is looked up once, and is the same text. */
export class References<T> {
  readonly #kind: ReferenceKind;
  readonly #items: ReadonlyMap<string, Item<T>>;
  #last: { readonly provider: string; readonly written: string; readonly reference: Reference } | undefined;

  constructor(kind: ReferenceKind, items: ReadonlyMap<string, Item<T>>) {
    this.#kind = kind;
    this.#items = items;
  }

  /** As `refer`. */
  refer(from: Item<unknown>, written: string, at: Path): Reference {
    const last = this.#last;
    if (last?.written === written && last.provider === from.provider) return last.reference;
    const reference = refer(this.#kind, this.#items, from, written, at);
    this.#last = reference.finding === undefined ? { provider: from.provider, written, reference } : undefined;
    return reference;
  }
}

/** The qualified name of what `from` names at `at`, or the finding why it cannot be used. */
export function refer<T>(
  kind: ReferenceKind,
  items: ReadonlyMap<string, Item<T>>,
  from: Item<unknown>,
  written: string,
  at: Path,
): Reference {
  const name = resolveName(written, from.provider);
  const target = items.get(name);
  if (target === undefined) return { finding: missing(kind, items, from, name, written, at) };
  if (target.status !== 'disabled') return { name };
  const message = `${kind.noun} "${name}" is disabled: ${target.errors[0] ?? 'it has errors'}`;
  return { finding: findingOn(from, 'FL3013', { message, at }) };
}

function missing<T>(
  { code, missing, noun }: ReferenceKind,
  items: ReadonlyMap<string, Item<T>>,
  from: Item<unknown>,
  name: string,
  written: string,
  at: Path,
): Diagnostic {
  const option = noun === 'service' ? switchedOn[name] : undefined;
  if (option !== undefined) {
    const hint =
      option === 'dashboard' ? 'this version has no dashboard' : `add "${option}: {}" to the install configuration`;
    return findingOn(from, 'FL3017', { message: `${option} is not enabled`, at, hint });
  }
  return findingOn(from, code, { message: missing(name), at, hint: suggestion(items, written, name) });
}

/** Names compared for one suggestion. */
const mostCompared = 2_000;
/** Suggestions made about the names of one map: in a huge configuration whose names are all wrong, nobody reads more. */
const mostSuggestions = 100;
const suggestionsMade = new WeakMap<ReadonlyMap<string, unknown>, number>();

/** The same name of another provider, else the nearest name. */
function suggestion<T>(items: ReadonlyMap<string, Item<T>>, written: string, name: string): string | undefined {
  const made = suggestionsMade.get(items) ?? 0;
  if (made >= mostSuggestions) return undefined;
  suggestionsMade.set(items, made + 1);
  const bare = written.split('@', 1)[0] ?? written;
  const [, provider = ''] = name.split('@');
  const known = first(items.values(), mostCompared);
  const elsewhere = known.find((item) => item.name.startsWith(`${bare}@`));
  if (elsewhere !== undefined) return `did you mean "${elsewhere.name}"?`;
  const own = known
    .filter((item) => item.provider === provider)
    .map((item) => item.name.slice(0, -provider.length - 1));
  const others = known.filter((item) => item.provider !== internal).map((item) => item.name);
  return didYouMean(bare, own) ?? didYouMean(name, others);
}

function first<T>(items: Iterable<T>, count: number): readonly T[] {
  const found: T[] = [];
  for (const item of items) {
    if (found.length >= count) break;
    found.push(item);
  }
  return found;
}
