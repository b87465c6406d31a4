/** Embeds a proxy in worker threads, under traffic, and terminates them while it runs. Run by embedding-exit.test.ts. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';

const rounds = Number(process.argv[2]);
const path = JSON.stringify(fileURLToPath(new URL('in-worker.ts', import.meta.url)));
const embedding = `import('tsx/esm/api').then(({ tsImport }) => tsImport(${path}, ${path}));`;
const asking = `const { workerData } = require('node:worker_threads');
  const ask = () => fetch(workerData).then((r) => r.text()).then(ask, () => setTimeout(ask, 5));
  for (let i = 0; i < 8; i++) ask();`;

for (let round = 0; round < rounds; round++) {
  const embedded = new Worker(embedding, { eval: true });
  const [url] = (await once(embedded, 'message')) as [string];
  const traffic = new Worker(asking, { eval: true, workerData: url });
  await once(traffic, 'online');
  for (let i = 0; i < 20; i++) await (await fetch(url)).text();
  // At another moment each time.
  await new Promise((resolve) => setTimeout(resolve, round % 10));
  await embedded.terminate();
  const closed = await fetch(url).then(
    () => false,
    () => true,
  );
  await traffic.terminate();
  if (!closed) process.exit(1);
}
process.exit(7);
