/**
 * Routers in layers (`parentRefs`): which routers stand below which. A request that a router with children takes passes
 * the middlewares there, and is then routed among the children (Traefik: multi-layer routing).
 */
import type { DiagnosticCode } from '../diagnostics/codes.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { didYouMean } from '../diagnostics/suggest.js';
import { isChild } from '../merge/entry-points.js';
import { withFindings } from '../merge/item.js';
import type { RouterItem } from '../merge/model.js';
import { listOf } from '../source/by-name.js';
import type { Picked } from '../source/remembered.js';
import type { Work } from '../work.js';
import { findingOn, reasonOfLoss, type Remark } from './finding.js';

type Routers = ReadonlyMap<string, RouterItem>;

/** Layers below a root. The data plane descends by recursion, so it has to end. */
export const mostLayers = 16;

/**
 * The routers with their children and parents resolved; those that no request can reach, or that lead nowhere, are
 * disabled. `renamed` tells what became of routers that other ones may still name as their parents; `related` remembers which
 * are not alone.
 */
export function* settleLayers(
  routers: Routers,
  renamed: ReadonlyMap<string, readonly string[]>,
  related: Picked<RouterItem>,
): Work<Routers> {
  const some = yield* related.of(listOf(routers), isRelated);
  return some.length === 0 ? routers : new Layers(routers, renamed).settled();
}

/** Whether a router may stand below others, or above them. */
const isRelated = ({ config }: RouterItem): boolean =>
  config !== undefined && (isChild(config) || config.service === undefined);

/** One step down the tree, while it is walked. */
interface Frame {
  readonly name: string;
  readonly children: readonly string[];
  next: number;
}

class Layers {
  readonly #routers: Map<string, RouterItem>;
  /** Names of children by the name of their parent. */
  readonly #children = new Map<string, string[]>();
  readonly #parents = new Map<string, readonly string[]>();
  /** Links that would close a circle, as `parent child`. */
  readonly #cuts = new Set<string>();

  constructor(routers: Routers, renamed: ReadonlyMap<string, readonly string[]>) {
    this.#routers = new Map(routers);
    for (const item of routers.values()) {
      if (item.config === undefined || !isChild(item.config)) continue;
      const written = item.config.parentRefs ?? [];
      const parents = [...new Set(written.flatMap((name) => renamed.get(name) ?? [name]))];
      this.#parents.set(item.name, parents);
      for (const parent of parents) this.#link(item, parent);
      for (const finding of ownFindings(item)) this.#add(item.name, finding);
    }
  }

  settled(): Routers {
    const reached = this.#walk();
    for (const item of this.#routers.values()) {
      if (item.config === undefined) continue;
      const finding = reached.has(item.name) ? destinationFinding(item, this.#childrenOf(item.name)) : unreached(item);
      if (finding !== undefined) this.#add(item.name, finding);
    }
    this.#resolve([...reached].reverse());
    return this.#routers;
  }

  #link(child: RouterItem, parent: string): void {
    if (!this.#routers.has(parent)) return this.#add(child.name, unknownParent(child, parent, this.#routers));
    const children = this.#children.get(parent);
    if (children === undefined) this.#children.set(parent, [child.name]);
    else children.push(child.name);
  }

  #childrenOf(name: string): readonly string[] {
    return this.#children.get(name) ?? [];
  }

