/** Makes proxies, uses them and forgets them in every state, while garbage is collected. Run by embedding-exit.test.ts. */
import { createProxy, type Proxy } from '../../../lib/index.js';
import { echoBackend } from './backend.js';

const app = await echoBackend('app');
const collect = (globalThis as unknown as { gc: () => void }).gc;

const make = (): Promise<Proxy> =>
  createProxy({
    entryPoints: { web: { address: '127.0.0.1:0' } },
    fairlead: { workers: 1 },
    http: {
      routers: { all: { rule: 'PathPrefix(`/`)', service: 'app' } },
      services: { app: { loadBalancer: { servers: [{ url: app.url }] } } },
    },
  });
const ask = (proxy: Proxy): Promise<unknown> =>
  fetch(proxy.addresses['web']?.urls[0] ?? '').then((response) => response.text());

/** What is left undone when the last reference goes. */
const endings: readonly ((proxy: Proxy) => unknown)[] = [
  (proxy) => proxy.close(),
  (proxy) => void proxy.close({ drain: 0 }),
  (proxy) => void ask(proxy).catch(() => undefined),
  (proxy) => proxy.unref(),
  (proxy) => void proxy.apply({}).catch(() => undefined),
];
for (let round = 0; round < 15; round++) {
  const proxy = await make();
  await ask(proxy);
  await endings[round % endings.length]?.(proxy);
  collect();
  await new Promise((resolve) => setImmediate(resolve));
  collect();
}
process.exit(7);
