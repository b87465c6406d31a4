/** The sides of a plan that are configurations. */
import { explainOffline } from './explain.js';
import { hasErrors } from '../diagnostics/diagnostic.js';
import { ConfigError } from '../errors.js';
import type { Offline } from './offline.js';
import { differenceOf } from '../pipeline.js';
import { installOf, objectsOf, ownerOf, type Side } from '../plan/side.js';

/** A side that knows its configuration, secrets included. */
interface OfflineSide extends Side {
  readonly offline: Offline;
}

/** A configuration as one side of a plan. Throws `ConfigError` when its install part has errors. */
export function offlineSide(offline: Offline): Side {
  const { install, configuration } = offline;
  if (hasErrors(install.diagnostics)) throw new ConfigError(install.diagnostics);
  const side: OfflineSide = {
    offline,
    objects: objectsOf(configuration),
    install: installOf(install.config),
    differing: (other) => {
      if (!isOffline(other)) return {};
      const difference = differenceOf(other.offline.configuration, configuration);
      return Object.fromEntries(Object.entries(difference).map(([kind, { changed }]) => [kind, changed]));
    },
    owners: async (requests) => explainOffline(offline, requests).map(ownerOf),
  };
  return side;
}

const isOffline = (side: Side): side is OfflineSide => 'offline' in side;
