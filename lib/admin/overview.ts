/** The numbers of `/api/overview`. */
import type { Item } from '../merge/model.js';
import type { AdminState } from './state.js';

interface Count {
  readonly total: number;
  readonly warnings: number;
  readonly errors: number;
}

const none: Count = { total: 0, warnings: 0, errors: 0 };

/** How many objects there are, and how many are not as they should be; features and providers by Traefik's names. */
export function overview({ configuration: { routers, services, middlewares }, install }: AdminState): object {
  return {
    http: { routers: count(routers), services: count(services), middlewares: count(middlewares) },
    tcp: { routers: none, services: none, middlewares: none },
    udp: { routers: none, services: none },
    features: { tracing: '', metrics: '', accessLog: install.accessLog !== undefined },
    providers: install.providers.file === undefined ? [] : ['File'],
  };
}

function count(items: ReadonlyMap<string, Item<unknown>>): Count {
  let warnings = 0;
  let errors = 0;
  for (const { status } of items.values()) {
    if (status === 'warning') warnings += 1;
    if (status === 'disabled') errors += 1;
  }
  return { total: items.size, warnings, errors };
}
