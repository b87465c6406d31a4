/** Routers that no request can reach, because another one takes them all. */
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { withFindings } from '../merge/item.js';
import type { ResolvedRouter, RouterItem } from '../merge/model.js';
import { providerRanks, routerOrder } from '../merge/order.js';
import { findingOn } from './finding.js';

/** Warns of routers whose rule stands in another router of the same place that is tried before. */
export function markUnreachable(
  routers: ReadonlyMap<string, RouterItem>,
  precedence: readonly string[],
): ReadonlyMap<string, RouterItem> {
  const findings = new Map<string, Diagnostic>();
  const order = routerOrder(precedence);
  const ranks = providerRanks(precedence);
  for (const group of sameRules(routers)) {
    const [winner, ...losers] = group.sort(order);
    for (const loser of losers)
      if (winner !== undefined && !findings.has(loser.name)) findings.set(loser.name, shadowed(loser, winner, ranks));
  }
  if (findings.size === 0) return routers;
  return new Map(
    [...routers].map(([name, item]) => {
      const finding = findings.get(name);
      return [name, finding === undefined ? item : withFindings(item, [finding])];
    }),
  );
}

/** Routers that are asked about the same connections with the same rule: two or more each. */
function sameRules(routers: ReadonlyMap<string, RouterItem>): readonly RouterItem[][] {
  // Nearly all rules stand alone, so that a list is made for the second of a kind only.
  const groups = new Map<string, RouterItem | RouterItem[]>();
  for (const item of routers.values()) {
    if (item.resolved === undefined) continue;
    const syntax = item.config?.ruleSyntax ?? '';
    const rule = (item.config?.rule ?? '').replace(/\s+/g, ' ').trim();
    for (const place of placesOf(item.resolved)) {
      const key = `${place} ${syntax} ${rule}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, item);
      else if (Array.isArray(group)) group.push(item);
      else groups.set(key, [group, item]);
    }
  }
  return [...groups.values()].filter((group) => Array.isArray(group));
}

/** Where a router is looked for: entry points, with TLS or without, or the layers below its parents. */
function placesOf({ entryPoints, parents, tls }: ResolvedRouter): readonly string[] {
  if (parents.length > 0) return parents.map((parent) => `below ${parent}`);
  return entryPoints.map((entryPoint) => `${entryPoint} ${tls === undefined ? 'plain' : 'tls'}`);
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
