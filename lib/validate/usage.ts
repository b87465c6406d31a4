/** Who uses what, as the admin API shows it. */
import type { Configuration, Item, RouterItem, ServiceItem } from '../merge/model.js';

/** The configuration with `using` of routers and `usedBy` of services and middlewares. */
export function withUsage(configuration: Configuration): Configuration {
  const users = { services: new Map<string, Set<string>>(), middlewares: new Map<string, Set<string>>() };
  for (const router of configuration.routers.values()) note(router, configuration.services, users);
  return {
    ...configuration,
    // A router that is served knows already.
    routers: mapItems(configuration.routers, (item) => {
      const using = item.resolved?.entryPoints ?? item.config?.entryPoints ?? [];
      return using === item.using ? item : { ...item, using };
    }),
    services: mapItems(configuration.services, (item) => ({ ...item, usedBy: listed(users.services.get(item.name)) })),
    middlewares: mapItems(configuration.middlewares, (item) => ({
      ...item,
      usedBy: listed(users.middlewares.get(item.name)),
    })),
  };
}

type Users = Readonly<Record<'services' | 'middlewares', Map<string, Set<string>>>>;

function note({ name, resolved }: RouterItem, services: ReadonlyMap<string, ServiceItem>, users: Users): void {
  if (resolved === undefined) return;
  const add = (map: Map<string, Set<string>>, used: string): boolean => {
    const known = map.get(used) ?? new Set<string>();
    if (known.has(name)) return false;
    map.set(used, known.add(name));
    return true;
  };
  for (const middleware of resolved.middlewares) add(users.middlewares, middleware);
  const pending = resolved.service === undefined ? [] : [resolved.service];
  for (let service = pending.pop(); service !== undefined; service = pending.pop()) {
    if (!add(users.services, service)) continue;
    const parts = services.get(service)?.resolved;
    for (const middleware of parts?.middlewares ?? []) add(users.middlewares, middleware);
    pending.push(...(parts?.children ?? []).map((child) => child.service));
  }
}

const listed = (names: ReadonlySet<string> | undefined): readonly string[] => [...(names ?? [])].sort();

function mapItems<I extends Item<unknown>>(
  items: ReadonlyMap<string, I>,
  change: (item: I) => I,
): ReadonlyMap<string, I> {
  return new Map([...items].map(([name, item]) => [name, change(item)]));
}
