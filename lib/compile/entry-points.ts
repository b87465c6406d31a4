/** Entry points of the snapshot: addresses, limits, deadlines, trust, and the routers that listen there. */
import type { EntryPoint } from '../install/entry-point.js';
import type { InstallConfiguration } from '../install/schema.js';
import { cidrOf } from '../snapshot/cidr.js';
import type { entryPoint } from '../snapshot/records.js';
import type { Value } from '../snapshot/wire.js';
import type { RouterLists } from './routers.js';
import type { Scope } from './scope.js';
import { compileTlsHosts, optionsIndex } from './tls.js';

type WireEntryPoint = Value<typeof entryPoint>;

const underscoreStrategies = { keep: 0, delete: 1, reject: 2 } as const;

/** Compiles every TCP entry point, also those without routers: they answer 404. */
export function compileEntryPoints(scope: Scope, routers: ReadonlyMap<string, RouterLists>): readonly WireEntryPoint[] {
  return Object.entries(scope.install.entryPoints).flatMap(([name, config]) => {
    const lists = routers.get(name);
    if (lists === undefined) return [];
    return {
      name,
      ...addressOf(config),
      ...requestRules(config),
      ...trustOf(config),
      ...deadlinesOf(config, scope.install),
      ...limitsOf(config, scope.install),
      plainRouters: lists.plain.view,
      tlsRouters: lists.tls.view,
      tlsHosts: compileTlsHosts(scope, name),
      defaultTlsOptions: optionsIndex(scope, 'default'),
    };
  });
}

const addressOf = ({ address, reusePort }: EntryPoint) => ({ host: address.host, port: address.port, reusePort });

const requestRules = ({ http }: EntryPoint) => ({
  sanitizePath: http.sanitizePath,
  encodeQuerySemicolons: http.encodeQuerySemicolons,
  underscoreHeaders: underscoreStrategies[http.underscoreHeadersStrategy],
});

const trustOf = ({ forwardedHeaders: trust }: EntryPoint) => ({
  forwardedInsecure: trust.insecure,
  notAppendForwardedFor: trust.notAppendXForwardedFor,
  addForwardedSchemeHeaders: trust.addXForwardedSchemeHeaders,
  forwardedTrusted: trust.trustedIPs.map(cidrOf),
  forwardedConnection: trust.connection.map((name) => name.toLowerCase()),
});

function deadlinesOf({ transport }: EntryPoint, { fairlead }: InstallConfiguration) {
  const { respondingTimeouts, lifeCycle, keepAliveMaxTime } = transport;
  return {
    readTimeout: respondingTimeouts.readTimeout,
    writeTimeout: respondingTimeouts.writeTimeout,
    idleTimeout: respondingTimeouts.idleTimeout,
    headTimeout: fairlead.limits.headTimeout,
    handshakeTimeout: fairlead.limits.handshakeTimeout,
    keepAliveMaxTime,
    acceptGrace: lifeCycle.requestAcceptGraceTimeout,
    drainGrace: lifeCycle.graceTimeOut,
  };
}

const limitsOf = ({ transport, http }: EntryPoint, { fairlead }: InstallConfiguration) => ({
  keepAliveMaxRequests: transport.keepAliveMaxRequests,
  maxHeaderBytes: http.maxHeaderBytes,
  maxHeaderFields: fairlead.limits.maxHeaderFields,
  maxConnections: fairlead.limits.maxConnections,
});
