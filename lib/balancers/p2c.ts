import { defineBalancer } from './define.js';

/** Traefik’s strategy for even load without comparing all. */
export const p2c = defineBalancer({
  name: 'p2c',
  summary:
    'Power of two choices: of two servers drawn at random the one with fewer requests in flight; weights do not matter.',
});
