/** `entryPoints.<name>` (Traefik: static configuration, entry points): where connections are accepted, and how. */
import { z } from 'zod';
import { bare, notYet, withoutEffect } from '../source/marks.js';
import { parseListenAddress, type ListenAddress } from '../source/network.js';
import { cidr, int64 } from '../source/scalars.js';
import { count, flag, text, textOr, texts, time } from './fields.js';

/** Traefik's default priority of a redirection: above every router of a user, below the internal ones. */
export const redirectionPriority = 2n ** 63n - 2n;

const address = z.string().transform((value, context): ListenAddress => {
  const parsed = parseListenAddress(value.trim());
  if (typeof parsed !== 'string') return parsed;
  context.addIssue({ code: 'custom', message: parsed, params: { code: 'FL6001' } });
  return z.NEVER;
});

const forwardedHeaders = z.strictObject({
  insecure: flag(false, 'Trust X-Forwarded-* headers of every client.'),
  trustedIPs: z
    .array(cidr)
    .default([])
    .meta({ description: 'Addresses and networks whose X-Forwarded-* headers are kept.' }),
  connection: texts('Headers that a client may list in Connection and that middlewares still see.'),
  notAppendXForwardedFor: flag(false, 'Do not append the address of the client to X-Forwarded-For.'),
  addXForwardedSchemeHeaders: flag(false, 'Also set X-Forwarded-Scheme and X-Scheme.'),
});

const lifeCycle = z.strictObject({
  requestAcceptGraceTimeout: time(
    '0s',
    'How long requests are still accepted after SIGTERM, while ping already reports the end.',
  ),
  graceTimeOut: time('10s', 'How long running requests may take to end before they are cut.'),
});

const respondingTimeouts = z.strictObject({
  readTimeout: time('60s', 'Longest time to read a whole request, body included; 0 = no limit.'),
  writeTimeout: time('0s', 'Longest time to write a response; 0 = no limit.'),
  idleTimeout: time('180s', 'How long an idle connection is kept; 0 = for ever.'),
});

const transport = z.strictObject({
  lifeCycle: bare(lifeCycle).prefault({}).meta({ description: 'What happens on SIGTERM.' }),
  respondingTimeouts: bare(respondingTimeouts).prefault({}).meta({ description: 'Deadlines towards clients.' }),
  keepAliveMaxTime: time('0s', 'Age at which a connection is closed after its response; 0 = never.'),
  keepAliveMaxRequests: count(0, 'Requests after which a connection is closed; 0 = never.'),
});

const entryPointRedirection = z.strictObject({
  to: z.string().min(1).meta({ description: 'Name of the entry point to redirect to, or a port written as :443.' }),
  scheme: textOr('https', 'Scheme to redirect to.'),
  permanent: flag(true, 'Answer with 301 or 308 rather than 302 or 307.'),
  priority: int64.default(redirectionPriority).meta({ description: 'Priority of the generated router.' }),
});

const encodedCharacters = z.strictObject({
  allowEncodedSlash: flag(true, 'Accept %2F in a path.'),
  allowEncodedBackSlash: flag(true, 'Accept %5C in a path.'),
  allowEncodedNullCharacter: flag(true, 'Accept %00 in a path.'),
  allowEncodedSemicolon: flag(true, 'Accept %3B in a path.'),
  allowEncodedPercent: flag(true, 'Accept %25 in a path.'),
  allowEncodedQuestionMark: flag(true, 'Accept %3F in a path.'),
  allowEncodedHash: flag(true, 'Accept %23 in a path.'),
});

const tls = z.strictObject({
  options: text('Name of the TLS options for routers without a tls section of their own.'),
  certResolver: notYet('Certificate resolver for those routers.'),
  domains: notYet('Domains of the certificates to obtain.'),
});

const http = z.strictObject({
  redirections: z
    .strictObject({
      entryPoint: entryPointRedirection.optional().meta({ description: 'Redirect to another entry point.' }),
    })
    .optional()
    .meta({ description: 'Redirections of everything that arrives.' }),
  middlewares: texts('Middlewares before those of each router, as name@provider.'),
  tls: bare(tls).optional().meta({ description: 'Makes the routers of this entry point TLS routers.' }),
  encodedCharacters: bare(encodedCharacters).optional().meta({ description: 'Escapes that are accepted in a path.' }),
  encodeQuerySemicolons: flag(false, 'Encode ";" in a query instead of taking it as a separator.'),
  sanitizePath: flag(true, 'Resolve //, /./ and /../ in a path before routing.'),
  maxHeaderBytes: z
    .int()
    .min(1024)
    .max(1024 * 1024)
    .default(64 * 1024)
    .meta({ description: 'Longest request head in bytes; a longer one is answered with 431. Traefik: 1 MiB.' }),
  underscoreHeadersStrategy: z
    .enum(['keep', 'delete', 'reject'])
    .default('keep')
    .meta({ description: 'What becomes of headers with "_" in their name.' }),
});

const noMetrics = 'this version has no metrics of single routers';
const noTracing = 'this version makes no traces';

const observability = z.strictObject({
  accessLogs: flag(true, 'Log requests of this entry point.'),
  metrics: withoutEffect(flag(true, 'Count requests of this entry point.'), noMetrics),
  tracing: withoutEffect(flag(true, 'Trace requests of this entry point.'), noTracing),
  traceVerbosity: withoutEffect(
    z.enum(['minimal', 'detailed']).default('minimal').meta({ description: 'How many spans a request has.' }),
    noTracing,
  ),
});

/** The schema of one entry point. */
export const entryPoint = z.strictObject({
  address: address.meta({ description: '[host]:port with an optional /tcp or /udp.' }),
  allowACMEByPass: notYet('Let routers of users serve the paths of ACME challenges.'),
  reusePort: flag(false, 'Let several processes listen on the address (SO_REUSEPORT).'),
  asDefault: flag(false, 'Serve routers that name no entry points; if none says so, all do.'),
  transport: bare(transport).prefault({}).meta({ description: 'Timeouts and life cycle.' }),
  proxyProtocol: notYet('Accept the PROXY protocol.'),
  forwardedHeaders: bare(forwardedHeaders).prefault({}).meta({ description: 'Trust in X-Forwarded-* headers.' }),
  http: bare(http).prefault({}).meta({ description: 'Settings of HTTP.' }),
  http2: notYet('Settings of HTTP/2.'),
  http3: notYet('HTTP/3 on the same address.'),
  udp: notYet('Settings of UDP sessions.'),
  observability: bare(observability).prefault({}).meta({ description: 'Defaults of observability for the routers.' }),
});
/** One entry point with all defaults filled in. */
export type EntryPoint = z.output<typeof entryPoint>;
