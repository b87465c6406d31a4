/** What entry points give to the routers on them (Traefik: entry point model). */
import type { Router } from '../schema/router.js';
import type { EntryPointSettings, Settings } from './settings.js';
import type { RouterItem } from './model.js';

/** The entry point that serves Fairlead's own API; never one of the default ones. */
export const internalEntryPoint = 'traefik';

/** Entry points of routers that name none: those marked `asDefault`, else all for TCP but the internal one. Sorted. */
export function defaultEntryPoints({ entryPoints }: Settings): readonly string[] {
  const candidates = [...entryPoints.values()].filter(
    ({ name, protocol }) => protocol === 'tcp' && name !== internalEntryPoint,
  );
  const marked = candidates.filter(({ asDefault }) => asDefault);
  return (marked.length > 0 ? marked : candidates).map(({ name }) => name).sort();
}

/**
 * The router as it is on its entry points. An entry point with middlewares, TLS or observability of its own adds them;
 * a router on several entry points, some of them such, is split: `<entry point>-<name>`.
 */
export function onEntryPoints(
  item: RouterItem,
  settings: Settings,
  defaults: readonly string[],
): readonly RouterItem[] {
  const { config } = item;
  if (config === undefined || isChild(config)) return [item];
  const entryPoints = entryPointsOf(config, defaults);
  const special = (name: string): boolean => hasModel(settings.entryPoints.get(name));
  if (!entryPoints.some(special)) return [onPlainEntryPoints(item, defaults)];
  const plain = entryPoints.filter((name) => !special(name));
  const split = entryPoints.filter(special).map((entryPoint) => {
    const name = entryPoints.length > 1 ? `${entryPoint}-${item.name}` : item.name;
    return withModel({ ...item, name }, settings.entryPoints.get(entryPoint), entryPoint);
  });
  return plain.length === 0 ? split : [{ ...item, config: withEntryPoints(config, plain) }, ...split];
}

/** As `onEntryPoints`, where none of them adds anything. */
export function onPlainEntryPoints(item: RouterItem, defaults: readonly string[]): RouterItem {
  const { config } = item;
  // A router with parents is where these are.
  if (config === undefined || isChild(config)) return item;
  const entryPoints = entryPointsOf(config, defaults);
  // Most name theirs, each once: nothing to add.
  return entryPoints === config.entryPoints ? item : { ...item, config: withEntryPoints(config, [...entryPoints]) };
}

/** Where a router is, each once. */
function entryPointsOf({ entryPoints: written = [] }: Router, defaults: readonly string[]): readonly string[] {
  if (written.length === 0) return defaults;
  if (written.length === 1) return written;
  const different = [...new Set(written)];
  return different.length === written.length ? written : different;
}

/** A key that is there already, or comes first, costs next to nothing; one that is added to a copy would be most of it. */
const withEntryPoints = (config: Router, entryPoints: string[]): Router =>
  'entryPoints' in config ? { ...config, entryPoints } : { entryPoints, ...config };

/** Whether a router stands below others. */
export const isChild = ({ parentRefs }: Pick<Router, 'parentRefs'>): boolean => (parentRefs?.length ?? 0) > 0;
/** Whether some entry point gives something to the routers on it. */
export const hasModels = ({ entryPoints }: Settings): boolean => [...entryPoints.values()].some(hasModel);

function hasModel(settings: EntryPointSettings | undefined): boolean {
  if (settings === undefined) return false;
  const {
    accessLogs = true,
    metrics = true,
    tracing = true,
    traceVerbosity = 'minimal',
  } = settings.observability ?? {};
  const observed = accessLogs && metrics && tracing && traceVerbosity === 'minimal';
  return settings.middlewares.length > 0 || settings.tls !== undefined || !observed;
}

function withModel(item: RouterItem, settings: EntryPointSettings | undefined, entryPoint: string): RouterItem {
  const { config } = item;
  if (config === undefined || settings === undefined) return item;
  const tls = config.tls ?? settings.tls;
  return {
    ...item,
    config: {
      ...config,
      entryPoints: [entryPoint],
      middlewares: [...settings.middlewares, ...config.middlewares],
      observability: { ...settings.observability, ...defined(config.observability ?? {}) },
      ...(tls !== undefined && { tls }),
    },
  };
}

function defined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, set]) => set !== undefined)) as T;
}
