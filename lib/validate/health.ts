/** What is wrong with the health checks of a load balancer although each of their keys can be read. */
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { ServiceItem } from '../merge/model.js';
import { checkTimes, type HealthCheck, type PassiveHealthCheck } from '../schema/health-check.js';
import type { LoadBalancer } from '../schema/service.js';
import { formatDuration } from '../source/duration.js';
import type { Path } from '../source/origin.js';
import { findingOn } from './finding.js';

/** Findings about both kinds of checks. */
export function healthFindings(
  item: ServiceItem,
  { healthCheck, passiveHealthCheck }: Partial<LoadBalancer>,
): readonly Diagnostic[] {
  return [
    ...(healthCheck === undefined ? [] : checkFindings(item, healthCheck)),
    ...(passiveHealthCheck === undefined ? [] : passiveFindings(item, passiveHealthCheck)),
  ];
}

const at = (key: string): Path => ['loadBalancer', 'healthCheck', key];

function checkFindings(item: ServiceItem, check: HealthCheck): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  if (check.mode === 'grpc') {
    found.push(...idleFindings(item, check));
  } else if (check.scheme === 'h2c') {
    const message = 'the scheme h2c is for health checks by gRPC';
    found.push(findingOn(item, 'FL2007', { message, at: at('scheme'), hint: 'http or https' }));
  }
  return [...found, ...timeFindings(item, check)];
}

/** What is asked of gRPC is fixed. */
function idleFindings(item: ServiceItem, { path, method, status, headers }: HealthCheck): readonly Diagnostic[] {
  const written = {
    path: path !== '',
    method: method !== 'GET',
    status: status !== 0,
    headers: Object.keys(headers).length > 0,
  };
  return Object.entries(written).flatMap(([key, isWritten]) => {
    if (!isWritten) return [];
    const message = `"${key}" of a health check by gRPC means nothing`;
    return findingOn(item, 'FL2011', { message, at: at(key), effect: 'grpc.health.v1.Health/Check is called' });
  });
}

/** Traefik goes on with what it thinks usual; so do we, but it is told. */
function timeFindings(item: ServiceItem, check: HealthCheck): readonly Diagnostic[] {
  const used = checkTimes(check);
  return (['interval', 'unhealthyInterval', 'timeout'] as const).flatMap((key) => {
    const written = check[key];
    if (written === undefined || written === used[key]) return [];
    const message = `a health check cannot have the ${key} ${formatDuration(written)}`;
    return findingOn(item, 'FL3030', { message, at: at(key), effect: `${formatDuration(used[key])} is used` });
  });
}

function passiveFindings(item: ServiceItem, check: PassiveHealthCheck): readonly Diagnostic[] {
  const { failureWindow, maxEjectionTime } = check;
  if (maxEjectionTime === undefined || maxEjectionTime >= failureWindow) return [];
  return [
    findingOn(item, 'FL3030', {
      message: 'maxEjectionTime is shorter than failureWindow',
      at: ['loadBalancer', 'passiveHealthCheck', 'maxEjectionTime'],
      effect: `servers are left out for ${formatDuration(failureWindow)}`,
    }),
  ];
}
