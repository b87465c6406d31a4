import { test } from 'node:test';
import { isInstrumented } from '../support/deadline.js';
import { trial } from '../support/faults/trial.js';

// In runs of their own, so that a failure names a seed that is repeated in a minute.
const runs = isInstrumented ? 1 : 10;

for (let seed = 1; seed <= runs; seed++) {
  test(`D3-D12: 100 000 requests of many users over shared connections under all faults, seed ${seed}`, async (context) => {
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
      tell: (text) => context.diagnostic(text),
    });
  });
}
