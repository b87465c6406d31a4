/**
 * The outline of a dynamic configuration: its sections and the names in them. The objects themselves are decoded one by
 * one, each by its own schema, so that a broken one concerns nothing else.
 */
import { z } from 'zod';
import { notYet } from '../source/marks.js';

/** Any mapping; its keys are checked when the object is decoded. */
const entry = z.looseObject({});
const entries = (description: string) => z.record(z.string(), entry).optional().meta({ description });

/** The schema of a dynamic configuration down to the names of its objects. */
export const sections = z.strictObject({
  http: z
    .strictObject({
      routers: entries('Which requests go where.'),
      services: entries('What answers.'),
      middlewares: entries('What happens on the way.'),
      serversTransports: entries('How servers are spoken to.'),
    })
    .optional()
    .meta({ description: 'HTTP.' }),
  tcp: notYet('Raw TCP.'),
  udp: notYet('UDP.'),
  tls: z
    .strictObject({
      certificates: z.array(entry).optional().meta({ description: 'Certificates to serve.' }),
      stores: entries('Certificate stores; only `default` is used.'),
      options: entries('Named TLS options.'),
    })
    .optional()
    .meta({ description: 'Certificates and TLS options.' }),
});
export type Sections = z.output<typeof sections>;

/** Sections of the install configuration, which may stand in the same file. */
export const installSections = [
  'accesslog',
  'api',
  'certificatesresolvers',
  'core',
  'entrypoints',
  'experimental',
  'global',
  'hostresolver',
  'log',
  'metrics',
  'ocsp',
  'ping',
  'providers',
  'serverstransport',
  'spiffe',
  'tcpserverstransport',
  'tracing',
] as const;
