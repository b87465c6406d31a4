import { wrr } from './wrr.js';

/** The registry: one line per strategy, alphabetical. */
export const balancers = [wrr] as const;

/** Strategies of Traefik that this version accepts and replaces by `wrr`, with a warning. */
export const strategiesNotYet = ['hrw', 'leasttime', 'p2c'] as const;

/** Every value that `strategy` may have. */
export const strategyNames = [...balancers.map(({ name }) => name), ...strategiesNotYet] as const;
/** What `strategy` of a load balancer may say, those to come included. */
export type StrategyName = (typeof strategyNames)[number];
