import { defineBalancer } from './define.js';

/** Traefik's default strategy. */
export const wrr = defineBalancer({
  name: 'wrr',
  summary: 'Weighted round robin: each server gets its share of the requests, evenly spread.',
});
