/** Who uses what, as the admin API shows it. */
import { mapOf } from '../merge/item.js';
import type { Configuration, Item, MiddlewareConfig, RouterItem, ServiceItem } from '../merge/model.js';
import { align, areSame } from '../source/alignment.js';
import { listOf, type NameIndexes } from '../source/by-name.js';
import { Picked, Remembered } from '../source/remembered.js';
import { forEach, type Work } from '../work.js';

/** Names of routers by the name of what they use; sorted when they are shown. */
type Users = Map<string, Set<string>>;

const nobody: readonly string[] = Object.freeze([]);

/** The users of services and middlewares, kept from one configuration to the next. */
export class Usage {
  /** The routers that are counted, and the services through which they use something. */
  #routers: readonly RouterItem[] = [];
  #ways: readonly ServiceItem[] = [];
  readonly #leading = new Picked<ServiceItem>();
  readonly #ofServices: Users = new Map();
  readonly #ofMiddlewares: Users = new Map();
  /** Names whose users are others than before. */
  readonly #changed = new Set<string>();
  readonly #routerItems = new Remembered<RouterItem, RouterItem>();
  readonly #serviceItems = new Remembered<ServiceItem, ServiceItem>();
  readonly #middlewareItems = new Remembered<Item<MiddlewareConfig>, Item<MiddlewareConfig>>();

  /** The configuration with `using` of routers and `usedBy` of services and middlewares. */
  *of(configuration: Configuration, names: NameIndexes): Work<Configuration> {
    yield* this.#count(configuration);
    const routers = yield* this.#routerItems.each(listOf(configuration.routers), usingOf, () => true);
    const services = yield* this.#serviceItems.each(listOf(configuration.services), (item, before) =>
      this.#used(item, this.#ofServices, before),
    );
    const middlewares = yield* this.#middlewareItems.each(listOf(configuration.middlewares), (item, before) =>
      this.#used(item, this.#ofMiddlewares, before),
    );
    this.#changed.clear();
    return {
      ...configuration,
      routers: areSame(routers, listOf(configuration.routers))
        ? configuration.routers
        : yield* mapOf(routers, names.routers, 'used'),
      services: yield* mapOf(services, names.services, 'used'),
      middlewares: yield* mapOf(middlewares, names.middlewares, 'used'),
    };
  }

  *#count({ routers, services }: Configuration): Work<void> {
    const now = listOf(routers);
    const ways = yield* this.#leading.of(listOf(services), leadsOn);
    const { gone, come } = align(this.#routers, now);
    const isMuch = !areSame(ways, this.#ways) || gone.length + come.length > now.length;
    // Work may be given up in between; then the next one begins with nothing.
    this.#routers = [];
    if (isMuch) this.#clear();
    else yield* forEach(gone, (item) => this.#note(item, services, (users) => users.delete(item.name)));
    yield* forEach(isMuch ? now : come, (item) => this.#note(item, services, (users) => users.add(item.name)));
    this.#routers = now;
    this.#ways = ways;
  }

  #clear(): void {
    for (const users of [this.#ofServices, this.#ofMiddlewares]) {
      for (const name of users.keys()) this.#changed.add(name);
      users.clear();
    }
  }

  /** Changes the users of everything that a router uses, each once. */
  #note(
    { resolved }: RouterItem,
    services: ReadonlyMap<string, ServiceItem>,
    change: (users: Set<string>) => void,
  ): void {
    if (resolved === undefined) return;
    if (resolved.middlewares.length === 0 && resolved.service !== undefined) {
      const target = services.get(resolved.service);
      // Most routers use one service, and nothing else.
      if (target === undefined || !leadsOn(target)) return this.#change(this.#ofServices, resolved.service, change);
    }
    const middlewares = new Set(resolved.middlewares);
    const seen = new Set<string>();
    const pending = resolved.service === undefined ? [] : [resolved.service];
    for (let service = pending.pop(); service !== undefined; service = pending.pop()) {
      if (seen.has(service)) continue;
      seen.add(service);
      const parts = services.get(service)?.resolved;
      for (const middleware of parts?.middlewares ?? []) middlewares.add(middleware);
      for (const child of parts?.children ?? []) pending.push(child.service);
    }
    for (const name of seen) this.#change(this.#ofServices, name, change);
    for (const name of middlewares) this.#change(this.#ofMiddlewares, name, change);
  }

  #change(of: Users, name: string, change: (users: Set<string>) => void): void {
    const known = of.get(name);
    const users = known ?? new Set();
    change(users);
    if (users.size === 0) of.delete(name);
    else if (known === undefined) of.set(name, users);
    this.#changed.add(name);
  }

  #used<I extends Item<unknown>>(item: I, users: Users, before: I | undefined): I {
    if (before !== undefined && !this.#changed.has(item.name)) return before;
    return { ...item, usedBy: [...(users.get(item.name) ?? nobody)].sort() };
  }
}

/** Whether a router that names the service uses more than the service itself. */
const leadsOn = ({ resolved }: ServiceItem): boolean =>
  resolved !== undefined && (resolved.middlewares.length > 0 || (resolved.children?.length ?? 0) > 0);

/** A router that is served knows already. */
function usingOf(item: RouterItem, before: RouterItem | undefined): RouterItem {
  if (before !== undefined) return before;
  const using = item.resolved?.entryPoints ?? item.config?.entryPoints ?? nobody;
  return using === item.using ? item : { ...item, using };
}
