/** A program that embeds a proxy under traffic and ends as its argument says. Run by embedding-exit.test.ts. */
import { Worker } from 'node:worker_threads';
import { createProxy } from '../../../lib/index.js';
import { echoBackend } from './backend.js';

const how = process.argv[2];
const app = await echoBackend('app');
const proxy = await createProxy({
  entryPoints: { web: { address: '127.0.0.1:0' } },
  fairlead: { workers: 2 },
  http: {
    routers: { all: { rule: 'PathPrefix(`/`)', service: 'app' } },
    services: { app: { loadBalancer: { servers: [{ url: app.url }] } } },
  },
});
const [url = ''] = proxy.addresses['web']?.urls ?? [];

/** Asks without end, in a thread of its own, so that the proxy is busy when this one ends. */
const traffic = new Worker(
  `const { workerData } = require('node:worker_threads');
   const ask = () => fetch(workerData).then((r) => r.text()).then(ask, ask);
   for (let i = 0; i < 8; i++) ask();`,
  { eval: true, workerData: url },
);
traffic.unref();
await fetch(url);

const ends: Readonly<Record<string, () => void>> = {
  'process.exit': () => process.exit(7),
  'process.reallyExit': () => (process as unknown as { reallyExit: (code: number) => void }).reallyExit(7),
  'an exception': () => {
    process.exitCode = 7;
    throw new Error('on purpose');
  },
  'the end of the program': () => {
    process.exitCode = 7;
    proxy.unref();
    app.server.unref();
    app.server.closeAllConnections();
    void traffic.terminate();
  },
};
setTimeout(() => ends[how ?? '']?.(), 50);
