/** The whole way of a configuration to the compiled snapshot, without opening anything. */
import { generateDefaultCertificate } from '../compile/default-certificate.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { DynamicConfig } from './config.js';
import { Engine } from '../engine/engine.js';
import { loadBinding } from '../engine/load.js';
import { faultFinding, refusalsOf } from './faults.js';
import { installationOf } from './installation.js';
import type { InstallResult } from '../install/result.js';
import type { Configuration, Item } from '../merge/model.js';
import { assemble, type Delivered, findingsOf, prepare, stamp } from '../pipeline.js';
import type { Ports } from '../providers/define.js';
import { MemoryProvider } from '../providers/memory.js';
import { sourcesOf } from './sources.js';

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
  const { settings } = await installationOf(install, ports);
  const delivered = await deliveries(install, dynamic, ports);
  const now = new Date();
  const around = {
    hostName: 'localhost',
    defaultCertificate: generateDefaultCertificate(now),
    adminSocket: '/',
    ready: true,
  };
  const first = assemble(delivered, settings, { now });
  const { encoded, findings } = prepare(first, install, around);
  const faults = nativeFaults(stamp(encoded, 1));
  const refused = faults.flatMap((fault) => refusalsOf(fault, first));
  const configuration = refused.length === 0 ? first : assemble(delivered, settings, { now, refused });
  const strange = faults.filter((fault) => refusalsOf(fault, first).length === 0).map(faultFinding);
  return {
    diagnostics: [...findingsOf(install, configuration), ...findings, ...strange],
    summary: summaryOf(install, configuration),
  };
}

/** One delivery of each provider. */
async function deliveries(
  { config }: InstallResult,
  dynamic: DynamicConfig | undefined,
  ports: Ports,
): Promise<readonly Delivered[]> {
  const ending = new AbortController();
  try {
    const memory = dynamic === undefined ? undefined : new MemoryProvider(dynamic);
    const own = memory === undefined ? [] : [{ provider: memory.name, ...(await memory.current(ports)) }];
    const others = await Promise.all(
      sourcesOf(config).map(async (source) => ({ source, delivery: await source.once(ports, ending.signal) })),
    );
    const said = others.flatMap(({ source, delivery }) => (delivery ? [{ provider: source.name, ...delivery }] : []));
    return [...own, ...said];
  } finally {
    ending.abort();
  }
}

/** The engine is never started: it has no threads and opens nothing. */
function nativeFaults(bytes: Uint8Array): readonly string[] {
  const engine = new Engine(loadBinding(), { workers: 1 }, () => undefined);
  try {
    return engine.check(bytes);
  } finally {
    engine.close();
  }
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
