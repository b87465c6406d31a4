/** Completes the install configuration with what follows from it, as Traefik does. */
import { entryPoint, type EntryPoint } from './entry-point.js';
import type { InstallConfiguration } from './schema.js';

/** The entry point that serves the API and ping unless they name another. */
export const internalEntryPoint = 'traefik';

/** The default entry points and the number of workers filled in; `cpus` is what zero workers stand for. */
export function derive(config: InstallConfiguration, cpus: number): InstallConfiguration {
  const { fairlead } = config;
  return {
    ...config,
    entryPoints: completed(config),
    fairlead: { ...fairlead, workers: fairlead.workers === 0 ? Math.max(1, cpus) : fairlead.workers },
  };
}

function completed(config: InstallConfiguration): Record<string, EntryPoint> {
  const entryPoints = { ...config.entryPoints };
  if (Object.keys(entryPoints).length === 0) entryPoints['http'] = entryPoint.parse({ address: ':80' });
  if (needsInternal(config) && !Object.hasOwn(entryPoints, internalEntryPoint)) {
    entryPoints[internalEntryPoint] = entryPoint.parse({ address: ':8080' });
  }
  return entryPoints;
}

function needsInternal({ api, ping }: InstallConfiguration): boolean {
  const byPing = ping !== undefined && !ping.manualRouting && ping.entryPoint === internalEntryPoint;
  return api?.insecure === true || byPing;
}
