/** Routers become programs with indexes, in the order in which they are tried. */
import type { InstallConfiguration } from '../install/schema.js';
import type { RouterItem } from '../merge/model.js';
import { type RouterOrder, routerOrder } from '../merge/order.js';
import { deniedCharacters, type layer, none } from '../snapshot/records.js';
import { type RecordList, tokensOf } from '../snapshot/encode.js';
import type { Value } from '../snapshot/wire.js';
import { align } from '../source/alignment.js';
import { listOf } from '../source/by-name.js';
import { mergingSorted, sorting, without } from '../source/sorting.js';
import type { Work } from '../work.js';
import { Drafting, type Listing, same, type Served, type WireRouter } from './drafts.js';
import { withoutCrowds } from './rule/crowds.js';
import { lowerForIndex } from './rule/lower.js';
import type { CompileMemory } from './memory.js';
import { Row } from './row.js';
import { promised, type Scope } from './scope.js';
import { timeoutsIndex } from './timeouts.js';

/** Routers of one entry point by index, best first. */
export interface RouterLists {
  readonly plain: Row<number>;
  readonly tls: Row<number>;
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

/** Routers that are made, or taken from before, until others may have a turn. */
const [rootsAtOnce, takenAtOnce] = [64, 2048];

/** Compiles every router that is served. A router on entry points that deny different escapes is stored once for each. */
export function* compileRouters(scope: Scope, memory: CompileMemory): Work<CompiledRouters> {
  const places = placesOf(scope.install, memory.byEntryPoint);
  const { roots, before } = yield* rootsOf(scope, memory);
  const drafting = new Drafting(scope, memory);
  const compiler = new RouterCompiler(scope, drafting, places, memory.listings);
  memory.drafts = undefined;
  for (let at = 0; at < roots.length;) {
    const taken = drafting.take(before, at, Math.min(roots.length - at, takenAtOnce));
    if (taken > 0) compiler.listFrom(at);
    else compiler.addRoot(roots[at] as Served, memory);
    at += Math.max(1, taken);
    if (taken > 1 || at % rootsAtOnce === 0) yield;
  }
  memory.drafts = drafting.drafts;
  const { layers, refused } = compiler;
  const byEntryPoint = new Map([...places].map(([name, { lists }]) => [name, lists]));
  memory.byEntryPoint = byEntryPoint;
  return { routers: () => recordsOf(scope, drafting, compiler, memory), layers, byEntryPoint, refused };
}

/** An entry point: what it denies, and its routers. */
interface Place {
  readonly mask: number;
  readonly lists: RouterLists;
  /** Number of its list of plain routers; that of TLS routers is the next one. */
  readonly number: number;
}

function placesOf(install: InstallConfiguration, before: ReadonlyMap<string, RouterLists>): ReadonlyMap<string, Place> {
  const masks = [...deniedByEntryPoint(install)];
  return new Map(
    masks.map(([name, mask], at) => {
      const { plain, tls } = before.get(name) ?? {};
      const lists = { plain: new Row<number>(plain?.length), tls: new Row<number>(tls?.length) };
      return [name, { mask, lists, number: 2 * at }];
    }),
  );
}

/** The records in their order. Where nothing but numbers of services and options can have changed, that of before will do. */
function* recordsOf(
  scope: Scope,
  { drafts: { items, masks, numbers, same: isSame }, made, places }: Drafting,
  compiler: RouterCompiler,
  memory: CompileMemory,
): Work<RecordList<WireRouter>> {
  const written = withoutCrowds(made);
  yield;
  const least = memory.areSame('middlewares', scope.middlewares.names) ? same.withoutChain : same.all;
  yield;
  const tokens = tokensOf(items.view, (at) => isSame.at(at) >= least);
  yield;
  return {
    tokens,
    numbers: {
      service: numbers.service.view,
      tlsOptions: numbers.tlsOptions.view,
      timeouts: numbers.timeouts.view,
    },
    value: (at) => {
      const place = places.placeOf(at);
      if (place >= 0) return written[place] as WireRouter;
      const item = items.at(at);
      return { ...promised(compiler.compileRoot(item, memory), item.name), deniedCharacters: masks.at(at) };
    },
  };
}

/** Routers that are tried first, best first, with the place that each had the last time. */
function* rootsOf(
  { configuration, install }: Scope,
  memory: CompileMemory,
): Work<{ readonly roots: readonly Served[]; readonly before: (at: number) => number }> {
  const order = routerOrder(install.providers.precedence);
  const served = yield* memory.roots.of(listOf(configuration.routers), isRoot);
  const { gone, come } = align(memory.served, served);
  const sorted =
    gone.length + come.length > served.length / 4
      ? yield* sorting(served, order)
      : yield* mergingSorted(without(memory.inOrder, gone, order), yield* sorting(come, order), order);
  const aligned = align(memory.inOrder, sorted);
  memory.served = served;
  memory.inOrder = sorted;
  return { roots: sorted as readonly Served[], before: (at) => aligned.placeOf(at) };
}

/** Fills the tables of routers and of layers. */
class RouterCompiler {
  readonly layers: { readonly routers: readonly number[] }[] = [];
  readonly refused: RefusedRouter[] = [];
  readonly #scope: Scope;
  readonly #drafting: Drafting;
  readonly #places: ReadonlyMap<string, Place>;
  readonly #listings: Map<string, Listing>;
  /** By number. */
  readonly #lists: readonly Row<number>[];
  readonly #order: RouterOrder;
  /** Children by name and by whether they are logged, which their root says: a child may have several parents. */
  readonly #children = new Map<string, number | undefined>();

