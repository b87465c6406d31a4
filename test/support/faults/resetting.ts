/** Servers that break off connections at any moment; for what must not be sent twice. */
import type { Random } from '../lib/random.js';
import { type Manner, plain } from './manner.js';

/** Half of the requests are served; the others end with a reset or an end: before the body was read, before the answer,
 * in it, or behind it, when the connection has been given to the next request already. */
export function resetting(random: Random): Manner {
  if (random.chance(50)) return plain;
  const ending = random.pick(['reset', 'reset', 'end'] as const);
  return random.pick<() => Manner>([
    () => ({ ...plain, cut: 0, ending }),
    () => ({ ...plain, cut: 0, ending, pause: 1 + random.below(3) }),
    () => ({ ...plain, cut: 1 + random.below(150), ending }),
    () => ({ ...plain, ending }),
    () => ({ ...plain, ending, piece: 20 }),
  ])();
}
