/** Makes one configuration out of the documents of all providers (Traefik: aggregator). */
import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.js';
import { placeOf } from '../diagnostics/render.js';
import { tlsOptions, type TlsOptions, type TlsStore } from '../schema/tls.js';
import { NameIndex, NameIndexes } from '../source/by-name.js';
import { align } from '../source/alignment.js';
import { nothing } from '../source/nothing.js';
import { objectDocument } from '../source/object.js';
import { finish, forEach, type Work } from '../work.js';
import type { Fragment } from './decode.js';
import { defaultEntryPoints, hasModels, onEntryPoints, onPlainEntryPoints } from './entry-points.js';
import { internals } from './internals.js';
import { makeItem, originOf, withFindings } from './item.js';
import type { Configuration, Item, RouterItem } from './model.js';
import type { Places } from '../source/origin.js';
import { internal, resolveName } from './names.js';
import type { Settings } from './settings.js';

/**
 * Merges the fragments of all providers, in the order in which they win over each other within a provider, with the
 * objects that follow from the settings. Nothing is checked across objects yet: that is `validate`. Pure; of the same
 * fragment the same objects come every time.
 */
export const merge = (fragments: readonly Fragment[], settings: Settings): Configuration =>
  finish(merging(fragments, settings));

/** As `merge`, in turns. Names that were there before are found in `names`. */
export function* merging(
  fragments: readonly Fragment[],
  settings: Settings,
  names: NameIndexes = new NameIndexes(),
): Work<Configuration> {
  const all = [...fragments, internalsOf(settings)];
  const diagnostics = all.flatMap((fragment) => fragment.diagnostics);
  const routers = yield* routersOf(all, settings, names.routers, diagnostics);
  const collect = <I extends Item<unknown>>(
    noun: string,
    itemsOf: (fragment: Fragment) => readonly I[],
    index = new NameIndex(),
  ) => byName(noun, all.map(itemsOf), index, diagnostics);
  return {
    routers,
    services: yield* collect('service', ({ services }) => services, names.services),
    middlewares: yield* collect('middleware', ({ middlewares }) => middlewares, names.middlewares),
    serversTransports: yield* collect('servers transport', ({ serversTransports }) => serversTransports),
    tls: {
      certificates: all.flatMap((fragment) => fragment.certificates),
      options: optionsOf(all, diagnostics),
      stores: storesOf(all, diagnostics),
      hosts: new Map(),
      refusedHosts: new Map(),
    },
    files: new Map(all.flatMap(({ files }) => [...files])),
    diagnostics,
  };
}

const madeInternals = new WeakMap<Settings, Fragment>();

/** The objects that follow from the settings; made once, since those do not change. */
function internalsOf(settings: Settings): Fragment {
  const made = madeInternals.get(settings) ?? internals(settings);
  madeInternals.set(settings, made);
  return made;
}

function* routersOf(
  all: readonly Fragment[],
  settings: Settings,
  index: NameIndex,
  diagnostics: Diagnostic[],
): Work<ReadonlyMap<string, RouterItem>> {
  // Without models every router keeps its name, and there is nothing to compare a second time.
  if (!hasModels(settings))
    return yield* byName('router', yield* eachOf(all, settings, onPlaces, wholeRouters), index, diagnostics);
  const placed = yield* eachOf(all, settings, onEntryPoints, splitRouters);
  const lists = all.map(({ routers }) => routers);
  const written = yield* byName('router', lists, new NameIndex(), diagnostics);
  const names = new Map<string, readonly string[]>();
  const split: RouterItem[][] = [];
  for (const [of, parts] of placed.entries()) {
    const own: RouterItem[] = [];
    yield* forEach(lists[of]?.entries() ?? [], ([at, item]) => {
      const made = parts[at] ?? [];
      if (written.get(item.name) !== item) return;
      if (made.length !== 1) names.set(item.name, namesOf(made));
      own.push(...made);
    });
    split.push(own);
  }
  for (const list of split)
    yield* forEach(list.entries(), ([at, item]) => {
      if (item.config?.parentRefs !== undefined) list[at] = withParents(item, names);
    });
  return yield* byName('router', split, index, diagnostics);
}

const namesOf = (items: readonly RouterItem[]): readonly string[] => items.map(({ name }) => name);

/** The router with the qualified names of its parents; one that was split is all of its parts. */
function withParents(item: RouterItem, names: ReadonlyMap<string, readonly string[]>): RouterItem {
  const { config, provider } = item;
  if (config?.parentRefs === undefined || config.parentRefs.length === 0) return item;
  const parents = config.parentRefs.map((name) => resolveName(name, provider));
  const parentRefs = [...new Set(parents.flatMap((name) => names.get(name) ?? [name]))];
  return { ...item, config: { ...config, parentRefs } };
}

/** What was made of the routers of the last fragment of a document, under some settings. */
type Placed<T> = WeakMap<
  Places,
  { readonly settings: Settings; readonly routers: readonly RouterItem[]; readonly made: readonly T[] }
>;

/** Routers as they are on their entry points, with the qualified names of their parents. */
const wholeRouters: Placed<RouterItem> = new WeakMap();
/** Routers as they are on their entry points, each in as many parts as it has there. */
const splitRouters: Placed<readonly RouterItem[]> = new WeakMap();