  #item(name: string): RouterItem {
    const item = this.#routers.get(name);
    if (item === undefined) throw new RangeError(`no router ${name}`);
    return item;
  }

  #add(name: string, finding: Diagnostic): void {
    this.#routers.set(name, withoutResolution(withFindings(this.#item(name), [finding])));
  }

  /** Names of all routers below some root, children before their parents. A link that closes a circle is dropped. */
  #walk(): ReadonlySet<string> {
    const done = new Set<string>();
    const roots = [...this.#routers.keys()].filter((name) => !this.#parents.has(name));
    for (const root of roots.sort()) this.#walkFrom(root, done);
    return done;
  }

  #walkFrom(root: string, done: Set<string>): void {
    const frame = (name: string): Frame => ({ name, children: [...this.#childrenOf(name)].sort(), next: 0 });
    const path = [frame(root)];
    const open = new Set([root]);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const child = top.children[top.next];
      top.next += 1;
      if (child === undefined) {
        path.pop();
        open.delete(top.name);
        done.add(top.name);
      } else if (open.has(child))
        this.#cut(
          path.map(({ name }) => name),
          child,
        );
      else if (!done.has(child)) {
        path.push(frame(child));
        open.add(child);
      }
    }
  }

  /** The last router of `path` would lead back to `child`. */
  #cut(path: readonly string[], child: string): void {
    const guilty = path.at(-1) ?? child;
    this.#cuts.add(`${guilty} ${child}`);
    this.#children.set(
      guilty,
      this.#childrenOf(guilty).filter((name) => name !== child),
    );
    const circle = [...path.slice(path.indexOf(child)), child].join(' -> ');
    const message = `cyclic reference detected in router tree: ${circle}`;
    this.#add(guilty, found(this.#item(guilty), 'FL3026', { message, severity: 'warning', effect: 'the link is cut' }));
  }

  /** Tells every router of its neighbours, parents first, so that a loss goes down the tree. */
  #resolve(parentsFirst: readonly string[]): void {
    const depths = new Map<string, number>();
    for (const name of parentsFirst) {
      if (this.#parents.has(name)) this.#resolveChild(name, depths.get(name) ?? 0);
      for (const child of this.#childrenOf(name))
        depths.set(child, Math.max(depths.get(child) ?? 0, (depths.get(name) ?? 0) + 1));
    }
    for (const name of parentsFirst) this.#resolveParent(name);
  }

  #resolveChild(name: string, depth: number): void {
    const item = this.#item(name);
    if (item.resolved === undefined) return;
    const parents = (this.#parents.get(name) ?? []).filter((parent) => !this.#cuts.has(`${parent} ${name}`));
    const served = parents.filter((parent) => this.#routers.get(parent)?.resolved !== undefined);
    if (depth > mostLayers) {
      const message = `router is nested deeper than ${mostLayers} layers`;
      this.#add(name, found(item, 'FL3026', { message, severity: 'error' }));
    } else if (served.length === 0) this.#add(name, lostParent(item, this.#item(parents[0] ?? name)));
    else this.#routers.set(name, { ...item, resolved: { ...item.resolved, parents: served } });
  }

  #resolveParent(name: string): void {
    const item = this.#item(name);
    const names = this.#childrenOf(name);
    if (item.resolved === undefined || item.resolved.service !== undefined || names.length === 0) return;
    const children = names.filter((child) => this.#routers.get(child)?.resolved !== undefined);
    this.#routers.set(name, { ...item, resolved: { ...item.resolved, children } });
    if (children.length > 0) return;
    const message = 'none of the child routers is served';
    this.#add(name, found(item, 'FL3013', { message, severity: 'warning', effect: 'its requests are answered 404' }));
  }
}

const found = (item: RouterItem, code: DiagnosticCode, remark: Remark): Diagnostic =>
  findingOn(item, code, { ...(isChild(item.config ?? {}) && { at: ['parentRefs'] }), ...remark });

/** A disabled router has no resolution. */
function withoutResolution(item: RouterItem): RouterItem {
  if (item.status !== 'disabled') return item;
  const { resolved: _, ...rest } = item;
  return rest;
}

/** What belongs to roots only. */
function ownFindings(item: RouterItem): readonly Diagnostic[] {
  const { tls, observability, entryPoints = [] } = item.config ?? {};
  const refused: Diagnostic[] = [];
  const refuse = (key: string, name: string) => {
    const message = `non-root router cannot have ${name} configuration`;
    refused.push(findingOn(item, 'FL3025', { message, at: [key], hint: 'write it in the root router' }));
  };
  if (tls !== undefined) refuse('tls', 'TLS');
  if (observability !== undefined) refuse('observability', 'Observability');
  if (entryPoints.length > 0) refuse('entryPoints', 'Entrypoints');
  return refused;
}

function unknownParent(item: RouterItem, parent: string, routers: Routers): Diagnostic {
  const names = [...routers.keys()].slice(0, mostCompared);
  const hint = didYouMean(
    parent,
    names.filter((name) => name !== item.name),
  );
  return found(item, 'FL3024', { message: `parent router "${parent}" does not exist`, hint });
}

/** Names compared for one suggestion. */
const mostCompared = 2_000;

const unreached = (item: RouterItem): Diagnostic =>
  found(item, 'FL3027', { message: 'router is not reachable', hint: 'its parents lead to no root router' });

function lostParent(item: RouterItem, parent: RouterItem): Diagnostic {
  return found(item, 'FL3013', { message: `parent router "${parent.name}" is disabled: ${reasonOfLoss(parent)}` });
}

/** A router has either a service or children. */
function destinationFinding(item: RouterItem, children: readonly string[]): Diagnostic | undefined {
  const service = item.config?.service;
  if (service === undefined && children.length === 0) {
    const hint = 'name a service, or this router in "parentRefs" of others';
    return findingOn(item, 'FL3028', { message: 'router has no service and no child routers', hint });
  }
  if (service === undefined || children.length === 0) return undefined;
  const message = 'router has both a service and is referenced as a parent by other routers';
  const hint = `${children.slice(0, 3).join(', ')} ${children.length === 1 ? 'names' : 'name'} it as a parent`;
  return findingOn(item, 'FL3028', { message, at: ['service'], hint });
}
