/** Makes the items of the model and changes their verdict. */
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { NameIndex, Step } from '../source/by-name.js';
import type { Origin, Path, Places } from '../source/origin.js';
import type { Work } from '../work.js';
import type { Item, Salvaged, Status } from './model.js';
import { nothing } from '../source/nothing.js';

/** What an item is made of. */
export interface Draft<T> {
  readonly name: string;
  readonly provider: string;
  readonly config?: T | undefined;
  /** Left out where there is a `config`. */
  readonly salvaged?: Salvaged<T> | undefined;
  /** What stands at `path`. */
  readonly raw: unknown;
  readonly document: Places;
  readonly path: Path;
  readonly diagnostics?: readonly Diagnostic[];
}

/** An item whose status follows from its findings. Without `config` it is disabled. */
export function makeItem<T>(draft: Draft<T>): Item<T> {
  const { name, provider, config, salvaged, raw, document, path, diagnostics = [] } = draft;
  const status = config === undefined ? 'disabled' : statusOf(diagnostics);
  const errors = diagnostics.length === 0 ? nothing : messages(diagnostics);
  const found = diagnostics.length === 0 ? nothing : diagnostics;
  const [usedBy, using] = [nothing, nothing];
  // Written out: of 100,000 items V8 makes literals ten times as fast as copies that a key is added to.
  if (config !== undefined) {
    return { name, provider, config, raw, status, errors, diagnostics: found, document, path, usedBy, using };
  }
  const broken = { name, provider, raw, status, errors, diagnostics: found, document, path, usedBy, using } as const;
  return salvaged === undefined ? broken : { salvaged, ...broken };
}

/** The item with what `validate` has made of its names, and where it is served. Written out for the same reason. */
export function resolvedItem<T, R>(item: Item<T>, config: T, resolved: R, using = item.using) {
  const { name, provider, raw, status, errors, diagnostics, document, path, usedBy } = item;
  return { resolved, name, provider, config, raw, status, errors, diagnostics, document, path, usedBy, using };
}

/**
 * Where the object was written. Asked for by messages only: the places of a large text are found by reading it a second
 * time, which is not done for a configuration that has nothing to say.
 */
export const originOf = ({ document, path }: Item<unknown>): Origin => document.origin(path, 'key');

/** The item with further findings, and the status they leave it in. A disabled one stays disabled. */
export function withFindings<I extends Item<unknown>>(item: I, findings: readonly Diagnostic[]): I {
  if (findings.length === 0) return item;
  const status = worse(item.status, statusOf(findings));
  return {
    ...item,
    status,
    errors: [...item.errors, ...messages(findings)],
    diagnostics: [...item.diagnostics, ...findings],
  };
}

/** What findings mean for the object they belong to. */
export function statusOf(findings: readonly Diagnostic[]): Status {
  if (findings.some(({ severity }) => severity === 'error')) return 'disabled';
  return findings.some(({ severity }) => severity === 'warning') ? 'warning' : 'enabled';
}

const ranks: readonly Status[] = ['enabled', 'warning', 'disabled'];
const worse = (a: Status, b: Status): Status => (ranks.indexOf(a) >= ranks.indexOf(b) ? a : b);

const messages = (findings: readonly Diagnostic[]): string[] =>
  findings.filter(({ severity }) => severity !== 'notice').map(({ message, apiMessage }) => apiMessage ?? message);

/** The items by their names, in their order. */
export function* mapOf<I extends Item<unknown>>(
  items: readonly I[],
  index: NameIndex,
  step: Step,
): Work<ReadonlyMap<string, I>> {
  return (yield* index.of(items, step)) ?? new Map(items.map((item) => [item.name, item]));
}