/** What is made of each router of the fragments; made once. */
function* eachOf<T>(
  fragments: readonly Fragment[],
  settings: Settings,
  make: (item: RouterItem, settings: Settings, defaults: readonly string[]) => T,
  placed: Placed<T>,
): Work<readonly (readonly T[])[]> {
  const defaults = defaultEntryPoints(settings);
  const all: (readonly T[])[] = [];
  for (const { places, routers } of fragments) {
    const known = placed.get(places);
    const before = known?.settings === settings ? known : { routers: nothing, made: nothing };
    if (before.routers === routers) {
      all.push(before.made);
      continue;
    }
    const aligned = align(before.routers, routers);
    const made = routers.map((item, at) => {
      const place = aligned.placeOf(at);
      return (place < 0 ? undefined : before.made[place]) ?? make(item, settings, defaults);
    });
    placed.set(places, { settings, routers, made });
    all.push(made);
    yield;
  }
  return all;
}

const noneSplit: ReadonlyMap<string, readonly string[]> = new Map();

const onPlaces = (item: RouterItem, _: Settings, defaults: readonly string[]): RouterItem =>
  withParents(onPlainEntryPoints(item, defaults), noneSplit);

/** Lists that are joined at once; as arguments they have to stand on the stack. */
const joinedAtOnce = 4096;

function joined<I>(lists: readonly (readonly I[])[]): readonly I[] {
  let items: readonly I[] = [];
  for (let at = 0; at < lists.length; at += joinedAtOnce) items = items.concat(...lists.slice(at, at + joinedAtOnce));
  return items;
}

/** The first of each name wins; the others are reported with the place of the first. */
function* byName<I extends Item<unknown>>(
  noun: string,
  lists: readonly (readonly I[])[],
  index: NameIndex,
  diagnostics: Diagnostic[],
): Work<ReadonlyMap<string, I>> {
  const items = joined(lists);
  const known = yield* index.of(items, 'merged');
  if (known !== undefined) return known;
  const found = new Map<string, I>();
  yield* forEach(items, (item) => {
    const first = found.get(item.name);
    if (first === undefined) found.set(item.name, item);
    else diagnostics.push(twice(noun, first, item));
  });
  return found;
}

/** As `byName`, of items that are in one list already. */
const listedByName = <I extends Item<unknown>>(noun: string, items: readonly I[], diagnostics: Diagnostic[]) =>
  finish(byName(noun, [items], new NameIndex(), diagnostics));

function twice(noun: string, first: Item<unknown>, second: Item<unknown>): Diagnostic {
  const places = `in ${placeOf(originOf(first))} and again in ${placeOf(originOf(second))}`;
  return diagnose('FL3008', {
    message: `${noun} "${first.name}" is defined ${places}`,
    path: second.path,
    origin: originOf(second),
    hint: 'rename one of the two',
    effect: `the one in ${placeOf(originOf(first))} is used`,
  });
}

/** `default` belongs to nobody, so only one provider may define it. */
function optionsOf(all: readonly Fragment[], diagnostics: Diagnostic[]): ReadonlyMap<string, Item<TlsOptions>> {
  const items = all.flatMap(({ options }) => options);
  const owners = defaultOwners(items);
  const found = new Map(
    listedByName(
      'TLS options',
      items.filter(({ name }) => name !== 'default' || owners.length < 2),
      diagnostics,
    ),
  );
  if (owners.length > 1)
    found.set('default', conflicting('TLS options', owners, 'handshakes that need the default options are refused'));
  else if (owners.length === 0) found.set('default', builtIn('default', tlsOptions.parse({})));
  return found;
}

function storesOf(all: readonly Fragment[], diagnostics: Diagnostic[]): ReadonlyMap<string, Item<TlsStore>> {
  const items = all.flatMap(({ stores }) => stores);
  const owners = defaultOwners(items);
  if (owners.length < 2) return listedByName('certificate store', items, diagnostics);
  const found = new Map(
    listedByName(
      'certificate store',
      items.filter(({ name }) => name !== 'default'),
      diagnostics,
    ),
  );
  found.set('default', conflicting('certificate store', owners, 'a generated certificate is the default one'));
  return found;
}

/** The first definition of `default` of each provider that has one. */
function defaultOwners<T>(items: readonly Item<T>[]): readonly Item<T>[] {
  const defaults = items.filter(({ name }) => name === 'default');
  return defaults.filter((item, index) => defaults.findIndex(({ provider }) => provider === item.provider) === index);
}

function conflicting<T>(noun: string, owners: readonly Item<T>[], effect: string): Item<T> {
  const [first] = owners as readonly [Item<T>, ...Item<T>[]];
  const places = owners.map((item) => `${item.provider} (${placeOf(originOf(item))})`).join(' and ');
  const message = `${noun} "default" is defined by ${places}`;
  const hint = 'keep one of them';
  return withFindings(first, [
    diagnose('FL5013', { message, path: first.path, origin: originOf(first), hint, effect }),
  ]);
}

const builtIn = <T>(name: string, config: T): Item<T> =>
  makeItem({ name, provider: internal, config, raw: {}, document: objectDocument({}, 'Fairlead'), path: [] });
