/** Makes one configuration out of the documents of all providers (Traefik: aggregator). */
import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.js';
import { placeOf } from '../diagnostics/render.js';
import { tlsOptions, type TlsOptions, type TlsStore } from '../schema/tls.js';
import { objectDocument } from '../source/object.js';
import type { Fragment } from './decode.js';
import { defaultEntryPoints, onEntryPoints } from './entry-points.js';
import { internals } from './internals.js';
import { makeItem, originOf, withFindings } from './item.js';
import type { Configuration, Item, RouterItem } from './model.js';
import { internal, resolveName } from './names.js';
import type { Settings } from './settings.js';

/**
 * Merges the fragments of all providers, in the order in which they win over each other within a provider, with the
 * objects that follow from the settings. Nothing is checked across objects yet: that is `validate`. Pure.
 */
export function merge(fragments: readonly Fragment[], settings: Settings): Configuration {
  const all = [...fragments, internals(settings)];
  const diagnostics = all.flatMap((fragment) => fragment.diagnostics);
  const collect = <I extends Item<unknown>>(noun: string, items: readonly I[]) => byName(noun, items, diagnostics);
  const certificates = all.flatMap((fragment) => fragment.certificates);
  return {
    routers: routersOf(all, settings, diagnostics),
    services: collect(
      'service',
      all.flatMap(({ services }) => services),
    ),
    middlewares: collect(
      'middleware',
      all.flatMap(({ middlewares }) => middlewares),
    ),
    serversTransports: collect(
      'servers transport',
      all.flatMap(({ serversTransports }) => serversTransports),
    ),
    tls: {
      certificates,
      options: optionsOf(all, diagnostics),
      stores: storesOf(all, diagnostics),
      hosts: new Map(),
      refusedHosts: new Map(),
    },
    files: new Map(all.flatMap(({ files }) => [...files])),
    diagnostics,
  };
}

function routersOf(
  all: readonly Fragment[],
  settings: Settings,
  diagnostics: Diagnostic[],
): ReadonlyMap<string, RouterItem> {
  const defaults = defaultEntryPoints(settings);
  const written = byName(
    'router',
    all.flatMap(({ routers }) => routers),
    diagnostics,
  );
  const names = new Map<string, readonly string[]>();
  const split = [...written.values()].flatMap((item) => {
    const parts = onEntryPoints(item, settings, defaults);
    if (parts.length !== 1)
      names.set(
        item.name,
        parts.map(({ name }) => name),
      );
    return parts;
  });
  return byName(
    'router',
    split.map((item) => withParents(item, names)),
    diagnostics,
  );
}

/** The router with the qualified names of its parents; one that was split is all of its parts. */
function withParents(item: RouterItem, names: ReadonlyMap<string, readonly string[]>): RouterItem {
  const { config, provider } = item;
  if (config?.parentRefs === undefined || config.parentRefs.length === 0) return item;
  const parents = config.parentRefs.map((name) => resolveName(name, provider));
  const parentRefs = [...new Set(parents.flatMap((name) => names.get(name) ?? [name]))];
  return { ...item, config: { ...config, parentRefs } };
}

/** The first of each name wins; the others are reported with the place of the first. */
function byName<I extends Item<unknown>>(
  noun: string,
  items: readonly I[],
  diagnostics: Diagnostic[],
): ReadonlyMap<string, I> {
  const found = new Map<string, I>();
  for (const item of items) {
    const first = found.get(item.name);
    if (first === undefined) found.set(item.name, item);
    else diagnostics.push(twice(noun, first, item));
  }
  return found;
}

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
    byName(
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
  if (owners.length < 2) return byName('certificate store', items, diagnostics);
  const found = new Map(
    byName(
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
  makeItem({ name, provider: internal, config, document: objectDocument({}, 'Fairlead'), path: [] });
