/** Objects that the data plane refused although every check here passed: RE2 has the last word on a pattern, for example. */
import { withFindings } from '../merge/item.js';
import type { Configuration, Item } from '../merge/model.js';
import { findingOn } from './finding.js';

/** One refusal, by the kind and qualified name of the object. */
export interface Refusal {
  readonly kind: 'router' | 'middleware' | 'service' | 'transport' | 'certificate' | 'tlsOptions';
  readonly name: string;
  readonly message: string;
}

/** The object that a refusal is about, as it is in `configuration`; undefined when it is not there. */
export function refusedItem(
  { kind, name }: Pick<Refusal, 'kind' | 'name'>,
  { routers, services, middlewares, serversTransports, tls }: Configuration,
): Item<unknown> | undefined {
  switch (kind) {
    case 'router':
      return routers.get(name);
    case 'service':
      return services.get(name);
    case 'middleware':
      return middlewares.get(name);
    case 'transport':
      return serversTransports.get(name);
    case 'tlsOptions':
      return tls.options.get(name);
    case 'certificate':
      return tls.certificates.find((item) => item.name === name);
  }
}

/** The items of one kind, those refused disabled. */
export function withRefusals<I extends Item<unknown>>(
  kind: Refusal['kind'],
  items: ReadonlyMap<string, I>,
  refusals: readonly Refusal[],
): ReadonlyMap<string, I> {
  const own = refusals.filter((refusal) => refusal.kind === kind && items.has(refusal.name));
  if (own.length === 0) return items;
  const changed = new Map(items);
  for (const { name, message } of own) {
    const item = changed.get(name);
    if (item !== undefined) changed.set(name, refuse(item, message));
  }
  return changed;
}

/** The item disabled, and without what `validate` had made of it. */
export function refuse<I extends Item<unknown>>(item: I, message: string): I {
  const { resolved: _, ...rest } = item as I & { readonly resolved?: unknown };
  return withFindings(rest as unknown as I, [findingOn(item, 'FL3023', { message })]);
}
