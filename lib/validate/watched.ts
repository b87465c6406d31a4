/** Services that count on the health checks of those they are made of. */
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { ServiceConfig, ServiceItem } from '../merge/model.js';
import type { Path } from '../source/origin.js';
import { findingOn } from './finding.js';

/** A service that another one counts on. */
export interface Watched {
  readonly name: string;
  readonly config: ServiceConfig | undefined;
}

/** Whether something tells if the service works. As with Traefik, those made of services say so themselves. */
function isWatched(config: ServiceConfig | undefined): boolean {
  switch (config?.kind) {
    case undefined:
    case 'internal':
      return false;
    case 'loadBalancer':
      return config.loadBalancer.healthCheck !== undefined || config.loadBalancer.passiveHealthCheck !== undefined;
    case 'weighted':
      return config.weighted.healthCheck !== undefined;
    case 'highestRandomWeight':
      return config.highestRandomWeight.healthCheck !== undefined;
    case 'mirroring':
      return config.mirroring.healthCheck !== undefined;
    case 'failover':
      return config.failover.healthCheck !== undefined;
  }
}

/** Findings about those of `children` that have no health check, at the place where `item` says that it counts on them. */
export function unwatchedFindings(
  item: ServiceItem,
  children: readonly Watched[],
  at: Path,
  otherwise = '',
): readonly Diagnostic[] {
  return children.flatMap(({ name, config }) => {
    if (isWatched(config)) return [];
    const kind = (config?.kind ?? 'internal').toLowerCase();
    const message = `cannot register ${name} as updater for ${item.name}: healthCheck not enabled in config for this ${kind} service`;
    return [findingOn(item, 'FL3041', { message, at, hint: `give "${name}" a healthCheck${otherwise}` })];
  });
}
