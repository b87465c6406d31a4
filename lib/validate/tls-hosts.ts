/**
 * Which TLS options a server name has on an entry point. They are chosen before the router is known, so routers of one
 * host have to agree (Traefik: TLS options conflicts; rules reference, section 8).
 */
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { didYouMean } from '../diagnostics/suggest.js';
import { mapOf, withFindings } from '../merge/item.js';
import type { Item, RouterItem } from '../merge/model.js';
import type { EntryPointSettings } from '../merge/settings.js';
import type { TlsOptions } from '../schema/tls.js';
import { listOf, type NameIndex } from '../source/by-name.js';
import type { Picked } from '../source/remembered.js';
import { forEach, type Work } from '../work.js';
import { atEntryPoint, findingOn } from './finding.js';

/** Routers with their TLS options settled, and what each entry point has to know. */
export interface TlsHosts {
  readonly routers: ReadonlyMap<string, RouterItem>;
  readonly hosts: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly refusedHosts: ReadonlyMap<string, ReadonlySet<string>>;
  /** What became of the routers that go by other names now. */
  readonly renamed: ReadonlyMap<string, readonly string[]>;
}

const isSecure = ({ resolved }: RouterItem): boolean => resolved?.tls !== undefined;

/** The routers with the TLS options they get, and the options of every server name; `memory` knows which have any. */
export function* settleTlsHosts(
  routers: ReadonlyMap<string, RouterItem>,
  options: ReadonlyMap<string, Item<TlsOptions>>,
  entryPoints: ReadonlyMap<string, EntryPointSettings>,
  names: NameIndex,
  memory: Picked<RouterItem>,
): Work<TlsHosts> {
  const hosts = new Map<string, Map<string, string>>();
  const refusedHosts = new Map<string, Set<string>>();
  const secure = yield* memory.of(listOf(routers), isSecure);
  const renamed = new Map<string, readonly string[]>();
  if (secure.length === 0) return { routers, hosts, refusedHosts, renamed };
  // Where all have the default options, nobody can disagree.
  const isUniform = secure.every(({ resolved }) => resolved?.tls?.options === 'default');
  yield;
  const conflicts: Conflicts = isUniform ? new Map() : yield* findConflicts(secure);
  const settled = listOf(routers).flatMap((item) => {
    const own = conflicts.get(item.name);
    if (own === undefined) return item;
    const parts = resolveConflicts(item, own);
    if (parts.length !== 1 || parts[0] !== item)
      renamed.set(
        item.name,
        parts.map(({ name }) => name),
      );
    return parts;
  });
  const checked: RouterItem[] = [];
  yield* forEach(settled, (item) => {
    const finding = optionsFinding(item, options, entryPoints);
    const name = item.resolved?.tls?.options ?? '';
    for (const [entryPoint, host] of hostsOf(item)) {
      if (finding === undefined) inner(hosts, entryPoint, () => new Map<string, string>()).set(host, name);
      else inner(refusedHosts, entryPoint, () => new Set<string>()).add(host);
    }
    checked.push(finding === undefined ? item : withoutResolution(withFindings(item, [finding])));
  });
  return { routers: yield* mapOf(checked, names, 'settled'), hosts, refusedHosts, renamed };
}

/** Why the router cannot have its TLS options; undefined when it can, or has none. */
function optionsFinding(
  item: RouterItem,
  options: ReadonlyMap<string, Item<TlsOptions>>,
  entryPoints: ReadonlyMap<string, EntryPointSettings>,
): Diagnostic | undefined {
  const name = item.resolved?.tls?.options;
  const found = name === undefined ? undefined : brokenOptions(item, name, options);
  if (found === undefined || hasOwnTls(item)) return found;
  return atEntryPoint(found, entryPoints.get(item.resolved?.entryPoints[0] ?? ''), ['tls', 'options']);
}

/** The hosts of a TLS router on each of its entry points. */
function* hostsOf({ resolved }: RouterItem): Iterable<readonly [entryPoint: string, host: string]> {
  if (resolved?.tls === undefined) return;
  for (const entryPoint of resolved.entryPoints)
    for (const host of resolved.hosts) if (host !== '*') yield [entryPoint, host];
}

/** Whether the options are named in the router itself, not by its entry point. */
const hasOwnTls = ({ raw }: RouterItem): boolean => Object.keys(raw ?? {}).some((key) => key.toLowerCase() === 'tls');

function inner<K, V>(outer: Map<K, V>, key: K, make: () => V): V {
  const known = outer.get(key);
  if (known !== undefined) return known;
  const made = make();
  outer.set(key, made);
  return made;
}

