/** Routers become programs with indexes, in the order in which they are tried. */
import type { InstallConfiguration } from '../install/schema.js';
import type { ResolvedRouter, RouterItem } from '../merge/model.js';
import { type RouterOrder, routerOrder } from '../merge/order.js';
import { deniedCharacters, type layer, none, type router } from '../snapshot/records.js';
import type { RecordList } from '../snapshot/encode.js';
import type { Value } from '../snapshot/wire.js';
import { align } from '../source/alignment.js';
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
  readonly routers: () => RecordList<WireRouter>;
  readonly layers: readonly Value<typeof layer>[];
  readonly byEntryPoint: ReadonlyMap<string, RouterLists>;
  readonly refused: readonly RefusedRouter[];
}

type Served = RouterItem & { readonly resolved: ResolvedRouter };

/** One record to be: a router, and what it denies where it listens. */
interface Draft {
  readonly item: Served;
  readonly mask: number;
  readonly numbers: ReturnType<typeof numbersOf>;
  /** Left out where the record is likely to be that of before. */
  value?: WireRouter;
}

/** Compiles every router that is served. A router on entry points that deny different escapes is stored once for each. */
export function* compileRouters(scope: Scope, memory: CompileMemory): Work<CompiledRouters> {
  const denied = deniedByEntryPoint(scope.install);
  const byEntryPoint = new Map<string, RouterLists>();
  for (const name of denied.keys()) byEntryPoint.set(name, { plain: [], tls: [] });
  const { roots, fresh } = yield* rootsOf(scope, memory);
  const compiler = new RouterCompiler(scope);
  yield* forEach(roots, (item) => {
    const isKnown = !fresh.has(item) && !memory.tied.has(item);
    const compiled = isKnown ? undefined : compiler.compileRoot(item, memory);
    if (!isKnown && compiled === undefined) return;
    const numbers = numbersOf(scope, item);
    const indexes = new Map<number, number>();
    for (const entryPoint of item.resolved.entryPoints) {
      const mask = denied.get(entryPoint) ?? 0;
      const index = indexes.get(mask) ?? compiler.add({ item, mask, numbers }, compiled);
      indexes.set(mask, index);
      const lists = byEntryPoint.get(entryPoint);
      (item.resolved.tls === undefined ? lists?.plain : lists?.tls)?.push(index);
    }
  });
  const { drafts, layers, refused } = compiler;
  return { routers: () => recordsOf(scope, drafts, compiler, memory), layers, byEntryPoint, refused };
}

/** The records in their order. Where nothing but numbers of services and options can have changed, that of before will do. */
function recordsOf(
  scope: Scope,
  drafts: readonly Draft[],
  compiler: RouterCompiler,
  memory: CompileMemory,
): RecordList<WireRouter> {
  const made = drafts.filter(({ value }) => value !== undefined);
  const uncrowded = withoutCrowds(made.map(({ value }) => value as WireRouter));
  made.forEach((draft, at) => (draft.value = uncrowded[at] as WireRouter));
  const sameChains = memory.areSame('middlewares', scope.middlewares.names);
  let last: Served | undefined;
  const tokens = drafts.map(({ item }) => {
    const isAlone = item.resolved.service !== undefined && item.resolved.parents.length === 0;
    const isSame = item !== last && isAlone && !memory.tied.has(item);
    last = item;
    return isSame && (sameChains || item.resolved.middlewares.length === 0) ? item : {};
  });
  const numbers = (of: keyof Draft['numbers']) => Uint32Array.from(drafts, (draft) => draft.numbers[of]);
  return {
    tokens,
    numbers: { service: numbers('service'), tlsOptions: numbers('tlsOptions'), timeouts: numbers('timeouts') },
    value: (at) => {
      const { item, mask, value } = drafts[at] as Draft;
      return value ?? { ...promised(compiler.compileRoot(item, memory), item.name), deniedCharacters: mask };
    },
  };
}

/** Routers that are tried first, best first, and those of them that were not there the last time. */
function* rootsOf(
  { configuration, install }: Scope,
  memory: CompileMemory,
): Work<{ readonly roots: readonly Served[]; readonly fresh: ReadonlySet<RouterItem> }> {
  const order = routerOrder(install.providers.precedence);
  const served = [...configuration.routers.values()].filter(isRoot);
  const { gone, come } = align(memory.served, served);
  const left = new Set(gone);
  const sorted =
    gone.length + come.length > served.length / 4
      ? yield* sorting(served, order)
      : yield* mergingSorted(
          memory.inOrder.filter((item) => !left.has(item)),
          yield* sorting(come, order),
          order,
        );
  memory.served = served;
  memory.inOrder = sorted;
  return { roots: sorted as readonly Served[], fresh: new Set(come) };
}

/** The numbers of what a router names; those of its layer are made with it. */
function numbersOf(scope: Scope, { config, resolved: { middlewares, service, tls } }: Served) {
  for (const middleware of middlewares) scope.middlewares.indexOf(middleware);
  return {
    service: service === undefined ? none : scope.services.indexOf(service),
    tlsOptions: tls === undefined ? none : scope.tlsOptions.indexOf(tls.options),
    timeouts: timeoutsIndex(scope, config?.timeouts),
  };
}

/** Fills the tables of routers and of layers. */
class RouterCompiler {
  readonly drafts: Draft[] = [];
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

  /** Adds a router to the table; returns its index. */
  add(draft: Draft, compiled: WireRouter | undefined): number {
    if (compiled !== undefined) draft.value = { ...compiled, deniedCharacters: draft.mask };
    return this.drafts.push(draft) - 1;
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
    const index = compiled && this.add({ item, mask: 0, numbers: numbersOf(this.#scope, item) }, compiled);
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
