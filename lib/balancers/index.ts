import { drr } from './drr.js';
import { hrw } from './hrw.js';
import { leastconn } from './leastconn.js';
import { leasttime } from './leasttime.js';
import { p2c } from './p2c.js';
import { wrr } from './wrr.js';

/** The registry: one line per strategy, alphabetical. */
export const balancers = [drr, hrw, leastconn, leasttime, p2c, wrr] as const;

/** What `strategy` of a load balancer may say. */
export type StrategyName = (typeof balancers)[number]['name'];
/** Every value that `strategy` may have. */
export const strategyNames = balancers.map(({ name }) => name);