  constructor(scope: Scope, drafting: Drafting, places: ReadonlyMap<string, Place>, listings: Map<string, Listing>) {
    this.#scope = scope;
    this.#drafting = drafting;
    this.#places = places;
    this.#listings = listings;
    this.#lists = [...places.values()].flatMap(({ lists }) => [lists.plain, lists.tls]);
    this.#order = routerOrder(scope.install.providers.precedence);
  }

  /** Adds a router to the table and to the lists of its entry points; nothing of one whose rule does not fit. */
  addRoot(item: Served, memory: CompileMemory): void {
    this.#drafting.begin();
    const compiled = this.compileRoot(item, memory);
    if (compiled === undefined) return;
    const listing = this.#listingOf(item);
    const isTied = memory.tied.has(item);
    const first = this.#drafting.drafts.items.length;
    for (const { mask } of listing.records) {
      const value = mask === 0 ? compiled : { ...compiled, deniedCharacters: mask };
      this.#drafting.add(item, mask, value, isTied);
    }
    this.#list(listing, first);
    if (!isTied) this.#drafting.settle(listing);
  }

  /** Lists the records that were taken from before, those of the roots from `root` on. */
  listFrom(root: number): void {
    const { firsts, listings } = this.#drafting.drafts;
    for (let at = root; at < listings.length; at++) this.#list(listings.at(at) as Listing, firsts.at(at));
  }

  /** Lists the records of a root. */
  #list({ records }: Listing, first: number): void {
    let index = first;
    for (const { lists } of records) {
      for (const list of lists) this.#lists[list]?.push(index);
      index += 1;
    }
  }

  /** Of entry points that deny the same a router is stored once. Most routers have one, and are listed alike. */
  #listingOf({ resolved: { entryPoints, tls } }: Served): Listing {
    const names = (entryPoints.length === 1 ? entryPoints[0] : undefined) ?? entryPoints.join('\0');
    // No name is empty.
    const key = tls === undefined ? names : `\0${names}`;
    const known = this.#listings.get(key);
    if (known !== undefined) return known;
    const byMask = new Map<number, number[]>();
    for (const entryPoint of entryPoints) {
      const { mask = 0, number } = this.#places.get(entryPoint) ?? {};
      const lists = byMask.get(mask) ?? [];
      if (number !== undefined) lists.push(tls === undefined ? number : number + 1);
      byMask.set(mask, lists);
    }
    const listing = { records: [...byMask].map(([mask, lists]) => ({ mask, lists })) };
    this.#listings.set(key, listing);
    return listing;
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
    const index = compiled && this.#drafting.add(item, 0, compiled, true);
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
