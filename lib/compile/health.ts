/** How the servers of a load balancer are watched: addresses to probe, and the rules of judgement. */
import { checkTimes } from '../schema/health-check.js';
import type { HealthCheck, PassiveHealthCheck } from '../schema/health-check.js';
import type { LoadBalancer, Server } from '../schema/service.js';
import { type health, none, probeModes } from '../snapshot/records.js';
import type { Value } from '../snapshot/wire.js';
import { identity } from './identity.js';
import { compileServer } from './servers.js';

type WireHealth = Value<typeof health>;

/** What a load balancer says about the health of its servers. */
export type HealthOptions = Partial<Pick<LoadBalancer, 'healthCheck' | 'passiveHealthCheck'>>;

/** Adds the rules of one load balancer to `table`; their index, or `none` when nothing is watched. */
export function compileHealth(
  table: WireHealth[],
  service: string,
  { healthCheck, passiveHealthCheck }: HealthOptions,
  servers: readonly Server[],
): number {
  const isWatched = healthCheck !== undefined || passiveHealthCheck !== undefined;
  if (!isWatched || servers.length === 0) return none;
  const compiled = {
    // What is known of a server is worth as much when others come and go, or when connections are made differently.
    identity: identity('health', service, healthCheck, passiveHealthCheck),
    ...(healthCheck === undefined ? unprobed : probing(healthCheck, servers)),
    ...judging(passiveHealthCheck),
  };
  return table.push(compiled) - 1;
}

const unprobed = {
  mode: probeModes.http,
  followRedirects: false,
  status: 0,
  method: '',
  headers: [],
  probes: [],
  interval: 0n,
  unhealthyInterval: 0n,
  timeout: 0n,
  fails: 1,
  passes: 1,
};

function probing(check: HealthCheck, servers: readonly Server[]) {
  const { hostname, headers } = check;
  const named = Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'host');
  const host = Object.entries(headers).find(([name]) => name.toLowerCase() === 'host');
  return {
    mode: probeModes[check.mode],
    followRedirects: check.followRedirects,
    status: check.status,
    method: check.method,
    headers: named.map(([name, value]) => ({ name, value })),
    probes: servers.map((server) => probeOf(check, server, hostname === '' ? (host?.[1] ?? '') : hostname)),
    ...checkTimes(check),
    fails: check.fails,
    passes: check.passes,
  };
}

/** Where a server is probed. What is written of scheme and port means nothing for a unix socket. */
function probeOf(check: HealthCheck, server: Server, host: string): WireHealth['probes'][number] {
  const written = server.url.trim();
  const isUnix = written.startsWith('unix:');
  const url = new URL(isUnix ? 'http://localhost/' : written);
  const asked = isUnix ? url : withOrigin(url, check);
  const target = new URL(check.path.trim(), asked);
  const compiled = compileServer({ url: isUnix ? written : asked.origin, weight: 1, preservePath: false }, 0n);
  return {
    server: { ...compiled, authority: host === '' ? compiled.authority : host },
    path: `${target.pathname}${target.search}`,
  };
}

/** Traefik speaks gRPC in clear text unless the check itself says https. */
function withOrigin(url: URL, { mode, scheme, port }: HealthCheck): URL {
  const usual = mode === 'grpc' ? 'http' : url.protocol.slice(0, -1);
  const secure = (scheme ?? usual) === 'https';
  const usualPort = secure ? 443 : 80;
  const number = port !== 0 ? port : url.port === '' ? usualPort : Number(url.port);
  return new URL(`${secure ? 'https' : 'http'}://${url.hostname}:${number}${url.pathname}`);
}

/** Zero attempts mean that requests say nothing. */
function judging(passive: PassiveHealthCheck | undefined) {
  return {
    maxFailedAttempts: passive?.maxFailedAttempts ?? 0,
    failureWindow: passive?.failureWindow ?? 0n,
    maxEjectionPercent: passive?.maxEjectionPercent ?? 0,
    maxEjectionTime: passive?.maxEjectionTime ?? passive?.failureWindow ?? 0n,
  };
}
