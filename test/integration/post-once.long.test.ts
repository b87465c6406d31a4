import { test } from 'node:test';
import { isInstrumented } from '../support/deadline.js';
import { resetting } from '../support/faults/resetting.js';
import { trial } from '../support/faults/trial.js';

const retry = { attempts: 4, status: ['500-599'], budget: { percent: 1000 } };

for (const [how, middlewares] of [
  ['', []],
  [' with retry', [{ retry }]],
] as const) {
  test(`D3: 100 000 POSTs to servers that reset at random${how}: none arrives twice, and what is answered was done`, async (context) => {
    await trial({
      servers: 3,
      idle: 16,
      clients: 64,
      requests: isInstrumented ? 10_000 : 100_000,
      seed: 8,
      methods: ['POST'],
      manner: resetting,
      middlewares,
      tell: (text) => context.diagnostic(text),
    });
  });
}
