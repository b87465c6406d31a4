/** Objects whose type is the key they have: middlewares and services. */
import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.js';
import { didYouMean, successorOf } from '../diagnostics/suggest.js';
import type { Document, Path } from '../source/origin.js';
import { isMapping, valueAt } from '../source/path.js';
import { nothing } from '../source/nothing.js';

/** The keys that such an object may have, each by its lower-case form. */
export interface KindTable {
  /** "middleware" or "service", for messages. */
  readonly noun: 'middleware' | 'service';
  readonly served: ReadonlyMap<string, string>;
  readonly notYet: ReadonlyMap<string, string>;
  /** Keys beside the type. */
  readonly beside: ReadonlySet<string>;
}

/** The type found, with the key as written; or what is wrong. */
export interface FoundKind {
  readonly kind?: string;
  /** Written keys: of the type, and of those beside it, by lower-case form. */
  readonly keys: ReadonlyMap<string, string>;
  readonly diagnostics: readonly Diagnostic[];
}

/** Finds the type of the object at `path`; `name` is its qualified name. */
export function findKind(table: KindTable, name: string, document: Document, path: Path): FoundKind {
  const value = valueAt(document.value, path);
  const keys = new Map(isMapping(value) ? Object.keys(value).map((key) => [key.toLowerCase(), key] as const) : []);
  // Most objects have their type and nothing else.
  const [only = ''] = keys.keys();
  if (keys.size === 1 && table.served.has(only)) return { kind: only, keys, diagnostics: nothing };
  const unknown = [...keys]
    .filter(([key]) => !isKnown(table, key))
    .map(([, key]) => unknownKey(table, key, document, path));
  const kinds = [...keys.keys()].filter((key) => table.served.has(key) || table.notYet.has(key));
  const [kind] = kinds;
  if (kinds.length > 1) return { keys, diagnostics: [...unknown, several(table, kinds, keys, document, path)] };
  if (kind === undefined) {
    const diagnostics = unknown.length > 0 ? unknown : [none(table, name, document, path)];
    return { keys, diagnostics };
  }
  const refused = table.notYet.get(kind);
  if (refused !== undefined)
    return { keys, diagnostics: [...unknown, notYet(table, refused, document, [...path, keys.get(kind) ?? refused])] };
  return { kind, keys, diagnostics: unknown };
}

const isKnown = ({ served, notYet, beside }: KindTable, key: string): boolean =>
  served.has(key) || notYet.has(key) || beside.has(key);

function unknownKey(table: KindTable, key: string, document: Document, path: Path): Diagnostic {
  const names = [...table.served.values(), ...table.notYet.values(), ...table.beside];
  const successor = successorOf(key);
  return diagnose(successor === undefined ? 'FL2001' : 'FL2009', {
    message: `unknown key "${key}" in a ${table.noun}`,
    path: [...path, key],
    origin: document.origin([...path, key], 'key'),
    hint: successor ?? didYouMean(key, names),
  });
}

function none({ noun, served }: KindTable, name: string, document: Document, path: Path): Diagnostic {
  const message =
    noun === 'service'
      ? `the service "${name}" does not have any type defined`
      : `invalid middleware "${name}" configuration: invalid middleware type or middleware does not exist`;
  const hint = `give it one of ${[...served.values()].join(', ')}`;
  return diagnose(codeOf(noun), { message, path, origin: document.origin(path, 'key'), hint });
}

function several(
  { noun }: KindTable,
  kinds: readonly string[],
  keys: ReadonlyMap<string, string>,
  document: Document,
  path: Path,
) {
  const second = keys.get(kinds[1] ?? '') ?? '';
  return diagnose(codeOf(noun), {
    message: `cannot create ${noun}: multi-types ${noun} not supported, consider declaring two different pieces of ${noun} instead`,
    path: [...path, second],
    origin: document.origin([...path, second], 'key'),
    hint: `move "${second}" into a ${noun} of its own`,
  });
}

function notYet({ noun }: KindTable, kind: string, document: Document, path: Path): Diagnostic {
  const message = `the ${noun} type "${kind}" is not supported yet`;
  return diagnose('FL3011', { message, path, origin: document.origin(path, 'key') });
}

const codeOf = (noun: KindTable['noun']) => (noun === 'service' ? 'FL3009' : 'FL3010');
