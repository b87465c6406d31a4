/** `healthCheck` and `passiveHealthCheck` of a load balancer (Traefik: dynamic configuration, HTTP services). */
import { z } from 'zod';
import { bare } from '../source/marks.js';
import { duration, port } from '../source/scalars.js';
import { headerMap, headerValue } from './text.js';

const malformed = (hint: string) => ({ params: { code: 'FL2006', hint } });

/** A reference to be resolved against the URL of a server; it may not lead elsewhere. */
const probePath = z
  .string()
  .refine((path) => !/^([a-z][a-z0-9+.-]*:|[/\\]{2})/i.test(path.trim()), {
    error: 'must be a path',
    ...malformed('such as /health; for another address there are scheme, hostname and port'),
  })
  .refine((path) => !/[\0- \x7f]/.test(path.trim()), {
    error: 'must not hold spaces or control characters',
    ...malformed('write %20 for a space'),
  });

const method = z.string().refine((name) => /^[\w!#$%&'*+.^`|~-]+$/.test(name), {
  error: 'must be a method',
  ...malformed('such as GET or HEAD'),
});

/** The schema of `healthCheck`. */
export const healthCheck = z.strictObject({
  mode: z
    .enum(['http', 'grpc'])
    .prefault('http')
    .meta({ description: 'What is asked: `http`, or `grpc` for the health service of gRPC.' }),
  path: probePath.prefault('').meta({ description: 'Path and query that are asked for, relative to the URL.' }),
  method: method.prefault('GET').meta({ description: 'Method of the request.' }),
  status: z
    .int()
    .min(0)
    .max(599)
    .prefault(0)
    .meta({ description: 'Status that a healthy server answers; 0 = any from 200 to 399.' }),
  scheme: z
    .enum(['http', 'https', 'h2c'])
    .optional()
    .meta({ description: 'Scheme of the request; that of the server when left out. `h2c` is for `grpc`.' }),
  port: port.prefault(0).meta({ description: 'Port that is asked; 0 = that of the server.' }),
  hostname: headerValue.prefault('').meta({ description: 'Host header of the request; that of the URL when empty.' }),
  headers: headerMap.prefault({}).meta({ description: 'Header fields of the request.' }),
  interval: duration.prefault('30s').meta({ description: 'Time between two checks of a server that is up.' }),
  unhealthyInterval: duration
    .optional()
    .meta({ description: 'Time between two checks of a server that is down; `interval` when left out.' }),
  timeout: duration.prefault('5s').meta({ description: 'Longest time for one check, redirects included.' }),
  followRedirects: z.boolean().prefault(true).meta({ description: 'Follow redirects, up to ten.' }),
  fails: z
    .int()
    .min(1)
    .max(1000)
    .prefault(1)
    .meta({ description: 'Checks in a row that must fail before a server is down.' }),
  passes: z
    .int()
    .min(1)
    .max(1000)
    .prefault(1)
    .meta({ description: 'Checks in a row that must pass before a server is up again.' }),
});
export type HealthCheck = z.output<typeof healthCheck>;

/** Longer than nothing. Output: nanoseconds, as bigint. */
const span = duration.refine((value) => value > 0n, {
  error: 'must be longer than zero',
  params: { code: 'FL2005' },
});

/** The schema of `passiveHealthCheck`. */
export const passiveHealthCheck = z.strictObject({
  failureWindow: span
    .prefault('10s')
    .meta({ description: 'Time in which failures are counted, and for which the server is left out then.' }),
  maxFailedAttempts: z
    .int()
    .min(1)
    .max(10_000)
    .prefault(1)
    .meta({ description: 'Requests that fail within `failureWindow` before the server is left out.' }),
  maxEjectionPercent: z
    .int()
    .min(0)
    .max(100)
    .prefault(100)
    .meta({ description: 'Share of the servers that may be left out at a time, in percent; never the last one.' }),
  maxEjectionTime: span.optional().meta({
    description:
      'A server that fails again soon is left out twice as long each time, up to this; `failureWindow` when left out.',
  }),
});
export type PassiveHealthCheck = z.output<typeof passiveHealthCheck>;

/** What stands in for an interval or a time limit that cannot be used. */
const usualTimes = { interval: 30_000_000_000n, timeout: 5_000_000_000n } as const;
/** Shorter pauses would be load, not watching. */
const shortestInterval = 10_000_000n;

/** The times of a check as they are used: what is not longer than zero is replaced, as Traefik does. */
export function checkTimes(check: Pick<HealthCheck, 'interval' | 'unhealthyInterval' | 'timeout'>) {
  const interval = usableInterval(check.interval, usualTimes.interval);
  return {
    interval,
    unhealthyInterval: usableInterval(check.unhealthyInterval ?? interval, interval),
    timeout: check.timeout > 0n ? check.timeout : usualTimes.timeout,
  };
}

function usableInterval(written: bigint, instead: bigint): bigint {
  if (written <= 0n) return instead;
  return written < shortestInterval ? shortestInterval : written;
}

/** `healthCheck` of a service that is made of services; it has no keys. */
export const childrenHealth = (description: string) => bare(z.strictObject({})).optional().meta({ description });
