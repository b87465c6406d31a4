import { defineBalancer } from './define.js';

/** Round robin whose weights follow what is measured. */
export const drr = defineBalancer({
  name: 'drr',
  summary:
    'Dynamic round robin: turns by weight; the weight of a server that fails more often or answers more slowly than the best is lowered, to a sixteenth at least, until that is over.',
});
