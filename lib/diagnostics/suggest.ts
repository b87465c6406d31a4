/** Finds what the user probably meant: the nearest known name, or the successor of a renamed Traefik option. */
import { editDistance } from './edit-distance.js';

/** Names longer than this are never compared: the comparison is quadratic in the length. */
const longestCompared = 64;
/** Candidates beyond this are not compared, which bounds the cost of one message in a huge document. */
const mostCompared = 2000;

/** The candidate nearest to `name` without regard to case, or undefined when none is near enough to be a typing error. */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase();
  if (wanted.length > longestCompared) return undefined;
  // One slip in a short name, up to three in a long one; more would suggest unrelated names.
  let limit = Math.min(3, Math.max(1, Math.floor(wanted.length / 3)));
  let nearest: string | undefined;
  let compared = 0;
  for (const candidate of candidates) {
    if (++compared > mostCompared) break;
    const distance = editDistance(wanted, candidate.toLowerCase(), limit);
    if (distance > limit || distance >= candidate.length) continue;
    nearest = candidate;
    if (distance === 0) break;
    limit = distance - 1;
    if (limit < 0) break;
  }
  return nearest;
}

/** `did you mean "x"?` for the nearest candidate; undefined when none is near. */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  const nearest = nearestName(name, candidates);
  return nearest === undefined ? undefined : `did you mean "${nearest}"?`;
}

/** `one of "a", "b" or "c"` for a closed set of values. */
export function oneOf(values: readonly unknown[]): string {
  const quoted = values.map((value) => (typeof value === 'string' ? `"${value}"` : String(value)));
  const last = quoted.pop();
  if (last === undefined) return 'nothing';
  return quoted.length === 0 ? last : `${quoted.join(', ')} or ${last}`;
}

/** Keys of Traefik v1 and v2 that v3 renamed or removed, in lower case, with what to write instead. */
const successors: Readonly<Record<string, string>> = {
  ipwhitelist: 'Traefik v3 renamed it to "ipAllowList"',
  whitelistsourcerange: 'Traefik v2 replaced it by the middleware "ipAllowList" with "sourceRange"',
  whitelist: 'Traefik v2 replaced it by the middleware "ipAllowList"',
  frontends: 'Traefik v2 renamed frontends to "routers"',
  backends: 'Traefik v2 renamed backends to "services"',
  frontendrules: 'Traefik v2 replaced it by "rule" of a router',
  defaultentrypoints: 'Traefik v2 replaced it by "asDefault" of an entry point',
  acme: 'Traefik v2 moved it to "certificatesResolvers.<name>.acme"',
  web: 'Traefik v2 replaced it by "api"',
  rootcas: 'Traefik v2 moved it to "serversTransport.rootCAs"',
  insecureskipverify: 'Traefik v2 moved it to "serversTransport.insecureSkipVerify"',
  accesslogsfile: 'Traefik v2 replaced it by "accessLog.filePath"',
  traefiklogsfile: 'Traefik v2 replaced it by "log.filePath"',
  loglevel: 'Traefik v2 moved it to "log.level"',
  debug: 'Traefik v2 replaced it by "log.level: DEBUG"',
  gracetimeout: 'it belongs to "transport.lifeCycle.graceTimeOut" of an entry point',
  caoptional: 'Traefik v3 removed it; ask for client certificates with "clientAuth" of the TLS options',
  sslredirect: 'Traefik v3 removed it; use "redirections.entryPoint" or the middleware "redirectScheme"',
  ssltemporaryredirect: 'Traefik v3 removed it; use the middleware "redirectScheme"',
  sslhost: 'Traefik v3 removed it; use the middleware "redirectRegex"',
  sslforcehost: 'Traefik v3 removed it; use the middleware "redirectRegex"',
  featurepolicy: 'Traefik v3 replaced it by "permissionsPolicy"',
  pilot: 'Traefik v3 removed Pilot',
  swarmmode: 'Traefik v3 replaced it by "providers.swarm"',
  marathon: 'Traefik v3 removed this provider',
  rancher: 'Traefik v3 removed this provider',
  jaeger: 'Traefik v3 removed it; use "tracing.otlp"',
  zipkin: 'Traefik v3 removed it; use "tracing.otlp"',
  haystack: 'Traefik v3 removed it; use "tracing.otlp"',
  instana: 'Traefik v3 removed it; use "tracing.otlp"',
  spannamelimit: 'Traefik v3 removed it',
  influxdb: 'Traefik v3 replaced it by "metrics.influxDB2"',
};

/** What became of a key of an earlier Traefik version; undefined when the key was never one. */
export function successorOf(key: string): string | undefined {
  const lower = key.toLowerCase();
  return Object.hasOwn(successors, lower) ? successors[lower] : undefined;
}
