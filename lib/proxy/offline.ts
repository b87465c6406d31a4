/** A configuration taken the whole way to an encoded snapshot, without opening anything and without a thread. */
import { generateDefaultCertificate } from '../compile/default-certificate.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { DynamicConfig } from './config.js';
import { Engine } from '../engine/engine.js';
import { loadBinding } from '../engine/load.js';
import { faultFinding, refusalsOf } from './faults.js';
import { installationOf } from './installation.js';
import type { InstallResult } from '../install/result.js';
import type { Configuration } from '../merge/model.js';
import { assembling, type Delivered, findingsOf, preparing, stamp } from '../pipeline.js';
import type { Ports } from '../providers/define.js';
import { MemoryProvider } from '../providers/memory.js';
import { sourcesOf } from './sources.js';
import { inTurns } from '../work.js';

/** What would serve. */
export interface Offline {
  readonly install: InstallResult;
  readonly configuration: Configuration;
  /** The snapshot. */
  readonly bytes: Uint8Array;
  /** Everything that `createProxy` would report or refuse. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads everything that the providers say now, and compiles it. What the data plane refuses is disabled, as it would be. */
export async function loadOffline(
  install: InstallResult,
  dynamic: DynamicConfig | undefined,
  ports: Ports,
): Promise<Offline> {
  const { settings } = await installationOf(install, ports);
  const delivered = await deliveries(install, dynamic, ports);
  const now = new Date();
  const around = {
    hostName: 'localhost',
    defaultCertificate: generateDefaultCertificate(now),
    adminSocket: '/',
    ready: true,
  };
  const first = await inTurns(assembling(delivered, settings, { now }));
  const prepared = await inTurns(preparing(first, install, around));
  const bytes = stamp(prepared.encoded, 1);
  const faults = withEngine((engine) => engine.check(bytes));
  const refused = faults.flatMap((fault) => refusalsOf(fault, first));
  const strange = faults.filter((fault) => refusalsOf(fault, first).length === 0).map(faultFinding);
  const configuration = refused.length === 0 ? first : await inTurns(assembling(delivered, settings, { now, refused }));
  const again = refused.length === 0 ? prepared : await inTurns(preparing(configuration, install, around));
  return {
    install,
    configuration,
    bytes: refused.length === 0 ? bytes : stamp(again.encoded, 1),
    diagnostics: [...findingsOf(install, configuration), ...prepared.findings, ...strange],
  };
}

/** An engine that is never started: it has no threads and opens nothing. */
export function withEngine<T>(use: (engine: Engine) => T): T {
  const engine = new Engine(loadBinding(), { workers: 1 }, () => undefined);
  try {
    return use(engine);
  } finally {
    engine.close();
  }
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
