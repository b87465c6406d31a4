/** The `tls` section (Traefik: dynamic configuration, TLS). */
import { z } from 'zod';
import { bare, notYet, withoutEffect } from '../source/marks.js';
import { fileOrContent, stringList } from '../source/scalars.js';
import { refused } from './refused.js';

/** A certificate to serve. Decoded, both texts are PEM. */
export const tlsCertificate = z.strictObject({
  certFile: fileOrContent.meta({ description: 'Certificate chain, leaf first: a path, or PEM.' }),
  keyFile: fileOrContent.meta({ description: 'Private key: a path, or PEM.' }),
  stores: stringList.optional().meta({ description: 'Stores it is put into; only `default` is used.' }),
});
export type TlsCertificate = z.output<typeof tlsCertificate>;

/** The schema of one certificate store. */
export const tlsStore = z.strictObject({
  defaultCertificate: z
    .strictObject({
      certFile: fileOrContent.meta({ description: 'Certificate chain, leaf first: a path, or PEM.' }),
      keyFile: fileOrContent.meta({ description: 'Private key: a path, or PEM.' }),
    })
    .optional()
    .meta({ description: 'Served when no other certificate fits; generated when left out.' }),
  defaultGeneratedCert: notYet('Default certificate from a certificate resolver.'),
});
export type TlsStore = z.output<typeof tlsStore>;

/** The schema of one set of TLS options. */
export const tlsOptions = bare(
  z.strictObject({
    minVersion: z
      .string()
      .optional()
      .meta({ description: 'Lowest TLS version: VersionTLS10 to VersionTLS13; 1.2 when left out.' }),
    maxVersion: z.string().optional().meta({ description: 'Highest TLS version.' }),
    cipherSuites: stringList.prefault([]).meta({ description: 'Cipher suites up to TLS 1.2, by their Go names.' }),
    curvePreferences: stringList
      .prefault([])
      .meta({ description: 'Key exchange groups, such as X25519MLKEM768, X25519, CurveP256.' }),
    clientAuth: refused('Client certificates.'),
    sniStrict: z.boolean().prefault(false).meta({ description: 'Refuse connections to names without a certificate.' }),
    alpnProtocols: stringList
      .prefault(['h2', 'http/1.1', 'acme-tls/1'])
      .meta({ description: 'Application protocols offered.' }),
    disableSessionTickets: z.boolean().prefault(false).meta({ description: 'Never resume sessions by ticket.' }),
    preferServerCipherSuites: withoutEffect(z.boolean().optional(), 'Traefik ignores it as well').meta({
      description: 'Deprecated.',
    }),
  }),
);
export type TlsOptions = z.output<typeof tlsOptions>;
