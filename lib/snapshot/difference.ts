/** What changed between two generations, by kind and name. */
import { isDeepStrictEqual } from 'node:util';

/** Names of one kind, sorted. */
export interface Changes {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

/** Contents by name, for each kind of object. */
export type Inventory<Kind extends string> = Readonly<Record<Kind, ReadonlyMap<string, unknown>>>;

/** The changes of each kind. */
export type Difference<Kind extends string> = Readonly<Record<Kind, Changes>>;

/** Compares two inventories of the same kinds. Objects that are the same in memory are not looked into. */
export function difference<Kind extends string>(before: Inventory<Kind>, after: Inventory<Kind>): Difference<Kind> {
  const kinds = Object.keys(after) as Kind[];
  return Object.fromEntries(kinds.map((kind) => [kind, changesOf(before[kind], after[kind])])) as Difference<Kind>;
}

/** Whether nothing changed. */
export function isEmpty(diff: Difference<string>): boolean {
  return Object.values(diff).every(
    ({ added, removed, changed }) => added.length === 0 && removed.length === 0 && changed.length === 0,
  );
}

function changesOf(before: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>): Changes {
  const added: string[] = [];
  const changed: string[] = [];
  for (const [name, content] of after) {
    if (!before.has(name)) added.push(name);
    else if (!same(before.get(name), content)) changed.push(name);
  }
  const removed = [...before.keys()].filter((name) => !after.has(name));
  return { added: added.sort(), removed: removed.sort(), changed: changed.sort() };
}

const same = (a: unknown, b: unknown): boolean => a === b || isDeepStrictEqual(a, b);
