/** Routers become programs with indexes, in the order in which they are tried. */
import type { InstallConfiguration } from '../install/schema.js';
import type { ResolvedRouter, RouterItem } from '../merge/model.js';
import { type RouterOrder, routerOrder } from '../merge/order.js';
import { deniedCharacters, type layer, none, type router } from '../snapshot/records.js';
import type { RecordList } from '../snapshot/encode.js';
import type { Value } from '../snapshot/wire.js';
import { align } from '../source/alignment.js';
import { listOf } from '../source/by-name.js';
import { mergingSorted, sorting } from '../source/sorting.js';
import { forEach, type Work } from '../work.js';
import { withoutCrowds } from './rule/crowds.js';
import type { RouteKey } from './rule/keys.js';
import { lowerForIndex } from './rule/lower.js';
import type { CompileMemory } from './memory.js';
import { promised, type Scope } from './scope.js';
import { timeoutsIndex } from './timeouts.js';

type WireRouter = Value<typeof router> & { readonly keys: readonly RouteKey[] };

/** Routers of one entry point by index, best first. */
export interface RouterLists {
  readonly plain: number[];
  readonly tls: number[];
}

/** A router whose rule does not fit the data plane, with the reason. */
export interface RefusedRouter {
  readonly name: string;
  readonly message: string;
}

/** The routers of the snapshot, and which of them each entry point tries. */
export interface CompiledRouters {
  /** To be asked for when everything has its number. */
  readonly routers: () => Work<RecordList<WireRouter>>;
  readonly layers: readonly Value<typeof layer>[];
  readonly byEntryPoint: ReadonlyMap<string, RouterLists>;
  readonly refused: readonly RefusedRouter[];
}

type Served = RouterItem & { readonly resolved: ResolvedRouter };

/** Compiles every router that is served. A router on entry points that deny different escapes is stored once for each. */
export function* compileRouters(scope: Scope, memory: CompileMemory): Work<CompiledRouters> {
  const byEntryPoint = new Map<string, RouterLists>();
  const places = new Map<string, Place>();
  for (const [name, mask] of deniedByEntryPoint(scope.install)) {
    const lists = { plain: [], tls: [] };
    byEntryPoint.set(name, lists);
    places.set(name, { mask, lists });
  }
  const { roots, fresh } = yield* rootsOf(scope, memory);
  const compiler = new RouterCompiler(scope);
  yield* forEach(roots, (item) => {
    const isKnown = !fresh.has(item) && !memory.tied.has(item);
    const compiled = isKnown ? undefined : compiler.compileRoot(item, memory);
    if (!isKnown && compiled === undefined) return;
    compiler.addTo(places, item, compiled);
  });
  const { drafts, layers, refused } = compiler;
  return { routers: () => recordsOf(scope, drafts, compiler, memory), layers, byEntryPoint, refused };
}

/** An entry point: what it denies, and its routers. */
interface Place {
  readonly mask: number;
  readonly lists: RouterLists;
}

/** Records to be, by columns: routers, and what is denied where they listen. */
class Drafts {
  readonly items: Served[] = [];
  readonly masks: number[] = [];
  /** Left out where the record is likely to be that of before. */
  readonly values: (WireRouter | undefined)[] = [];
  readonly numbers = { service: [] as number[], tlsOptions: [] as number[], timeouts: [] as number[] };

  /** Adds a record with the numbers of what its router names; returns its place. Those of its layer are made with it. */
  add(scope: Scope, item: Served, mask: number, value: WireRouter | undefined): number {
    const { middlewares, service, tls } = item.resolved;
    for (const middleware of middlewares) scope.middlewares.indexOf(middleware);
    this.numbers.service.push(service === undefined ? none : scope.services.indexOf(service));
    this.numbers.tlsOptions.push(tls === undefined ? none : scope.tlsOptions.indexOf(tls.options));
    this.numbers.timeouts.push(timeoutsIndex(scope, item.config?.timeouts));
    this.masks.push(mask);
    this.values.push(value);
    return this.items.push(item) - 1;
  }
}

