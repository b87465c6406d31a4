import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resetting } from '../support/faults/resetting.js';
import { trial } from '../support/faults/trial.js';

const retry = { attempts: 4, status: ['500-599'], budget: { percent: 1000 } };

for (const [how, middlewares] of [
  ['', []],
  [' with retry', [{ retry }]],
] as const) {
  test(`D3: 2 000 POSTs to servers that reset at random${how}: none arrives twice, and what is answered was done`, async () => {
    const { tally } = await trial({
      servers: 2,
      idle: 8,
      clients: 16,
      requests: 2_000,
      seed: 7,
      methods: ['POST'],
      manner: resetting,
      middlewares,
    });
    assert.ok(tally.posted.length > 500, String(tally.posted.length));
    assert.ok(tally.refused + tally.cut > 200, `${tally.refused} refused, ${tally.cut} cut`);
  });
}
