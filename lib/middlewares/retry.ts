import { z } from 'zod';
import { statusRange as statusRangeWire } from '../snapshot/records.js';
import { bool, list, record, u32, u64 } from '../snapshot/wire.js';
import { byteSize, positiveDuration, statusRange } from '../source/scalars.js';
import { defineMiddleware } from './define.js';

const largest = 0xffff_ffff;

const budget = z.strictObject({
  percent: z.int().min(0).max(10_000).default(20).meta({
    description: 'Requests sent again, in percent of those that come.',
  }),
  minPerSecond: z.int().min(0).max(100_000).default(10).meta({
    description: 'Requests that may be sent again in a second however few come.',
  }),
});

/** `retry` (Traefik: Retry). */
export const retry = defineMiddleware({
  name: 'retry',
  summary: 'Sends a request to another server when one fails.',
  schema: z
    .strictObject({
      attempts: z.int().min(1).max(largest).meta({ description: 'Tries in all; 1 repeats nothing.' }),
      initialInterval: positiveDuration.prefault('0s').meta({
        description: 'Pause before the second try; it grows to twice as much and varies by a half. 0: none.',
      }),
      timeout: positiveDuration.prefault('0s').meta({
        description: 'No try begins this long after the first; 0 = no limit.',
      }),
      status: z.array(statusRange).default([]).meta({
        description: 'Responses that are discarded for another try: codes and ranges such as 500-504.',
      }),
      maxRequestBodyBytes: byteSize.default(2 * 1024 * 1024).meta({
        description: 'Longest request body that is kept to be sent again; -1 = no limit.',
      }),
      disableRetryOnNetworkError: z.boolean().default(false).meta({
        description: 'Try again for a listed status only.',
      }),
      retryNonIdempotentMethod: z.boolean().default(false).meta({
        description: 'Send POST, PATCH and unknown methods again as well: a server may get them twice.',
      }),
      budget: budget.prefault({}).meta({ description: 'The load that retries may add to a service (Fairlead only).' }),
    })
    .refine(({ disableRetryOnNetworkError: off, status }) => !off || status.length > 0, {
      error: 'must not be set without "status": nothing would ever be tried again',
      path: ['disableRetryOnNetworkError'],
    }),
  wire: record('Retry', {
    /** Nanoseconds; 0 = none. */
    initialInterval: u64,
    timeout: u64,
    maxBodyBytes: u64,
    statuses: list(statusRangeWire),
    attempts: u32,
    budgetPercent: u32,
    budgetPerSecond: u32,
    onNetworkError: bool,
    anyMethod: bool,
  }),
  lower: (config) => ({
    initialInterval: config.initialInterval,
    timeout: config.timeout,
    maxBodyBytes: config.maxRequestBodyBytes < 0 ? Number.MAX_SAFE_INTEGER : config.maxRequestBodyBytes,
    statuses: config.status,
    attempts: config.attempts,
    budgetPercent: config.budget.percent,
    budgetPerSecond: config.budget.minPerSecond,
    onNetworkError: !config.disableRetryOnNetworkError,
    anyMethod: config.retryNonIdempotentMethod,
  }),
});
