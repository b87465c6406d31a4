/**
 * Patterns that share their literal part. A few are found by it and tried one after the other; of many, the data plane asks
 * which of them match, all at once.
 */
import { hostKinds, pathKinds } from '../../snapshot/records.js';
import type { RouteKey } from './keys.js';

/** Patterns that are tried one after the other. More make a crowd. */
const mostTogether = 8;

interface Keyed {
  readonly keys: readonly RouteKey[];
}

/** The routers, those in a crowd with the keys of their patterns. */
export function withoutCrowds<R extends Keyed>(routers: readonly R[]): readonly R[] {
  const sizes = new Map<string, number>();
  for (const { keys } of routers) {
    for (const key of keys) if (isPattern(key)) sizes.set(place(key), (sizes.get(place(key)) ?? 0) + 1);
  }
  const isCrowded = (key: RouteKey): boolean => isPattern(key) && (sizes.get(place(key)) ?? 0) > mostTogether;
  if (![...sizes.values()].some((size) => size > mostTogether)) return routers;
  return routers.map((router) =>
    router.keys.some(isCrowded)
      ? { ...router, keys: router.keys.map((key) => (isCrowded(key) ? byPattern(key) : key)) }
      : router,
  );
}

const isPattern = ({ hostPattern, pathPattern }: RouteKey): boolean => (hostPattern ?? pathPattern) !== undefined;

const place = ({ hostKind, host, pathKind, path }: RouteKey): string => `${hostKind}${host}\0${pathKind}${path}`;

function byPattern({ hostPattern, pathPattern, ...key }: RouteKey): RouteKey {
  return {
    ...key,
    ...(hostPattern !== undefined && { hostKind: hostKinds.pattern, host: hostPattern }),
    ...(pathPattern !== undefined && { pathKind: pathKinds.pattern, path: pathPattern }),
  };
}
