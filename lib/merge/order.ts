import type { RouterItem } from './model.js';
import { internal } from './names.js';

/**
 * The order in which routers are tried: greatest priority first; at equal priority those of providers before internal
 * ones, then by name, so that the winner never depends on chance. Both must be resolved.
 */
export function compareRouters(a: RouterItem, b: RouterItem): number {
  const left = a.resolved?.priority ?? 0n;
  const right = b.resolved?.priority ?? 0n;
  if (left !== right) return left > right ? -1 : 1;
  const rank = Number(a.provider === internal) - Number(b.provider === internal);
  if (rank !== 0) return rank;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
