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