/** The records in their order. Where nothing but numbers of services and options can have changed, that of before will do. */
function* recordsOf(
  scope: Scope,
  { items, masks, values, numbers }: Drafts,
  compiler: RouterCompiler,
  memory: CompileMemory,
): Work<RecordList<WireRouter>> {
  const made = [...values.keys()].filter((at) => values[at] !== undefined);
  const uncrowded = withoutCrowds(made.map((at) => values[at] as WireRouter));
  made.forEach((at, index) => (values[at] = uncrowded[index]));
  const sameChains = memory.areSame('middlewares', scope.middlewares.names);
  yield;
  const tokens = items.map((item, at) => {
    const { service, parents, middlewares } = item.resolved;
    const isAlone = service !== undefined && parents.length === 0;
    const isSame = item !== items[at - 1] && isAlone && !memory.tied.has(item);
    return isSame && (sameChains || middlewares.length === 0) ? item : {};
  });
  yield;
  return {
    tokens,
    numbers: {
      service: new Uint32Array(numbers.service),
      tlsOptions: new Uint32Array(numbers.tlsOptions),
      timeouts: new Uint32Array(numbers.timeouts),
    },
    value: (at) => {
      const item = items[at] as Served;
      const deniedCharacters = masks[at] ?? 0;
      return values[at] ?? { ...promised(compiler.compileRoot(item, memory), item.name), deniedCharacters };
    },
  };
}

/** Routers that are tried first, best first, and those of them that were not there the last time. */
function* rootsOf(
  { configuration, install }: Scope,
  memory: CompileMemory,
): Work<{ readonly roots: readonly Served[]; readonly fresh: ReadonlySet<RouterItem> }> {
  const order = routerOrder(install.providers.precedence);
  const served = listOf(configuration.routers).filter(isRoot);
  const { gone, come } = align(memory.served, served);
  const left = new Set(gone);
  const sorted =
    gone.length + come.length > served.length / 4
      ? yield* sorting(served, order)
      : yield* mergingSorted(
          left.size === 0 ? memory.inOrder : memory.inOrder.filter((item) => !left.has(item)),
          yield* sorting(come, order),
          order,
        );
  memory.served = served;
  memory.inOrder = sorted;
  return { roots: sorted as readonly Served[], fresh: new Set(come) };
}

/** Fills the tables of routers and of layers. */
class RouterCompiler {
  readonly drafts = new Drafts();
  readonly layers: { readonly routers: readonly number[] }[] = [];
  readonly refused: RefusedRouter[] = [];
  readonly #scope: Scope;
  readonly #order: RouterOrder;
  /** Children by name and by whether they are logged, which their root says: a child may have several parents. */
  readonly #children = new Map<string, number | undefined>();

  constructor(scope: Scope) {
    this.#scope = scope;
    this.#order = routerOrder(scope.install.providers.precedence);
  }

  /** Adds a router to the table and to the lists of its entry points. */
  addTo(places: ReadonlyMap<string, Place>, item: Served, compiled: WireRouter | undefined): void {
    const { entryPoints, tls } = item.resolved;
    // Of entry points that deny the same the router is stored once; most routers have one.
    const indexes = entryPoints.length > 1 ? new Map<number, number>() : undefined;
    for (const entryPoint of entryPoints) {
      const { mask = 0, lists } = places.get(entryPoint) ?? {};
      const index = indexes?.get(mask) ?? this.#add(item, mask, compiled);
      indexes?.set(mask, index);
      (tls === undefined ? lists?.plain : lists?.tls)?.push(index);
    }
  }

  #add(item: Served, mask: number, compiled: WireRouter | undefined): number {
    const value = compiled === undefined || mask === 0 ? compiled : { ...compiled, deniedCharacters: mask };
    return this.drafts.add(this.#scope, item, mask, value);
  }

  /** A router that is tried first. One that shares tables or layers with others is made anew each time. */
  compileRoot(item: Served, memory: CompileMemory): WireRouter | undefined {
    const { asked } = this.#scope.rules;
    const compiled = this.#compile(item, item.resolved.observability.accessLogs === true);
    const isTied = compiled === undefined || this.#scope.rules.asked !== asked || compiled.layer !== none;
    if (isTied) memory.tied.add(item);
    return compiled;
  }

  /** A router of the snapshot; undefined when its rule cannot be one, which is noted. */
  #compile(item: Served, isLogged: boolean): WireRouter | undefined {
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
    const compiled = this.#compile(item, isLogged);
    const index = compiled && this.#add(item, 0, compiled);
    this.#children.set(key, index);
    return index;
  }
}

const isServed = (item: RouterItem): item is Served => item.status !== 'disabled' && item.resolved !== undefined;
const isRoot = (item: RouterItem): item is Served => isServed(item) && item.resolved.parents.length === 0;

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
