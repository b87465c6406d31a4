/** `http.routers.<name>` (Traefik: dynamic configuration, HTTP routers). */
import { z } from 'zod';
import { bare, withoutEffect } from '../source/marks.js';
import { int64, stringList } from '../source/scalars.js';
import { timeouts } from './timeouts.js';

const domain = z.strictObject({
  main: z.string().optional().meta({ description: 'Main name of the certificate to ask for.' }),
  sans: stringList.optional().meta({ description: 'Further names of the certificate.' }),
});

/** TLS of a router, or of all routers of an entry point (`http.tls`). */
export const routerTls = bare(
  z.strictObject({
    options: z.string().optional().meta({ description: 'Name of the TLS options; `default` when left out.' }),
    certResolver: z.string().optional().meta({ description: 'Certificate resolver to ask for the certificate.' }),
    domains: withoutEffect(
      z.array(domain).optional().meta({ description: 'Names to ask a certificate for, instead of those in the rule.' }),
      'this version obtains no certificates',
    ),
  }),
);
export type RouterTls = z.output<typeof routerTls>;

const noTracing = 'this version makes no traces';

/** What is observed of the requests of a router; what is left out is as the entry point says. */
export const routerObservability = bare(
  z.strictObject({
    accessLogs: z.boolean().optional().meta({ description: 'Write access log lines.' }),
    metrics: withoutEffect(
      z.boolean().optional().meta({ description: 'Count in the metrics.' }),
      'this version has no metrics of single routers',
    ),
    tracing: withoutEffect(z.boolean().optional().meta({ description: 'Make spans.' }), noTracing),
    traceVerbosity: withoutEffect(
      z.enum(['minimal', 'detailed']).optional().meta({ description: 'How many spans a request makes.' }),
      noTracing,
    ),
  }),
);

/** The schema of one router. */
export const router = z.strictObject({
  entryPoints: stringList
    .optional()
    .meta({ description: 'Entry points it listens on; the default ones when left out.' }),
  rule: z.string().meta({ description: 'Which requests it takes, such as Host(`example.com`) && PathPrefix(`/api`).' }),
  ruleSyntax: z.string().optional().meta({ description: 'Syntax of the rule: v3, or the deprecated v2.' }),
  priority: int64
    .prefault(0)
    .meta({ description: 'Greater ones are tried first; 0 stands for the length of the rule.' }),
  middlewares: stringList
    .prefault([])
    .meta({ description: 'Middlewares in request order; `name` or `name@provider`.' }),
  service: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'Service that answers; `name` or `name@provider`. A router with children has none.' }),
  parentRefs: stringList
    .optional()
    .meta({ description: 'Parent routers: it is tried for what one of them takes, after the middlewares there.' }),
  tls: routerTls.optional().meta({ description: 'Makes it a router for TLS connections only.' }),
  observability: routerObservability.optional().meta({ description: 'What is logged, counted and traced.' }),
  timeouts: timeouts.optional().meta({
    description: 'Deadlines towards the servers; they win over those of the service (Fairlead only).',
  }),
});
/** A router as its source wrote it, with defaults. */
export type Router = z.output<typeof router>;
