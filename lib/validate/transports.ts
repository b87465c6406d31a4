/** `http.serversTransports`: files, certificates and TLS parameters. */
import { X509Certificate } from 'node:crypto';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { withFindings } from '../merge/item.js';
import type { Item } from '../merge/model.js';
import type { FileRead } from '../schema/loaded.js';
import type { ServersTransport } from '../schema/servers-transport.js';
import type { Path } from '../source/origin.js';
import { type CertificateContext, checkClientPairs } from './certificates.js';
import { readContent } from './files.js';
import { findingOn } from './finding.js';
import { damaged } from './key-pairs.js';
import { tlsParameterFindings } from './tls-options.js';

/**
 * All transports checked. Where Traefik falls back to a transport without the broken TLS settings, ours is disabled:
 * nobody who asked for an authority of his own wants to trust all others instead.
 */
export function checkTransports(
  transports: ReadonlyMap<string, Item<ServersTransport>>,
  context: CertificateContext,
): ReadonlyMap<string, Item<ServersTransport>> {
  return new Map([...transports].map(([name, item]) => [name, check(item, context)]));
}

function check(item: Item<ServersTransport>, context: CertificateContext): Item<ServersTransport> {
  const { config } = item;
  if (config === undefined) return item;
  return withFindings(item, [
    ...config.rootCAs.flatMap((ca, index) => authorityFindings(context.files, item, ca, ['rootCAs', index])),
    ...checkClientPairs(item, config.certificates, context),
    ...tlsParameterFindings(item, config),
    ...deprecations(item, config),
  ]);
}

function deprecations(item: Item<ServersTransport>, { peerCertURI }: ServersTransport): readonly Diagnostic[] {
  if (peerCertURI === undefined || peerCertURI === '') return [];
  const message = '"peerCertURI" is deprecated';
  const hint = `write peerCertSANs: [{ type: URI, value: ${JSON.stringify(peerCertURI)} }]`;
  return [findingOn(item, 'FL2012', { message, at: ['peerCertURI'], hint, effect: 'it is honoured' })];
}

const block = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** Whether an option holds, or names a file with, at least one certificate that can be parsed. */
export function authorityFindings(
  files: ReadonlyMap<string, FileRead>,
  item: Item<unknown>,
  fileOrContent: string,
  at: Path,
): readonly Diagnostic[] {
  const read = readContent(files, item, fileOrContent, at);
  if (read.finding !== undefined) return [read.finding];
  const blocks = read.text.match(block) ?? [];
  try {
    for (const one of blocks) new X509Certificate(one);
  } catch {
    return [findingOn(item, 'FL5002', { message: `certificate authority cannot be parsed: ${damaged}`, at })];
  }
  if (blocks.length > 0) return [];
  return [
    findingOn(item, 'FL5002', {
      message: 'certificate authority cannot be parsed: there is no PEM block "CERTIFICATE"',
      at,
    }),
  ];
}
