import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { isInstrumented } from '../support/deadline.js';

const support = (name: string): string => fileURLToPath(new URL(`../support/lib/${name}`, import.meta.url));

/**
 * Busy native threads crash a third of the exits unless they are joined first. A sanitizer sees what is wrong without a
 * crash, and makes each start of Node take seconds.
 */
const attempts = isInstrumented ? 2 : 6;

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
}

/** How a program that ends in that way ended. */
async function ended(how: string): Promise<Ended> {
  const child = spawn(process.execPath, ['--import', 'tsx', support('exiting.ts'), how], { stdio: 'ignore' });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return { code, signal };
}

const codes = { 'process.exit': 7, 'process.reallyExit': 7, 'an exception': 1, 'the end of the program': 7 };

describe('a process with a busy proxy ends cleanly', { concurrency: 2 }, () => {
  for (const [how, code] of Object.entries(codes)) {
    test(`by ${how}`, async () => {
      for (let attempt = 0; attempt < attempts; attempt++) assert.deepEqual(await ended(how), { code, signal: null });
    });
  }
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
