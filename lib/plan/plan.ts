/** What applying a configuration would change, by meaning: objects, owners of requests, servers, and what needs a restart. */
import { isDeepStrictEqual } from 'node:util';
import type { Json } from '../admin/redact.js';
import type { ExplainRequest } from '../explain/request.js';
import { Layers } from './layers.js';
import { leaves, type Objects, type Owner, type Side } from './side.js';

/** One value that differs; absent on the side that has none. */
export interface KeyChange {
  readonly key: string;
  readonly before?: Json;
  readonly after?: Json;
}

/** An object that is on both sides and not the same. */
export interface ObjectChange {
  readonly name: string;
  /** Empty where only a secret has changed. */
  readonly keys: readonly KeyChange[];
}

/** Changes of one kind of object. */
export interface KindChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly ObjectChange[];
}

/** Requests that another router gets. */
export interface OwnerChange {
  /** A router, or undefined where none takes them (404). */
  readonly from?: string;
  readonly to?: string;
  /** Of the examples. */
  readonly count: number;
  readonly examples: readonly { readonly url: string; readonly entryPoint: string; readonly method: string }[];
}

/** A router that is still there, but gets nothing of what it got. */
export interface Shadowed {
  readonly router: string;
  readonly by: readonly string[];
}

/** A server that gets no new requests any more. */
export interface Drain {
  readonly service: string;
  readonly url: string;
}

/** Everything that would change. */
export interface Plan {
  /** Of this shape. */
  readonly version: 1;
  readonly isEmpty: boolean;
  readonly objects: Readonly<Record<string, KindChanges>>;
  /** Requests made from the rules of both sides, tried on both. */
  readonly owners: {
    readonly tried: number;
    readonly changes: readonly OwnerChange[];
    readonly shadowed: readonly Shadowed[];
  };
  readonly drains: readonly Drain[];
  /** Keys of the install configuration: they are read at start only. */
  readonly restart: readonly KeyChange[];
  /** What could not be compared. */
  readonly notCompared: readonly string[];
}

/** Example requests that are tried: those of routers that differ first. */
const mostExamples = 2000;
/** Shown of each change of owner. */
const mostShown = 3;

/** Compares. */
export async function planOf(before: Side, after: Side): Promise<Plan> {
  const objects = changesOf(before, after);
  const owners = await ownerChanges(before, after, objects);
  const restart =
    before.install === undefined || after.install === undefined ? [] : keyChanges(before.install, after.install);
  const drains = drained(before.objects['services'] ?? {}, after.objects['services'] ?? {});
  const notCompared = Object.keys(after.objects).filter((kind) => before.objects[kind] === undefined);
  const isEmpty =
    restart.length === 0 &&
    Object.values(objects).every(({ added, removed, changed }) => added.length + removed.length + changed.length === 0);
  return { version: 1, isEmpty, objects, owners, drains, restart, notCompared };
}

function changesOf(before: Side, after: Side): Plan['objects'] {
  const secretly = after.differing?.(before) ?? {};
  const kinds = Object.keys(after.objects).filter((kind) => before.objects[kind] !== undefined);
  return Object.fromEntries(
    kinds.map((kind) => [kind, ofKind(before.objects[kind] ?? {}, after.objects[kind] ?? {}, secretly[kind] ?? [])]),
  );
}

