import assert from 'node:assert/strict';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { ended, ways } from '../support/exits.js';

const support = (name: string): string => fileURLToPath(new URL(`../support/lib/${name}`, import.meta.url));

/** Busy native threads crash a third of the exits unless they are joined first. */
const attempts = 6;

describe('a process with a busy proxy ends cleanly', { concurrency: 2 }, () => {
  for (const [how, code] of Object.entries(ways)) {
    test(`G8: by ${how}`, async () => {
      for (let attempt = 0; attempt < attempts; attempt++) {
        assert.deepEqual(await ended('exiting.ts', how), { code, signal: null });
      }
    });
  }

  test('G8: after its worker threads with busy proxies were terminated', async () => {
    assert.deepEqual(await ended('terminating.ts', '3'), { code: 7, signal: null });
  });

  test('G8: after many proxies were forgotten in every state and collected as garbage', async () => {
    assert.deepEqual(await ended('abandoning.ts'), { code: 7, signal: null });
  });
});

test('worker threads have proxies of their own, which end with them', async () => {
  const path = JSON.stringify(support('in-worker.ts'));
  const source = `import('tsx/esm/api').then(({ tsImport }) => tsImport(${path}, ${path}));`;
  const workers = [1, 2, 3].map(() => new Worker(source, { eval: true }));
  const urls = await Promise.all(workers.map(async (worker) => String((await once(worker, 'message'))[0])));
  assert.equal(new Set(urls).size, 3);
  for (const url of urls) assert.equal((await fetch(url)).status, 404);
  await Promise.all(workers.map((worker) => worker.terminate()));
  for (const url of urls) await assert.rejects(fetch(url));
});