function withoutResolution(item: RouterItem): RouterItem {
  const { resolved: _, ...rest } = item;
  return rest;
}

/** For each router the entry points on which it cannot have its options, with the reason. */
type Conflicts = ReadonlyMap<string, ReadonlyMap<string, Diagnostic>>;

function* findConflicts(routers: readonly RouterItem[]): Work<Conflicts> {
  const found = new Map<string, Map<string, Diagnostic>>();
  const note = (item: RouterItem, entryPoint: string, finding: Diagnostic) => {
    const own = inner(found, item.name, () => new Map<string, Diagnostic>());
    if (!own.has(entryPoint)) own.set(entryPoint, finding);
  };
  for (const [entryPoint, byHost] of yield* routersByHost(routers)) {
    yield* forEach(byHost, ([host, items]) => {
      const names = [...new Set(items.map((item) => item.resolved?.tls?.options ?? 'default'))];
      if (host === '*')
        for (const item of items)
          if (item.resolved?.tls?.options !== 'default') note(item, entryPoint, hostless(item, entryPoint));
      if (host === '*' || names.length < 2) return;
      for (const item of items) note(item, entryPoint, disagreement(item, host, entryPoint, names));
    });
  }
  return found;
}

/** TLS routers by entry point and host; those without any host stand under `*`. */
function* routersByHost(
  routers: readonly RouterItem[],
): Work<ReadonlyMap<string, ReadonlyMap<string, readonly RouterItem[]>>> {
  const found = new Map<string, Map<string, RouterItem[]>>();
  yield* forEach(routers, (item) => {
    if (item.resolved?.tls === undefined) return;
    const names = item.resolved.hosts.filter((host) => host !== '*');
    for (const entryPoint of item.resolved.entryPoints) {
      const byHost = inner(found, entryPoint, () => new Map<string, RouterItem[]>());
      for (const host of names.length > 0 ? names : ['*']) inner(byHost, host, () => []).push(item);
    }
  });
  return found;
}

function disagreement(item: RouterItem, host: string, entryPoint: string, names: readonly string[]): Diagnostic {
  const listed = names.map((name) => `"${name}"`).join(' and ');
  const message = `routers of host "${host}" on entry point "${entryPoint}" name different TLS options: ${listed}`;
  const at = item.config?.tls?.options === undefined ? {} : { at: ['tls', 'options'] };
  return findingOn(item, 'FL5008', {
    message,
    ...at,
    hint: 'give them the same options',
    effect: 'all of them use the default TLS options',
  });
}

function hostless(item: RouterItem, entryPoint: string): Diagnostic {
  const name = item.resolved?.tls?.options ?? '';
  const message = `TLS options "${name}" cannot apply on entry point "${entryPoint}": the rule names no host`;
  return findingOn(item, 'FL5009', {
    message,
    at: ['tls', 'options'],
    hint: 'add Host(`…`) to the rule',
    effect: 'the default TLS options apply',
  });
}

/** On entry points with a conflict the router continues as `<entry point>-conflicted-<name>`, with the default options. */
function resolveConflicts(
  item: RouterItem,
  conflicts: ReadonlyMap<string, Diagnostic> | undefined,
): readonly RouterItem[] {
  const { resolved } = item;
  if (conflicts === undefined || resolved === undefined) return [item];
  const left = resolved.entryPoints.filter((entryPoint) => !conflicts.has(entryPoint));
  const renamed = [...conflicts].map(([entryPoint, finding]) => ({
    ...withFindings(item, [finding]),
    name: `${entryPoint}-conflicted-${item.name}`,
    resolved: { ...resolved, entryPoints: [entryPoint], tls: { options: 'default' } },
  }));
  return left.length === 0 ? renamed : [{ ...item, resolved: { ...resolved, entryPoints: left } }, ...renamed];
}

function brokenOptions(
  item: RouterItem,
  name: string,
  options: ReadonlyMap<string, Item<TlsOptions>>,
): Diagnostic | undefined {
  const found = options.get(name);
  const at = item.config?.tls?.options === undefined ? {} : { at: ['tls', 'options'] };
  const effect = `router "${item.name}" is disabled, and TLS handshakes for its hosts are refused; everything else is served`;
  if (found === undefined) {
    const hint = didYouMean(name, options.keys());
    return findingOn(item, 'FL3006', { message: `unknown TLS options: ${name}`, ...at, hint, effect });
  }
  if (found.status !== 'disabled') return undefined;
  const message = `TLS options "${name}" are disabled: ${found.errors[0] ?? 'they have errors'}`;
  return findingOn(item, 'FL3013', { message, ...at, effect });
}
