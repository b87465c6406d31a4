// Random configurations and requests, decided by the running proxy and by a model of it (F14).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../support/lib/random.js';
import { startProxy } from '../support/proxy.js';
import { tryRoutes } from '../support/route-trials.js';

test('20,000 requests go where the model says (F14)', async () => {
  await using proxy = await startProxy({});
  const { requests, taken, below } = await tryRoutes(proxy, new Random(14), 50, 400);
  assert.equal(requests, 20_000);
  assert.ok(taken > 10_000 && below > 300, `${taken} of ${requests} were taken, ${below} in layers`);
});
