/**
 * Names become indexes: the configuration, validated, becomes the snapshot that the data plane reads. Pure; cost is linear
 * in the size of the configuration but for the sorting of routers.
 */
import type { InstallConfiguration } from '../install/schema.js';
import type { Configuration } from '../merge/model.js';
import { fingerprint } from '../snapshot/generated/fingerprint.js';
import type { Snapshot } from '../snapshot/root.js';
import { compileAccessLog } from './access-log.js';
import type { KeyPair } from './default-certificate.js';
import { compileEntryPoints } from './entry-points.js';
import { compileMiddlewares } from './middlewares.js';
import { compileRouters } from './routers.js';
import { newScope } from './scope.js';
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
  readonly refused: readonly { readonly name: string; readonly message: string }[];
}

/** Compiles what is served. The order matters: each step asks the next ones for what it names. */
export function compile(configuration: Configuration, install: InstallConfiguration, around: Surroundings): Compiled {
  const scope = newScope(configuration, install, around.adminSocket);
  const transports = new Transports(scope);
  const { routers, layers, byEntryPoint, refused } = compileRouters(scope);
  const { services, limits } = compileServices(scope, (name) => transports.get(name).identity as bigint);
  const { refs, configs } = compileMiddlewares(scope);
  const entryPoints = compileEntryPoints(scope, byEntryPoint);
  const certificates = compileCertificates(configuration, around.defaultCertificate);
  const snapshot: Snapshot = {
    fingerprint,
    generation: around.generation,
    ready: around.ready,
    entryPoints,
    routers,
    layers,
    services,
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
    hostName: around.hostName,
    pingTerminatingStatus: install.ping?.terminatingStatusCode ?? 503,
  };
  return { snapshot, refused };
}
