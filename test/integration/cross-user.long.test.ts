import { test } from 'node:test';
import { isInstrumented } from '../support/deadline.js';
import { trial } from '../support/faults/trial.js';

// In runs of their own, so that a failure names a seed that is repeated in a minute.
const runs = isInstrumented ? 2 : 20;
const retry = { attempts: 3, status: ['500-599'], budget: { percent: 1000 } };

for (let seed = 1; seed <= runs; seed++) {
  // Every other run with retries, a million requests in all: what is discarded must reach nobody, and what is sent again
  // must be whole.
  const middlewares = seed % 2 === 0 ? [{ retry }] : [];
  const how = middlewares.length > 0 ? ' with retry' : '';
  test(`D3-D12: 100 000 requests of many users over shared connections under all faults${how}, seed ${seed}`, async (context) => {
    await trial({
      servers: 1 + (seed % 3),
      idle: 1 + (seed % 4),
      clients: 64,
      requests: isInstrumented ? 20_000 : 100_000,
      seed: 100 + seed,
      methods: ['GET', 'GET', 'GET', 'HEAD', 'POST', 'PUT'],
      leaving: 5,
      pipelined: 1 + (seed % 8),
      upgrading: 4,
      // It might be the last to be asked, after servers that answered.
      refusing: middlewares.length === 0,
      middlewares,
      tell: (text) => context.diagnostic(text),
    });
  });
}