function ofKind(before: Objects, after: Objects, secretly: readonly string[]): KindChanges {
  const changed = Object.entries(after).flatMap(([name, json]): readonly ObjectChange[] => {
    const old = before[name];
    if (old === undefined) return [];
    if (isDeepStrictEqual(old, json)) return secretly.includes(name) ? [{ name, keys: [] }] : [];
    return [{ name, keys: keyChanges(Object.fromEntries(leaves(old, '')), Object.fromEntries(leaves(json, ''))) }];
  });
  return {
    added: Object.keys(after)
      .filter((name) => before[name] === undefined)
      .sort(),
    removed: Object.keys(before)
      .filter((name) => after[name] === undefined)
      .sort(),
    changed: changed.sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

function keyChanges(before: Objects, after: Objects): readonly KeyChange[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys
    .filter((key) => !isDeepStrictEqual(before[key], after[key]))
    .map((key) => ({
      key,
      ...(before[key] !== undefined && { before: before[key] }),
      ...(after[key] !== undefined && { after: after[key] }),
    }));
}

async function ownerChanges(before: Side, after: Side, objects: Plan['objects']): Promise<Plan['owners']> {
  const routers = objects['routers'];
  const different = [
    ...(routers?.added ?? []),
    ...(routers?.removed ?? []),
    ...(routers?.changed ?? []).map(({ name }) => name),
  ];
  const layers = [new Layers(before), new Layers(after)] as const;
  // What a middleware of a router does to a request decides which of its children get it.
  const { added = [], removed = [], changed = [] } = objects['middlewares'] ?? {};
  const middlewaresDiffer = added.length + removed.length + changed.length > 0;
  const isAffected = middlewaresDiffer && layers.some(({ exist }) => exist);
  if (different.length === 0 && !isAffected) return { tried: 0, changes: [], shadowed: [] };
  const all = [...new Set([...different, ...Object.keys(before.objects['routers'] ?? {})])];
  const requests = distinct(all.flatMap((name) => layers.flatMap((side) => side.requestsFor(name))));
  const [old, now] = await Promise.all([before.owners(requests), after.owners(requests)]);
  const moved = requests.flatMap((request, index) =>
    old[index] === now[index] ? [] : [{ request, from: old[index], to: now[index] }],
  );
  return { tried: requests.length, changes: grouped(moved), shadowed: shadowed(old, now, after) };
}

function distinct(requests: readonly ExplainRequest[]): readonly ExplainRequest[] {
  const known = new Map(requests.map((request) => [JSON.stringify(request), request]));
  return [...known.values()].slice(0, mostExamples);
}

interface Moved {
  readonly request: ExplainRequest;
  readonly from: Owner;
  readonly to: Owner;
}

function grouped(moved: readonly Moved[]): readonly OwnerChange[] {
  const groups = new Map<string, Moved[]>();
  for (const one of moved) {
    const key = JSON.stringify([one.from ?? null, one.to ?? null]);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].map((group) => {
    const [{ from, to }] = group as [Moved];
    const examples = group
      .slice(0, mostShown)
      .map(({ request: { url, entryPoint = '', method = 'GET' } }) => ({ url, entryPoint, method }));
    return { ...(from !== undefined && { from }), ...(to !== undefined && { to }), count: group.length, examples };
  });
}

function shadowed(old: readonly Owner[], now: readonly Owner[], after: Side): readonly Shadowed[] {
  const taken = new Map<string, Set<string>>();
  old.forEach((owner, index) => {
    if (owner === undefined || after.objects['routers']?.[owner] === undefined) return;
    const by = taken.get(owner) ?? new Set();
    by.add(now[index] ?? '');
    taken.set(owner, by);
  });
  return [...taken]
    .filter(([router, by]) => !by.has(router) && !by.has(''))
    .map(([router, by]) => ({ router, by: [...by].sort() }));
}

interface ServiceJson {
  readonly loadBalancer?: { readonly servers?: readonly { readonly url?: string }[] };
}

function drained(before: Objects, after: Objects): readonly Drain[] {
  const urls = (service: Json | undefined): readonly string[] =>
    ((service ?? {}) as ServiceJson).loadBalancer?.servers?.flatMap(({ url }) => url ?? []) ?? [];
  return Object.entries(before).flatMap(([service, json]) => {
    const left = new Set(urls(after[service]));
    return urls(json).flatMap((url) => (left.has(url) ? [] : [{ service, url }]));
  });
}
