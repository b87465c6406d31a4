/**
 * Names become indexes: the configuration, validated, becomes the snapshot that the data plane reads. Pure; cost is linear
 * in the size of the configuration but for the sorting of routers.
 */
import type { InstallConfiguration } from '../install/schema.js';
import type { Configuration } from '../merge/model.js';
import { fingerprint } from '../snapshot/generated/fingerprint.js';
import type { Encodable, RecordList } from '../snapshot/encode.js';
import type { Snapshot, snapshot } from '../snapshot/root.js';
import { finish, type Work } from '../work.js';
import { compileAccessLog } from './access-log.js';
import type { KeyPair } from './default-certificate.js';
import { compileEntryPoints } from './entry-points.js';
import { CompileMemory } from './memory.js';
import { compileMiddlewares } from './middlewares.js';
import { compileRouters, type RefusedRouter } from './routers.js';
import { newScope, numberingsOf } from './scope.js';
import { compileServices } from './services.js';
import { compileCertificates, compileTlsOptions } from './tls.js';
import { compileTimeouts } from './timeouts.js';
import { Transports } from './transports.js';

/** What a snapshot holds besides the configuration. */
export interface Surroundings {
  readonly generation: number;
  /** Every provider has delivered at least once. */
  readonly ready: boolean;
  /** Value of X-Forwarded-Server. */
  readonly hostName: string;
  /** Served where no other certificate fits and the user named none. */
  readonly defaultCertificate: KeyPair;
  /** Unix socket of the admin API. */
  readonly adminSocket: string;
}

/** What compiling gave. */
export interface Compiled {
  readonly snapshot: Snapshot;
  /** Routers that are left out because their rule does not fit, with the reason. */
  readonly refused: readonly RefusedRouter[];
}

/** What compiling gave, for the encoder: records of before may be taken again. */
export interface Lowered {
  readonly snapshot: Encodable<typeof snapshot.fields>;
  readonly refused: readonly RefusedRouter[];
}

/** Compiles what is served. */
export function compile(configuration: Configuration, install: InstallConfiguration, around: Surroundings): Compiled {
  const { snapshot: lowered, refused } = finish(compiling(configuration, install, around, new CompileMemory()));
  const valuesOf = <T>({ tokens, value }: RecordList<T>): readonly T[] => tokens.map((_, at) => value(at));
  const routers = valuesOf(lowered.routers as RecordList<Snapshot['routers'][number]>);
  const services = valuesOf(lowered.services as RecordList<Snapshot['services'][number]>);
  return { snapshot: { ...(lowered as Snapshot), routers, services }, refused };
}

/** As `compile`, in turns. The order matters: each step asks the next ones for what it names. */
export function* compiling(
  configuration: Configuration,
  install: InstallConfiguration,
  around: Surroundings,
  memory: CompileMemory,
): Work<Lowered> {
  const scope = newScope(configuration, install, around.adminSocket, memory.numberings);
  const transports = new Transports(scope);
  const identityOf = (name: string) => transports.get(name).identity as bigint;
  const { routers, layers, byEntryPoint, refused } = yield* compileRouters(scope, memory);
  const { services, limits } = yield* compileServices(scope, identityOf, memory);
  const { refs, configs } = compileMiddlewares(scope);
  yield;
  const entryPoints = compileEntryPoints(scope, byEntryPoint);
  yield;
  const certificates = compileCertificates(configuration, around.defaultCertificate);
  const lowered = {
    fingerprint,
    generation: around.generation,
    ready: around.ready,
    entryPoints,
    routers: yield* routers(),
    layers,
    services: services(),
    health: scope.health,
    concurrencyLimits: limits,
    transports: scope.transports.lowerAll((name) => transports.get(name)),
    timeouts: compileTimeouts(scope),
    middlewares: refs,
    configs,
    certificates,
    defaultCertificate: certificates.length - 1,
    tlsOptions: compileTlsOptions(scope),
    patterns: scope.rules.patterns,
    ranges: scope.rules.ranges,
    accessLog: compileAccessLog(install.accessLog),
    limits: install.fairlead.limits,
    names: install.fairlead.names,
    flattensHosts: scope.rules.flattensHosts,
    hostName: around.hostName,
    pingTerminatingStatus: install.ping?.terminatingStatusCode ?? 503,
  };
  memory.numberings = numberingsOf(scope);
  return { snapshot: lowered, refused };
}
