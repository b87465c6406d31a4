/** A worker thread that embeds a proxy and tells its URL. Run by embedding-exit.test.ts. */
import { parentPort } from 'node:worker_threads';
import { createProxy } from '../../../lib/index.js';

const proxy = await createProxy({ entryPoints: { web: { address: '127.0.0.1:0' } }, fairlead: { workers: 1 } });
parentPort?.postMessage(proxy.addresses['web']?.urls[0]);
