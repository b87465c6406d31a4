/** The whole way of a configuration to the compiled snapshot, without opening anything. */
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { DynamicConfig } from './config.js';
import type { InstallResult } from '../install/result.js';
import type { Configuration, Item } from '../merge/model.js';
import { loadOffline } from './offline.js';
import type { Ports } from '../providers/define.js';

/** What `check` found out. */
export interface Checked {
  /** Everything that `createProxy` would report or refuse, at once. */
  readonly diagnostics: readonly Diagnostic[];
  /** How many objects of each kind would serve. */
  readonly summary: Readonly<Record<string, number>>;
}

/** Checks an install configuration with everything its providers say now. */
export async function checkConfiguration(
  install: InstallResult,
  dynamic: DynamicConfig | undefined,
  ports: Ports,
): Promise<Checked> {
  const { configuration, diagnostics } = await loadOffline(install, dynamic, ports);
  return { diagnostics, summary: summaryOf(install, configuration) };
}

function summaryOf({ config }: InstallResult, configuration: Configuration): Readonly<Record<string, number>> {
  const { routers, services, middlewares, tls } = configuration;
  return {
    'entry points': Object.keys(config.entryPoints).length,
    routers: served(routers.values()),
    services: served(services.values()),
    middlewares: served(middlewares.values()),
    certificates: served(tls.certificates),
  };
}

/** Without those that Fairlead makes itself. */
const served = (items: Iterable<Item<unknown>>): number =>
  [...items].filter(({ status, provider }) => status !== 'disabled' && provider !== 'internal').length;
