// Random configurations and requests, decided by the running proxy and by a model of it (F14).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../support/lib/random.js';
import { startProxy } from '../support/proxy.js';
import { tryRoutes } from '../support/route-trials.js';

test('a million requests go where the model says (F14)', async () => {
  await using proxy = await startProxy({});
  const { requests, taken, below } = await tryRoutes(proxy, new Random(1_000_003), 1_000, 1_000);
  assert.equal(requests, 1_000_000);
  assert.ok(taken > 500_000 && below > 15_000, `${taken} of ${requests} were taken, ${below} in layers`);
});
