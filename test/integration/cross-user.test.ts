// Many clients, some of them rude, over few shared connections to servers that do everything wrong (D3-D5, D9-D12): nobody
// may ever see a byte of another's answer, nothing that was broken off may look whole, nothing may be sent twice.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trial } from '../support/faults/trial.js';

const retry = { attempts: 3, status: ['500-599'], budget: { percent: 1000 } };

for (const [servers, idle, how, middlewares] of [
  [1, 2, '', []],
  [3, 4, '', []],
  [3, 4, ', with retry', [{ retry }]],
] as const) {
  test(`D3-D5, D9-D12: 10 000 requests to ${servers} faulty servers, ${idle} shared connections each${how}: answers reach those who asked`, async () => {
    const { tally } = await trial({
      servers,
      idle,
      clients: 48,
      requests: 10_000,
      seed: servers,
      methods: ['GET', 'GET', 'GET', 'HEAD', 'POST', 'PUT'],
      leaving: 6,
      pipelined: 4,
      upgrading: 5,
      // It might be the last to be asked, after servers that answered.
      refusing: middlewares.length === 0,
      middlewares,
    });
    const { whole, refused, cut, left } = tally;
    assert.ok(whole > 5_000 && refused > 300 && cut > 300 && left > 300, JSON.stringify({ whole, refused, cut, left }));
  });
}
