import { defineBalancer } from './define.js';

/** Fewest requests in flight. */
export const leastconn = defineBalancer({
  name: 'leastconn',
  summary:
    'Least connections: the server with the fewest requests in flight relative to its weight; equal ones take turns.',
});
