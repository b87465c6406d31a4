/** Routers become programs with indexes, in the order in which they are tried. */
import type { InstallConfiguration } from '../install/schema.js';
import type { ResolvedRouter, RouterItem } from '../merge/model.js';
import { type RouterOrder, routerOrder } from '../merge/order.js';
import { deniedCharacters, type layer, none, type router } from '../snapshot/records.js';
import type { Value } from '../snapshot/wire.js';
import { withoutCrowds } from './rule/crowds.js';
import type { RouteKey } from './rule/keys.js';
import { lowerForIndex } from './rule/lower.js';
import type { Scope } from './scope.js';
import { timeoutsIndex } from './timeouts.js';

type WireRouter = Value<typeof router> & { readonly keys: readonly RouteKey[] };

/** Routers of one entry point by index, best first. */
export interface RouterLists {
  readonly plain: number[];
  readonly tls: number[];
}

/** The routers of the snapshot, and which of them each entry point tries. */
export interface CompiledRouters {
  readonly routers: readonly WireRouter[];
  readonly layers: readonly Value<typeof layer>[];
  readonly byEntryPoint: ReadonlyMap<string, RouterLists>;
  /** Routers whose rule does not fit the data plane, with the reason. */
  readonly refused: readonly { readonly name: string; readonly message: string }[];
}

type Served = RouterItem & { readonly resolved: ResolvedRouter };

/** Compiles every router that is served. A router on entry points that deny different escapes is stored once for each. */
export function compileRouters(scope: Scope): CompiledRouters {
  const denied = deniedByEntryPoint(scope.install);
  const byEntryPoint = new Map<string, RouterLists>();
  for (const name of denied.keys()) byEntryPoint.set(name, { plain: [], tls: [] });
  const compiler = new RouterCompiler(scope);
  for (const item of compiler.roots()) {
    const compiled = compiler.compile(item, item.resolved.observability.accessLogs === true);
    if (compiled === undefined) continue;
    const indexes = new Map<number, number>();
    for (const entryPoint of item.resolved.entryPoints) {
      const mask = denied.get(entryPoint) ?? 0;
      const index = indexes.get(mask) ?? compiler.add({ ...compiled, deniedCharacters: mask });
      indexes.set(mask, index);
      const lists = byEntryPoint.get(entryPoint);
      (item.resolved.tls === undefined ? lists?.plain : lists?.tls)?.push(index);
    }
  }
  const { routers, layers, refused } = compiler;
  return { routers: withoutCrowds(routers), layers, byEntryPoint, refused };
}

/** Fills the tables of routers and of layers. */
class RouterCompiler {
  readonly routers: WireRouter[] = [];
  readonly layers: { readonly routers: readonly number[] }[] = [];
  readonly refused: { readonly name: string; readonly message: string }[] = [];
  readonly #scope: Scope;
  readonly #order: RouterOrder;
  /** Children by name and by whether they are logged, which their root says: a child may have several parents. */
  readonly #children = new Map<string, number | undefined>();

  constructor(scope: Scope) {
    this.#scope = scope;
    this.#order = routerOrder(scope.install.providers.precedence);
  }

  /** Routers that are tried first, best first. */
  roots(): readonly Served[] {
    const served = [...this.#scope.configuration.routers.values()].filter(isServed);
    return served.filter(({ resolved }) => resolved.parents.length === 0).sort(this.#order);
  }

  /** Adds a router to the table; returns its index. */
  add(router: WireRouter): number {
    return this.routers.push(router) - 1;
  }

  /** A router of the snapshot; undefined when its rule cannot be one, which is noted. */
  compile(item: Served, isLogged: boolean): WireRouter | undefined {
    const { name, config, resolved } = item;
    const scope = this.#scope;
    const { lowered, problem } = lowerForIndex(resolved.rule, scope.rules);
    if (lowered === undefined) {
      this.refused.push({ name, message: problem.message });
      return undefined;
    }
    const { service, tls } = resolved;
    const logsInternals = scope.install.accessLog?.addInternals === true || service?.endsWith('@internal') !== true;
    return {
      name,
      program: lowered.program,
      keys: lowered.keys,
      chain: resolved.middlewares.map((middleware) => scope.middlewares.indexOf(middleware)),
      service: service === undefined ? none : scope.services.indexOf(service),
      layer: service === undefined ? this.#layerBelow(item, isLogged) : none,
      tlsOptions: tls === undefined ? none : scope.tlsOptions.indexOf(tls.options),
      deniedCharacters: 0,
      accessLog: isLogged && logsInternals,
      timeouts: timeoutsIndex(scope, config?.timeouts),
    };
  }

  /** Layers are few levels deep, which `validate` has seen to. */
  #layerBelow({ resolved }: Served, isLogged: boolean): number {
    const items = (resolved.children ?? []).flatMap((name) => this.#scope.configuration.routers.get(name) ?? []);
    const children = items.filter(isServed).sort(this.#order);
    const indexes = children.flatMap((child) => this.#childIndex(child, isLogged) ?? []);
    return this.layers.push({ routers: indexes }) - 1;
  }

  #childIndex(item: Served, isLogged: boolean): number | undefined {
    const key = `${item.name} ${isLogged}`;
    if (this.#children.has(key)) return this.#children.get(key);
    const compiled = this.compile(item, isLogged);
    const index = compiled && this.add(compiled);
    this.#children.set(key, index);
    return index;
  }
}

const isServed = (item: RouterItem): item is Served => item.status !== 'disabled' && item.resolved !== undefined;

/** Bits of `deniedCharacters` for each TCP entry point. Without `encodedCharacters` nothing is denied. */
function deniedByEntryPoint({ entryPoints }: InstallConfiguration): ReadonlyMap<string, number> {
  const masks = Object.entries(entryPoints).flatMap(([name, { address, http }]): [string, number][] => {
    if (address.protocol !== 'tcp') return [];
    const allowed = http.encodedCharacters;
    return [[name, allowed === undefined ? 0 : maskOf(allowed)]];
  });
  return new Map(masks);
}

type EncodedCharacters = NonNullable<InstallConfiguration['entryPoints'][string]['http']['encodedCharacters']>;

function maskOf(allowed: EncodedCharacters): number {
  return (
    (allowed.allowEncodedSlash ? 0 : deniedCharacters.slash) |
    (allowed.allowEncodedBackSlash ? 0 : deniedCharacters.backSlash) |
    (allowed.allowEncodedNullCharacter ? 0 : deniedCharacters.nullCharacter) |
    (allowed.allowEncodedSemicolon ? 0 : deniedCharacters.semicolon) |
    (allowed.allowEncodedPercent ? 0 : deniedCharacters.percent) |
    (allowed.allowEncodedQuestionMark ? 0 : deniedCharacters.questionMark) |
    (allowed.allowEncodedHash ? 0 : deniedCharacters.hash)
  );
}
