/** What the middlewares on the way do, in words. */
import type { NativeAnswer, NativeStep } from '../engine/answer.js';
import type { Configuration, Item, MiddlewareConfig } from '../merge/model.js';
import { middlewares as registry } from '../middlewares/index.js';
import type { HeaderField, MiddlewareEffect } from './explanation.js';
import { cleaned, secretsOf } from './secrets.js';

/** Each middleware of the router, then those of the services, in the order in which they run. */
export function middlewareEffects(answer: NativeAnswer, configuration: Configuration): readonly MiddlewareEffect[] {
  let path = answer.request?.path ?? '';
  return (answer.steps ?? []).map((step) => {
    const effect = effectOf(step, path, answer, configuration);
    path = step.path ?? path;
    return effect;
  });
}

function effectOf(
  step: NativeStep,
  path: string,
  answer: NativeAnswer,
  configuration: Configuration,
): MiddlewareEffect {
  const item = configuration.middlewares.get(step.middleware);
  const secrets = secretsOf(item);
  const set = (step.set ?? []).map((field) => cleaned(field, secrets));
  const removed = step.removed ?? [];
  return {
    name: step.middleware,
    type: item?.config?.kind ?? '',
    ...(step.service !== undefined && { service: step.service }),
    effect: inWords(step, { path, set, removed }, answer, item),
    ...(step.waits === true && { atRunTime: true }),
    ...(step.path !== undefined && { path: { from: path, to: step.path } }),
    ...(step.host !== undefined && { host: step.host }),
    ...(set.length > 0 && { set }),
    ...(removed.length > 0 && { removed }),
    ...((step.replied === true || step.broken === true) && { answers: true }),
  };
}

interface Changes {
  readonly path: string;
  readonly set: readonly HeaderField[];
  readonly removed: readonly string[];
}

function inWords(
  step: NativeStep,
  changes: Changes,
  { reply }: NativeAnswer,
  item: Item<MiddlewareConfig> | undefined,
): string {
  if (step.broken === true) return 'cannot run: the request is answered with 500';
  if (step.waits === true) return atRunTime(item);
  if (step.replied === true) {
    const location = reply?.headers.find(([name]) => name.toLowerCase() === 'location')?.[1];
    return `answers ${reply?.status ?? ''}${location === undefined ? '' : `, Location: ${location}`}`;
  }
  const parts = [
    ...(step.path === undefined ? [] : [`path ${changes.path} → ${step.path}`]),
    ...(step.host === undefined ? [] : [`host → ${step.host}`]),
    ...changes.set.map(([name, value]) => `sets ${name}: ${value}`),
    ...changes.removed.map((name) => `removes ${name}`),
  ];
  const response = step.response === true ? 'may change the response' : undefined;
  if (parts.length === 0) return response ?? 'changes nothing';
  return [...parts, ...(response === undefined ? [] : [response])].join('; ');
}

function atRunTime(item: Item<MiddlewareConfig> | undefined): string {
  const definition = registry.find(({ name }) => name === item?.config?.kind);
  const describe = definition?.atRunTime as ((options: unknown) => string) | undefined;
  return describe?.(item?.config?.options) ?? 'decides when the request comes';
}
