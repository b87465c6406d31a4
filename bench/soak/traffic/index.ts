/** Every kind of traffic. */
import { type Surroundings, type Traffic } from './define.js';
import { compressed, guarded, limited } from './middlewares.js';
import { chunkedGets, freshGets, gets, posts, refusals } from './plain.js';
import { aborting, idle, slowReaders } from './rude.js';
import { fullHandshakes, resumedHandshakes, secureGets } from './secure.js';
import { webSockets } from './sockets.js';

const kinds: readonly Traffic[] = [
  gets,
  chunkedGets,
  freshGets,
  posts,
  refusals,
  compressed,
  limited,
  guarded,
  secureGets,
  fullHandshakes,
  resumedHandshakes,
  webSockets,
  aborting,
  slowReaders,
  idle,
];

/** Runs all of it until the signal; resolves when the last exchange has ended. */
export async function runTraffic(around: Surroundings): Promise<void> {
  await Promise.all(kinds.map((kind) => kind(around)));
}
