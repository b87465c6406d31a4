/** `http.serversTransports.<name>` (Traefik: dynamic configuration, HTTP serversTransports). */
import { z } from 'zod';
import { bare, withoutEffect } from '../source/marks.js';
import { duration, fileOrContent, positiveDuration, stringList } from '../source/scalars.js';
import { refused } from './refused.js';

const http2Only = 'servers are spoken to in HTTP/1.1';

/** The keys below `forwardingTimeouts`. */
export const forwardingTimeouts = z.strictObject({
  dialTimeout: positiveDuration.prefault('30s').meta({ description: 'Longest time to connect; 0 = no limit.' }),
  responseHeaderTimeout: positiveDuration
    .prefault('0s')
    .meta({ description: 'Longest wait for the response head; 0 = no limit.' }),
  idleConnTimeout: positiveDuration
    .prefault('90s')
    .meta({ description: 'How long an idle connection is kept; 0 = for ever.' }),
  readIdleTimeout: withoutEffect(duration.optional(), http2Only).meta({
    description: 'HTTP/2: silence before a PING.',
  }),
  pingTimeout: withoutEffect(duration.optional(), http2Only).meta({ description: 'HTTP/2: longest wait for a PING.' }),
});

/** A client certificate. Decoded, both texts are PEM. */
const clientCertificate = z.strictObject({
  certFile: fileOrContent.meta({ description: 'Certificate chain: a path, or PEM.' }),
  keyFile: fileOrContent.meta({ description: 'Private key: a path, or PEM.' }),
});

/** The schema of one servers transport. */
export const serversTransport = z.strictObject({
  serverName: z
    .string()
    .optional()
    .meta({ description: 'Name for SNI and verification; the host of the URL when left out.' }),
  insecureSkipVerify: z.boolean().prefault(false).meta({ description: 'Do not verify the certificate of the server.' }),
  rootCAs: z
    .array(fileOrContent)
    .prefault([])
    .meta({ description: 'Certificate authorities: paths, or PEM; the system’s when empty.' }),
  certificates: z.array(clientCertificate).prefault([]).meta({ description: 'Client certificates.' }),
  cipherSuites: stringList.prefault([]).meta({ description: 'Cipher suites up to TLS 1.2, by their Go names.' }),
  minVersion: z.string().optional().meta({ description: 'Lowest TLS version, such as VersionTLS12.' }),
  maxVersion: z.string().optional().meta({ description: 'Highest TLS version, such as VersionTLS13.' }),
  maxIdleConnsPerHost: z
    .int()
    .prefault(0)
    .meta({ description: 'Idle connections kept per server; 0 = 2, negative = none.' }),
  forwardingTimeouts: bare(forwardingTimeouts).prefault({}).meta({ description: 'Deadlines towards the servers.' }),
  disableHTTP2: withoutEffect(
    z.boolean().prefault(false).meta({ description: 'Speak HTTP/1.1 to https servers.' }),
    http2Only,
  ),
  peerCertURI: z.string().optional().meta({ description: 'Deprecated: URI that the server certificate must have.' }),
  peerCertSANs: z
    .array(
      z.strictObject({
        type: z.enum(['URI', 'DNSName']).meta({ description: 'Kind of the name.' }),
        value: z.string().min(1).meta({ description: 'The name.' }),
      }),
    )
    .prefault([])
    .meta({ description: 'Names of which the server certificate must have one.' }),
  spiffe: refused('SPIFFE identities of the servers.'),
});
export type ServersTransport = z.output<typeof serversTransport>;
