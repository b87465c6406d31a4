import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { z } from 'zod';
import { rateLimit } from '../../../../lib/middlewares/rate-limit.js';
import { context } from './context.js';

const lowered = (written: z.input<typeof rateLimit.schema>) =>
  rateLimit.lower(rateLimit.schema.parse(written), context);

test('defaults: no limit, one at a time, a second, the peer', () => {
  const { average, burst, period, source } = lowered({});
  assert.deepEqual([average, burst, period, source.kind], [0n, 1, 1_000_000_000n, 0]);
});

test('the delay is half the time of a token, at most half a second', () => {
  const cases = [
    [{ average: 0 }, 0n],
    [{ average: 1 }, 500_000_000n],
    [{ average: 100 }, 5_000_000n],
    [{ average: 60, period: '1m' }, 500_000_000n],
    [{ average: 1, period: '1h' }, 500_000_000n],
    [{ average: 120, period: '1m' }, 250_000_000n],
  ] as const;
  for (const [written, delay] of cases) assert.equal(lowered(written).maxDelay, delay, JSON.stringify(written));
});

test('a burst below one and a period of zero mean the defaults', () => {
  const { burst, period } = lowered({ average: 1, burst: 0, period: 0 });
  assert.deepEqual([burst, period], [1, 1_000_000_000n]);
});

test('a source is one thing', () => {
  assert.deepEqual(lowered({ sourceCriterion: { requestHeaderName: 'X-Key' } }).source.kind, 1);
  assert.deepEqual(lowered({ sourceCriterion: { requestHost: true } }).source.kind, 2);
  const { ip } = lowered({ sourceCriterion: { ipStrategy: { excludedIPs: ['10.0.0.0/8'], ipv6Subnet: 64 } } }).source;
  assert.deepEqual(ip, { depth: 0, excluded: [{ high: 0n, low: 0xffff_0a00_0000n, bits: 104 }], ipv6Bits: 64 });
});

test('what contradicts itself is refused', () => {
  for (const written of [
    { average: -1 },
    { period: '-1s' },
    { sourceCriterion: { requestHost: true, requestHeaderName: 'X' } },
    { sourceCriterion: { ipStrategy: {}, requestHost: true } },
    { sourceCriterion: { ipStrategy: { depth: -1 } } },
    { sourceCriterion: { ipStrategy: { excludedIPs: ['ten'] } } },
  ]) {
    assert.equal(rateLimit.schema.safeParse(written).success, false, JSON.stringify(written));
  }
});
