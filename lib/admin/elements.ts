/** Routers, services, middlewares and entry points in Traefik's shapes. */
import type { EntryPoint } from '../install/entry-point.js';
import type { Item, MiddlewareConfig, RouterItem, ServiceItem } from '../merge/model.js';
import { type Health, healthFields } from './health.js';
import type { QueueStats } from '../observability/queues.js';
import type { Failover } from '../schema/failover.js';
import { formatStatusRange } from '../source/scalars.js';
import { type Json, toJson } from './redact.js';

/** One element as `/api/rawdata` has it. */
export type Element = { readonly [key: string]: Json };

const inSource = (item: Item<unknown>) => (path: readonly (string | number)[]) =>
  item.document.isSecret?.([...item.path, ...path]) === true;

/** `status` and what only some elements have: the reasons and the users. */
function verdict({ status, errors, usedBy }: Item<unknown>): Element {
  return { ...(errors.length > 0 && { error: errors }), status, ...(usedBy.length > 0 && { usedBy }) };
}

/** The fields that lists and single answers have beyond `/api/rawdata`. */
export const named = ({ name, provider }: Item<unknown>): Element => ({ name, provider });

/** A router as `/api/http/routers` lists it, without its name. */
export function routerElement(item: RouterItem): Element {
  const { config, resolved, using } = item;
  const written = (toJson(config ?? item.raw, inSource(item)) ?? {}) as Element;
  const priority = resolved?.priority ?? config?.priority ?? 0n;
  return {
    ...written,
    ...(config?.tls !== undefined && {
      tls: { ...(written['tls'] as Element), options: config.tls.options ?? 'default' },
    }),
    ...(resolved !== undefined && {
      entryPoints: resolved.entryPoints,
      observability: observed(resolved.observability),
    }),
    ...(resolved?.children !== undefined && { childRefs: resolved.children }),
    priority: Number(priority),
    ...verdict(item),
    using,
  };
}

const observed = (observability: object): Json => toJson(observability, () => false);

/** `priorityStr` is exact where a JSON number is not. */
export const routerNamed = (item: RouterItem): Element => ({
  ...named(item),
  priorityStr: String(item.resolved?.priority ?? item.config?.priority ?? 0n),
});

/** A service as `/api/http/services` lists it, without its name. */
export function serviceElement(item: ServiceItem, health: Health = new Map()): Element {
  const { config } = item;
  if (config === undefined) return { ...((toJson(item.raw, inSource(item)) ?? {}) as Element), ...verdict(item) };
  const { kind, middlewares, ...parts } = config;
  const shown = config.kind === 'failover' ? { failover: failoverAsWritten(config.failover) } : parts;
  const written = kind === 'internal' ? {} : (toJson(shown, inSource(item)) as Element);
  return {
    ...written,
    ...(middlewares.length > 0 && { middlewares }),
    ...verdict(item),
    ...(item.status !== 'disabled' && healthFields(item, health)),
  };
}

/** Status codes are texts, as in `500-504`. */
function failoverAsWritten({ errors, ...rest }: Failover): object {
  if (errors === undefined) return rest;
  return { ...rest, errors: { ...errors, status: errors.status.map(formatStatusRange) } };
}

/** A service with its name, provider and type, as the lists show it. */
export const serviceNamed = (item: ServiceItem): Element => ({
  ...named(item),
  ...(item.config !== undefined && item.config.kind !== 'internal' && { type: item.config.kind.toLowerCase() }),
});

/** What a service with a limit shows beyond its configuration: at its servers now, in its queue now, and by key. */
export function queueOf({ name }: ServiceItem, queues: Readonly<Record<string, QueueStats>>): Element {
  const queue = queues[name];
  return queue === undefined ? {} : { queueStatus: queue as unknown as Element };
}

/** A middleware as `/api/http/middlewares` lists it, without its name. */
export function middlewareElement(item: Item<MiddlewareConfig>): Element {
  const { config } = item;
  const source = inSource(item);
  const written =
    config === undefined
      ? ((toJson(item.raw, source) ?? {}) as Element)
      : { [config.kind]: toJson(config.options, (path) => source([config.kind, ...path])) };
  return { ...written, ...verdict(item) };
}

/** A middleware with its name, provider and type, as the lists show it. */
export const middlewareNamed = (item: Item<MiddlewareConfig>): Element => ({
  ...named(item),
  ...(item.config !== undefined && { type: item.config.kind.toLowerCase() }),
});

/** A static entry point with its name. */
export function entryPointElement(name: string, { address, ...rest }: EntryPoint): Element {
  const { redirections, ...http } = rest.http;
  const to = redirections?.entryPoint;
  const shown = {
    ...rest,
    http: { ...http, ...(to && { redirections: { entryPoint: { ...to, priority: String(to.priority) } } }) },
  };
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  const suffix = address.protocol === 'udp' ? '/udp' : '';
  return { address: `${host}:${address.port}${suffix}`, ...(toJson(shown, () => false) as Element), name };
}
