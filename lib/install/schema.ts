/** The install (static) configuration: what is fixed when Fairlead starts. Names and defaults are Traefik v3's. */
import { z } from 'zod';
import { bare, notYet, withoutEffect } from '../source/marks.js';
import { positiveDuration } from '../source/scalars.js';
import { entryPoint } from './entry-point.js';
import { bytes, flag, text, textOr, time } from './fields.js';
import { accessLog, log } from './log.js';
import { providers } from './providers.js';
import { serversTransport } from './servers-transport.js';

const api = z.strictObject({
  basePath: z
    .string()
    .regex(/^\/[a-zA-Z0-9/_.:~-]*$/, { error: 'must be a path' })
    .default('/')
    .meta({ description: 'Path before /api.' }),
  insecure: flag(false, 'Serve the API on the entry point "traefik", without authentication.'),
  dashboard: withoutEffect(flag(true, 'Serve the dashboard.'), 'this version has no dashboard'),
  debug: withoutEffect(flag(false, 'Serve details for debugging.'), 'there are no debugging endpoints'),
  disableDashboardAd: withoutEffect(flag(false, 'No advertisement on the dashboard.'), 'this version has no dashboard'),
  dashboardName: withoutEffect(text('Title of the dashboard.'), 'this version has no dashboard'),
});

const ping = z.strictObject({
  entryPoint: textOr('traefik', 'Entry point that serves /ping.'),
  manualRouting: flag(false, 'Only offer the service ping@internal, without a router.'),
  terminatingStatusCode: z.int().min(100).max(599).default(503).meta({ description: 'Answer while shutting down.' }),
});

const core = z.strictObject({
  defaultRuleSyntax: z.enum(['v3', 'v2']).default('v3').meta({ description: 'Syntax of rules without ruleSyntax.' }),
});

const global = z.strictObject({
  checkNewVersion: withoutEffect(flag(true, 'Ask for new versions.'), 'Fairlead never calls home'),
  sendAnonymousUsage: withoutEffect(flag(false, 'Send statistics.'), 'Fairlead never sends anything'),
  notAppendXForwardedFor: withoutEffect(
    flag(false, 'Do not append the address of the client to X-Forwarded-For.'),
    'say it in "forwardedHeaders" of an entry point',
  ),
});

const hostResolver = z.strictObject({
  cnameFlattening: flag(
    false,
    'Host and HostRegexp also take the name that the CNAME records of the host of a request lead to.',
  ),
  resolvConfig: textOr(
    '/etc/resolv.conf',
    'File that names the name servers to ask: nameserver, and timeout and attempts of options.',
  ),
  resolvDepth: z
    .int()
    .min(0)
    .max(255)
    .default(5)
    .meta({ description: 'CNAME records that are followed from one host.' }),
});

/** A number of connections; the data plane counts them in 32 bits. */
const connections = (description: string) => z.int().min(0).max(4_000_000_000).default(0).meta({ description });

const limits = z.strictObject({
  maxConnections: connections('Client connections open at once, per entry point; 0 = as many as maxTotalConnections.'),
  maxTotalConnections: connections(
    'Client connections open at once, over all entry points; 0 = 100,000, or the sum of maxConnections if that is more.',
  ),
  maxConnectionsPerClient: connections(
    'Connections that one client address may have open at once (IPv6: one /64); 0 = no limit.',
  ),
  maxBufferMemory: bytes(
    0,
    'Memory for the buffers of all requests in progress; 0 = half of what the process may use (machine or cgroup).',
  ),
  maxMemory: bytes(
    0,
    'Memory of the whole process, the embedding program included; 0 = 90 % of the limit of the cgroup, if it has one.',
  ),
  maxHeaderFields: z.int().min(1).max(65535).default(100).meta({ description: 'Header fields of one request.' }),
  headTimeout: time('10s', 'Longest time to receive the head of a request; 0 = no limit.'),
  handshakeTimeout: time('10s', 'Longest time of a TLS handshake; 0 = no limit.'),
});

const names = z.strictObject({
  refresh: positiveDuration
    .refine((value) => value >= 100_000_000n, { error: 'must be at least 100ms', params: { code: 'FL2005' } })
    .prefault('10s')
    .meta({ description: 'A name is looked up so often that no answer older than this is used.' }),
});

const fairlead = z.strictObject({
  workers: z.int().min(0).max(256).default(0).meta({ description: 'Threads that serve traffic; 0 = one per CPU.' }),
  limits: bare(limits).prefault({}).meta({ description: 'Bounds on what one client may use.' }),
  names: bare(names).prefault({}).meta({ description: 'How the names of servers become addresses.' }),
  polling: z
    .union([z.enum(['off', 'adaptive']), z.int().min(1).max(1000)])
    .default('off')
    .meta({
      description:
        'How a worker waits that has just had something to do: asleep (off), asking for up to 50 µs first as long as that pays and nobody else wants the processor (adaptive), or asking for so many µs each time.',
    }),
  splice: z.enum(['auto', 'on', 'off']).default('auto').meta({
    description:
      'Let the kernel move bodies in clear text instead of copying them: long ones (auto), all but short ones (on), none (off).',
  }),
});

/** The whole install configuration. */
export const install = z.strictObject({
  entryPoints: z.record(z.string(), entryPoint).default({}).meta({ description: 'Where connections are accepted.' }),
  providers: providers.prefault({}).meta({ description: 'Where the dynamic configuration comes from.' }),
  log: bare(log).prefault({}).meta({ description: 'The log of Fairlead itself.' }),
  accessLog: bare(accessLog).optional().meta({ description: 'One line per request.' }),
  api: bare(api).optional().meta({ description: 'The admin API.' }),
  ping: bare(ping).optional().meta({ description: 'An answer for health checks.' }),
  core: bare(core).prefault({}).meta({ description: 'Settings of routing.' }),
  global: global.optional().meta({ description: 'Settings of Traefik that concern its vendor.' }),
  hostResolver: bare(hostResolver)
    .optional()
    .meta({ description: 'Routing by what the host of a request is an alias of.' }),
  serversTransport: serversTransport.prefault({}).meta({ description: 'How servers are connected to by default.' }),
  fairlead: bare(fairlead).prefault({}).meta({ description: 'Settings that only Fairlead has.' }),
  tcpServersTransport: notYet('How TCP servers are connected to by default.'),
  certificatesResolvers: notYet('Certificates from ACME and Tailscale.'),
  metrics: notYet('Metrics.'),
  tracing: notYet('Traces.'),
  spiffe: notYet('SPIFFE identities.'),
  ocsp: notYet('OCSP stapling.'),
  experimental: notYet('Experimental features of Traefik.'),
});
/** The install configuration as it is used: all defaults filled in, derived entry points added. Durations are nanoseconds. */
export type InstallConfiguration = z.output<typeof install>;
/** The install configuration as it may be written. */
export type InstallInput = z.input<typeof install>;
