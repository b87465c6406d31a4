/** Routers that no request can reach, because another one takes them all. */
import { isDeepStrictEqual } from 'node:util';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { withFindings } from '../merge/item.js';
import type { RouterItem } from '../merge/model.js';
import { providerRanks, routerOrder } from '../merge/order.js';
import { align } from '../source/alignment.js';
import { listOf } from '../source/by-name.js';
import { forEach, type Work } from '../work.js';
import { nothing } from '../source/nothing.js';
import { findingOn } from './finding.js';

/** Routers that are asked about the same connections with the same rule. Nearly all rules stand alone. */
type Group = RouterItem | Set<RouterItem>;
/** By rule. */
type Groups = Map<string, Group>;

/** The routers of a configuration by their rules, kept from one configuration to the next. */
export class RuleGroups {
  #routers: readonly RouterItem[] = [];
  /** By place. A text of place and rule would be one more long text for every router. */
  readonly #groups = new Map<string, Groups>();
  /** Rules of two or more routers, with their places in front. */
  readonly #shared = new Map<string, Set<RouterItem>>();
  /** Routers that were warned of, with the warning, by what they were without. */
  readonly #marked = new Map<RouterItem, { readonly finding: Diagnostic; readonly item: RouterItem }>();

  /** Warns of routers whose rule stands in another router of the same entry point that is tried before. */
  *markUnreachable(
    routers: ReadonlyMap<string, RouterItem>,
    precedence: readonly string[],
  ): Work<ReadonlyMap<string, RouterItem>> {
    yield* this.#regroup(listOf(routers));
    const findings = this.#findings(precedence);
    for (const item of this.#marked.keys()) if (!findings.has(item)) this.#marked.delete(item);
    if (findings.size === 0) return routers;
    const marked = new Map(routers);
    for (const [item, finding] of findings) marked.set(item.name, this.#mark(item, finding));
    return marked;
  }

  *#regroup(routers: readonly RouterItem[]): Work<void> {
    const { gone, come } = align(this.#routers, routers);
    const isMuch = gone.length + come.length > routers.length;
    // Work may be given up in between; then the next one begins with nothing.
    this.#routers = [];
    if (isMuch) this.#clear();
    else yield* forEach(gone, (item) => this.#leave(item));
    yield* forEach(isMuch ? routers : come, (item) => this.#join(item));
    this.#routers = routers;
  }

  #clear(): void {
    this.#groups.clear();
    this.#shared.clear();
  }

  #join(item: RouterItem): void {
    const rule = ruleOf(item);
    for (const place of placesOf(item)) {
      const groups = this.#groupsOf(place);
      const group = groups.get(rule);
      if (group === undefined) groups.set(rule, item);
      else if (group instanceof Set) group.add(item);
      else if (group !== item) {
        const both = new Set([group, item]);
        groups.set(rule, both);
        this.#shared.set(`${place}\0${rule}`, both);
      }
    }
  }

  #leave(item: RouterItem): void {
    const rule = ruleOf(item);
    for (const place of placesOf(item)) {
      const groups = this.#groupsOf(place);
      const group = groups.get(rule);
      if (!(group instanceof Set)) {
        groups.delete(rule);
        if (groups.size === 0) this.#groups.delete(place);
        continue;
      }
      group.delete(item);
      const [first, second] = group;
      if (first === undefined || second !== undefined) continue;
      groups.set(rule, first);
      this.#shared.delete(`${place}\0${rule}`);
    }
  }

  #groupsOf(place: string): Groups {
    const known = this.#groups.get(place);
    if (known !== undefined) return known;
    const groups: Groups = new Map();
    this.#groups.set(place, groups);
    return groups;
  }

  #findings(precedence: readonly string[]): ReadonlyMap<RouterItem, Diagnostic> {
    const order = routerOrder(precedence);
    const ranks = providerRanks(precedence);
    const findings = new Map<RouterItem, Diagnostic>();
    // In an order that does not depend on what was there before.
    for (const rule of [...this.#shared.keys()].sort()) {
      const [winner, ...losers] = [...(this.#shared.get(rule) ?? [])].sort(order);
      for (const loser of losers)
        if (winner !== undefined && !findings.has(loser)) findings.set(loser, shadowed(loser, winner, ranks));
    }
    return findings;
  }

  /** The same object as the last time when the warning is the same. */
  #mark(item: RouterItem, finding: Diagnostic): RouterItem {
    const known = this.#marked.get(item);
    if (known !== undefined && isDeepStrictEqual(known.finding, finding)) return known.item;
    const marked = withFindings(item, [finding]);
    this.#marked.set(item, { finding, item: marked });
    return marked;
  }
}

/** Blanks of which there could be fewer. */
const loose = /^\s|\s$|\s\s|[^\S ]/;

function ruleOf({ config }: RouterItem): string {
  const written = config?.rule ?? '';
  return loose.test(written) ? written.replace(/\s+/g, ' ').trim() : written;
}

/**
 * Where a router is looked for, and in which syntax: two are asked about the same where a place and the rule are equal. Most
 * are in the usual syntax on a plain entry point, whose name will do.
 */
function placesOf({ resolved, config }: RouterItem): readonly string[] {
  if (resolved === undefined) return nothing;
  const { entryPoints, parents, tls } = resolved;
  const syntax = config?.ruleSyntax ?? '';
  if (parents.length > 0) return parents.map((parent) => `\0below\0${parent}\0${syntax}`);
  if (tls === undefined && syntax === '') return entryPoints;
  return entryPoints.map((entryPoint) => `\0${tls === undefined ? 'plain' : 'tls'}\0${entryPoint}\0${syntax}`);
}

function shadowed(loser: RouterItem, winner: RouterItem, ranks: (provider: string) => number): Diagnostic {
  const [a, b] = [winner.resolved, loser.resolved];
  const shared = (key: 'entryPoints' | 'parents'): readonly string[] =>
    (b?.[key] ?? []).filter((name) => a?.[key].includes(name));
  const parents = shared('parents');
  const names = (parents.length > 0 ? parents : shared('entryPoints')).map((name) => `"${name}"`).join(', ');
  const place = parents.length > 0 ? `below ${names}` : `on entry point ${names}`;
  const better =
    a?.priority !== b?.priority
      ? 'its priority is higher'
      : ranks(winner.provider) !== ranks(loser.provider)
        ? 'its provider takes precedence'
        : 'its name comes first';
  const message = `router "${loser.name}" is never reached ${place}: "${winner.name}" has the same rule and ${better}`;
  return findingOn(loser, 'FL3014', {
    message,
    at: ['rule'],
    hint: 'change the rule, or set "priority"',
    effect: `"${winner.name}" takes its requests`,
  });
}
