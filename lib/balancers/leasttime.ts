import { defineBalancer } from './define.js';

/** Traefik’s strategy for the quickest answer. */
export const leasttime = defineBalancer({
  name: 'leasttime',
  summary:
    'Least time: the lowest time to the first byte, times requests in flight, relative to the weight; slow servers are asked now and then.',
});
