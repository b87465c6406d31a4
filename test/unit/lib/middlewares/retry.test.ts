import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { z } from 'zod';
import { retry } from '../../../../lib/middlewares/retry.js';
import { context } from './context.js';

const lowered = (written: z.input<typeof retry.schema>) => retry.lower(retry.schema.parse(written), context);

test("defaults are Traefik's, and a budget of a fifth", () => {
  const { budgetPercent, budgetPerSecond, ...rest } = lowered({ attempts: 4 });
  assert.deepEqual(rest, {
    initialInterval: 0n,
    timeout: 0n,
    maxBodyBytes: 2_097_152,
    statuses: [],
    attempts: 4,
    onNetworkError: true,
    anyMethod: false,
  });
  assert.deepEqual([budgetPercent, budgetPerSecond], [20, 10]);
});

test('statuses are codes and ranges', () => {
  const { statuses } = lowered({ attempts: 2, status: ['503', '500-502'] });
  assert.deepEqual(statuses, [
    { from: 503, to: 503 },
    { from: 500, to: 502 },
  ]);
});

test('-1 sets no limit to the body', () => {
  assert.equal(lowered({ attempts: 2, maxRequestBodyBytes: -1 }).maxBodyBytes, Number.MAX_SAFE_INTEGER);
});

test('what would never do anything is refused', () => {
  for (const written of [{}, { attempts: 0 }, { attempts: 2, disableRetryOnNetworkError: true }]) {
    assert.equal(retry.schema.safeParse(written).success, false, JSON.stringify(written));
  }
  assert.ok(retry.schema.safeParse({ attempts: 2, disableRetryOnNetworkError: true, status: ['502'] }).success);
});
