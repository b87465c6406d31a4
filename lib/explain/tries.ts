/** When a request is sent again, and which deadlines hold. */
import type { NativeAnswer } from '../engine/answer.js';
import type { Configuration } from '../merge/model.js';
import type { retry } from '../middlewares/retry.js';
import { formatDuration } from '../source/duration.js';
import { formatStatusRange } from '../source/scalars.js';
import type { z } from 'zod';
import type { ExplainedRetry, ExplainedTimeout } from './explanation.js';

/** The last middleware on the way that says something about it decides. */
export function retryOf(
  { steps = [], server }: NativeAnswer,
  { middlewares }: Configuration,
): ExplainedRetry | undefined {
  if (server === undefined) return undefined;
  const step = steps.findLast(({ retries }) => retries === true);
  if (step === undefined) return { effect: 'another server if no connection can be opened; nothing is sent twice' };
  const config = middlewares.get(step.middleware)?.config;
  const policy = config?.kind === 'retry' ? (config.options as z.output<typeof retry.schema>) : undefined;
  return { middleware: step.middleware, effect: policy === undefined ? 'sends it again' : inWords(policy) };
}

function inWords(policy: z.output<typeof retry.schema>): string {
  const { attempts, status, timeout, initialInterval, retryNonIdempotentMethod, disableRetryOnNetworkError } = policy;
  const causes = [
    ...(disableRetryOnNetworkError ? [] : ['after network errors']),
    ...(status.length === 0 ? [] : [`after ${status.map(formatStatusRange).join(', ')}`]),
  ];
  return [
    attempts === 1 ? 'one try' : `up to ${attempts} tries, ${causes.join(' and ')}`,
    ...(retryNonIdempotentMethod ? ['whatever the method'] : []),
    ...(initialInterval > 0n ? [`${formatDuration(initialInterval)} apart at first`] : []),
    ...(timeout > 0n ? [`none begins after ${formatDuration(timeout)}`] : []),
    `budget ${policy.budget.percent} % and ${policy.budget.minPerSecond} a second`,
  ].join('; ');
}

/** Those that are limited, in the order of `timeouts`. */
export const timeoutsOf = ({ timeouts = [] }: NativeAnswer): readonly ExplainedTimeout[] =>
  timeouts.map(({ name, time, by }) => ({ name, time: formatDuration(BigInt(time)), by }));
