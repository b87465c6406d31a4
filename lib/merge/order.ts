import type { RouterItem } from './model.js';
import { internal } from './names.js';

/** Compares two routers by which of them is tried first. */
export type RouterOrder = (a: RouterItem, b: RouterItem) => number;

/**
 * The order in which routers are tried: greatest priority first, then the provider that comes first in `precedence`
 * (those not in it behind, Fairlead's own last), then by name, code unit by code unit. Names are unique, so the winner
 * never depends on chance. The routers must be resolved.
 */
export function routerOrder(precedence: readonly string[]): RouterOrder {
  const ranks = providerRanks(precedence);
  return (a, b) => {
    const left = a.resolved?.priority ?? 0n;
    const right = b.resolved?.priority ?? 0n;
    if (left !== right) return left > right ? -1 : 1;
    const rank = a.provider === b.provider ? 0 : ranks(a.provider) - ranks(b.provider);
    if (rank !== 0) return rank;
    return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
  };
}

/** The rank of a provider, smaller ones first. */
export function providerRanks(precedence: readonly string[]): (provider: string) => number {
  const ranks = new Map(precedence.map((name, rank) => [name.toLowerCase(), rank]));
  return (provider) => {
    if (provider === internal) return precedence.length + 1;
    return ranks.get(provider.toLowerCase()) ?? precedence.length;
  };
}
