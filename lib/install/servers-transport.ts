/** `serversTransport` (Traefik: static configuration): becomes the transport `default@internal`. */
import { z } from 'zod';
import { bare, notYet } from '../source/marks.js';
import { fileOrContent } from '../source/scalars.js';
import { flag, time } from './fields.js';

const forwardingTimeouts = z.strictObject({
  dialTimeout: time('30s', 'Longest time to connect to a server; 0 = no limit.'),
  responseHeaderTimeout: time('0s', 'Longest wait for the head of a response; 0 = no limit.'),
  idleConnTimeout: time('90s', 'How long an idle connection to a server is kept; 0 = for ever.'),
});

/** The schema of the default transport. */
export const serversTransport = z.strictObject({
  insecureSkipVerify: flag(false, 'Do not verify the certificates of servers.'),
  rootCAs: z.array(fileOrContent).default([]).meta({ description: 'Certificate authorities: paths, or PEM.' }),
  maxIdleConnsPerHost: z
    .int()
    .default(200)
    .meta({ description: 'Idle connections per server; 0 = 2, negative = none.' }),
  forwardingTimeouts: bare(forwardingTimeouts).prefault({}).meta({ description: 'Deadlines towards servers.' }),
  spiffe: notYet('SPIFFE identities of servers.'),
});
/** The default transport with all defaults filled in. */
export type DefaultServersTransport = z.output<typeof serversTransport>;
