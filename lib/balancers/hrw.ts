import { defineBalancer } from './define.js';

/** Traefik’s strategy for clients that stay. */
export const hrw = defineBalancer({
  name: 'hrw',
  summary:
    'Highest random weight: a client, known by its address, stays with one server; when servers come or go, as few clients as possible move.',
});
