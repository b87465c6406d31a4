/** Waits for a change to be served. */
import type { Proxy } from '../../lib/index.js';

/** Resolves when every worker serves the next generation of `proxy`. */
export async function nextGeneration(proxy: Proxy): Promise<void> {
  await new Promise<void>((resolve) => {
    const off = proxy.on('generation', () => {
      off();
      resolve();
    });
  });
}
