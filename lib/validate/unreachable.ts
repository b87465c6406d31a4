/** Routers that no request can reach, because another one takes them all. */
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { withFindings } from '../merge/item.js';
import type { RouterItem } from '../merge/model.js';
import { compareRouters } from '../merge/order.js';
import { findingOn } from './finding.js';

/** Warns of routers whose rule stands in another router of the same entry point that is tried before. */
export function markUnreachable(routers: ReadonlyMap<string, RouterItem>): ReadonlyMap<string, RouterItem> {
  const findings = new Map<string, Diagnostic>();
  for (const group of sameRules(routers)) {
    const [winner, ...losers] = group.sort(compareRouters);
    for (const loser of losers)
      if (winner !== undefined && !findings.has(loser.name)) findings.set(loser.name, shadowed(loser, winner));
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
    for (const entryPoint of item.resolved.entryPoints) {
      const key = `${entryPoint} ${item.resolved.tls === undefined ? 'plain' : 'tls'} ${(item.config?.rule ?? '').replace(/\s+/g, ' ').trim()}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, item);
      else if (Array.isArray(group)) group.push(item);
      else groups.set(key, [group, item]);
    }
  }
  return [...groups.values()].filter((group) => Array.isArray(group));
}

function shadowed(loser: RouterItem, winner: RouterItem): Diagnostic {
  const better =
    winner.resolved?.priority === loser.resolved?.priority ? 'its name comes first' : 'its priority is higher';
  const shared = loser.resolved?.entryPoints.filter((name) => winner.resolved?.entryPoints.includes(name)) ?? [];
  const places = shared.map((name) => `"${name}"`).join(', ');
  const message = `router "${loser.name}" is never reached on entry point ${places}: "${winner.name}" has the same rule and ${better}`;
  return findingOn(loser, 'FL3014', {
    message,
    at: ['rule'],
    hint: 'change the rule, or set "priority"',
    effect: `"${winner.name}" takes its requests`,
  });
}
