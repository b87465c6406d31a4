/** What the API tells of the health of servers. */
import type { ServerState } from '../engine/events.js';
import type { ServiceItem } from '../merge/model.js';
import type { Json } from './redact.js';

/** States of servers by service and URL. Services whose servers nobody watches are not in it. */
export type Health = ReadonlyMap<string, ReadonlyMap<string, ServerState>>;

/** Sorts states by service and URL. */
export function healthOf(states: readonly ServerState[]): Health {
  const health = new Map<string, Map<string, ServerState>>();
  for (const state of states) {
    const servers = health.get(state.service) ?? new Map<string, ServerState>();
    health.set(state.service, servers.set(state.url, state));
  }
  return health;
}

/**
 * `serverStatus` as Traefik has it; and in `serverHealth`, of the servers that are watched, since when they are so, why, and
 * what was wrong the last time.
 */
export function healthFields({ name, config }: ServiceItem, health: Health): { readonly [key: string]: Json } {
  if (config?.kind !== 'loadBalancer' || config.loadBalancer.servers.length === 0) return {};
  const states = health.get(name);
  const urls = config.loadBalancer.servers.map(({ url }) => url);
  const watched = urls.flatMap((url) => {
    const state = states?.get(url.trim());
    return state === undefined ? [] : [[url, shown(state)] as const];
  });
  return {
    serverStatus: Object.fromEntries(urls.map((url) => [url, states?.get(url.trim())?.state.toUpperCase() ?? 'UP'])),
    ...(watched.length > 0 && { serverHealth: Object.fromEntries(watched) }),
  };
}

const shown = ({ state, cause, since, error }: ServerState): Json => ({
  status: state.toUpperCase(),
  since: new Date(since).toISOString(),
  cause,
  ...(error !== '' && { lastError: error }),
});

type Status = 'UP' | 'DOWN';
type Services = ReadonlyMap<string, ServiceItem>;

/** `childStatus` of a service that is made of services, when the health of one of these is known: which can answer. */
export function childFields(item: ServiceItem, services: Services, health: Health): { readonly [key: string]: Json } {
  const known = new Map<string, Status | undefined>();
  const children = (item.resolved?.children ?? []).map(
    ({ service }) => [service, statusOf(service, services, health, known)] as const,
  );
  if (children.every(([, status]) => status === undefined)) return {};
  return { childStatus: Object.fromEntries(children.map(([name, status]) => [name, status ?? 'UP'])) };
}

/** Whether a service can answer; undefined where nobody knows, which counts as yes. `known`: what has been asked already. */
function statusOf(name: string, services: Services, health: Health, known: Map<string, Status | undefined>) {
  if (known.has(name)) return known.get(name);
  const status = findStatus(services.get(name), services, health, known);
  known.set(name, status);
  return status;
}

function findStatus(
  item: ServiceItem | undefined,
  services: Services,
  health: Health,
  known: Map<string, Status | undefined>,
): Status | undefined {
  if (item?.config?.kind === 'loadBalancer')
    return serversStatus(item.config.loadBalancer.servers.length, health.get(item.name));
  const children = (item?.resolved?.children ?? []).map(({ service }) => statusOf(service, services, health, known));
  // Mirrors do not answer.
  const asked = item?.config?.kind === 'mirroring' ? children.slice(0, 1) : children;
  if (asked.every((status) => status === undefined)) return undefined;
  return asked.some((status) => status !== 'DOWN') ? 'UP' : 'DOWN';
}

function serversStatus(servers: number, states: ReadonlyMap<string, ServerState> | undefined): Status | undefined {
  if (servers === 0) return 'DOWN';
  if (states === undefined) return undefined;
  return [...states.values()].some(({ state }) => state === 'up') ? 'UP' : 'DOWN';
}
