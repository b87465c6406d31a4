import { z } from 'zod';
import { record, u64 } from '../snapshot/wire.js';
import { formatDuration } from '../source/duration.js';
import { notYet } from '../source/marks.js';
import { positiveDuration } from '../source/scalars.js';
import { defineMiddleware } from './define.js';
import { lowerSourceCriterion, sourceCriterionSchema, sourceCriterionWire } from './source-criterion.js';

const second = 1_000_000_000n;

/** The longest a request is held back rather than refused: half the time a token takes, at most half a second. */
function maxDelay(average: bigint, period: bigint): bigint {
  if (average === 0n) return 0n;
  return average * second < period ? second / 2n : period / (2n * average);
}

/** `rateLimit` (Traefik: RateLimit). */
export const rateLimit = defineMiddleware({
  name: 'rateLimit',
  summary: 'Limits the rate of requests per source with token buckets.',
  schema: z.strictObject({
    average: z.int().min(0).default(0).meta({ description: 'Requests per period; 0 sets no limit.' }),
    period: positiveDuration.default(second).meta({ description: 'The time that average is about.' }),
    burst: z.int().default(1).meta({ description: 'Requests that may arrive at once; less than 1 means 1.' }),
    sourceCriterion: sourceCriterionSchema.optional().meta({
      description: 'What counts as one source. Default: the address of the peer.',
    }),
    redis: notYet(
      'Buckets shared by several instances through Redis.',
      'each instance counts on its own: together they let through the limit times their number',
    ),
  }),
  wire: record('RateLimit', {
    /** Tokens per `period` nanoseconds; 0: unlimited. */
    average: u64,
    period: u64,
    burst: u64,
    /** Nanoseconds. */
    maxDelay: u64,
    source: sourceCriterionWire,
  }),
  atRunTime: ({ average, period }) =>
    average === 0 ? 'limits nothing' : `may answer 429: ${average} requests in ${formatDuration(period)} pass`,
  lower: (config) => {
    const average = BigInt(config.average);
    const period = config.period === 0n ? second : config.period;
    return {
      average,
      period,
      burst: Math.max(1, config.burst),
      maxDelay: maxDelay(average, period),
      source: lowerSourceCriterion(config.sourceCriterion),
    };
  },
});
