/** Certificates and their keys: parsed here, so that a broken pair is reported with its place and never reaches the data plane. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { DiagnosticCode } from '../diagnostics/codes.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { Item, ResolvedCertificate } from '../merge/model.js';
import type { FileRead } from '../schema/loaded.js';
import type { Path } from '../source/origin.js';
import { findingOn, type Remark } from './finding.js';
import { readContent } from './files.js';

/** A usable pair, and what is to be said about it; or why it cannot be used. */
export interface CheckedPair {
  readonly pair?: ResolvedCertificate;
  readonly diagnostics: readonly Diagnostic[];
}

/** Certificates of one chain; more is a mistake, such as a whole bundle of authorities. */
const longestChain = 32;
/** The TLS library only names its own routines. */
export const damaged = 'what stands between its PEM lines is damaged';
const block = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** An option that holds PEM, or the path of a file with it, and where it stands below its object. */
export interface PemOption {
  readonly value: string;
  readonly at: Path;
}

/** Reads and checks a pair that `item` names. */
export function checkPair(
  item: Item<unknown>,
  options: { readonly certificate: PemOption; readonly key: PemOption },
  files: ReadonlyMap<string, FileRead>,
  now: Date,
): CheckedPair {
  const certificateAt = options.certificate.at;
  const keyAt = options.key.at;
  const chain = readContent(files, item, options.certificate.value, certificateAt);
  const key = readContent(files, item, options.key.value, keyAt);
  const unread = [chain, key].flatMap(({ finding }) => finding ?? []);
  if (chain.finding !== undefined || key.finding !== undefined) return { diagnostics: unread };
  const fail = (code: DiagnosticCode, remark: Remark): CheckedPair => ({
    diagnostics: [findingOn(item, code, remark)],
  });

  const certificate = parseChain(chain.text);
  if (typeof certificate === 'string')
    return fail('FL5002', { message: `certificate cannot be parsed: ${certificate}`, at: certificateAt });
  const privateKey = parseKey(key.text);
  if (typeof privateKey === 'string')
    return fail('FL5003', { message: `private key cannot be parsed: ${privateKey}`, at: keyAt });
  if (!certificate.checkPrivateKey(privateKey)) {
    const message = `the private key does not fit the certificate of ${namesOf(certificate)[0] ?? 'no name'}`;
    return fail('FL5004', { message, at: keyAt, hint: 'replace both files after a renewal' });
  }
  return {
    pair: resolved(certificate, chain.text, key.text),
    diagnostics: dates(item, certificate, certificateAt, now),
  };
}

/** The leaf of a PEM chain of which every certificate can be parsed; a reason otherwise. */
function parseChain(text: string): X509Certificate | string {
  const blocks = text.match(block) ?? [];
  const [first] = blocks;
  if (first === undefined)
    return /PRIVATE KEY/.test(text) ? 'it holds a private key' : 'there is no PEM block "CERTIFICATE"';
  if (blocks.length > longestChain) return `it holds more than ${longestChain} certificates`;
  try {
    const [leaf] = blocks.map((one) => new X509Certificate(one)) as [X509Certificate, ...X509Certificate[]];
    return leaf;
  } catch {
    return damaged;
  }
}

function parseKey(text: string): KeyObject | string {
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) return 'there is no PEM block "PRIVATE KEY"';
  if (/ENCRYPTED/.test(text)) return 'it is encrypted';
  try {
    return createPrivateKey(text);
  } catch {
    return damaged;
  }
}

function resolved(certificate: X509Certificate, chain: string, key: string): ResolvedCertificate {
  return {
    chain,
    key,
    names: namesOf(certificate),
    notBefore: new Date(certificate.validFrom),
    notAfter: new Date(certificate.validTo),
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
  };
}

/** Common name, DNS names and addresses, lower case, each once. */
export function namesOf(certificate: X509Certificate): readonly string[] {
  const names = new Set<string>();
  const commonName = /^CN=(.+)$/m.exec(certificate.subject)?.[1];
  if (commonName !== undefined) names.add(commonName.trim().toLowerCase());
  for (const [, quoted, plain] of (certificate.subjectAltName ?? '').matchAll(
    /(?:DNS|IP Address):(?:"([^"]*)"|([^,]*))/g,
  )) {
    names.add((quoted ?? plain ?? '').trim().toLowerCase());
  }
  names.delete('');
  return [...names];
}

function dates(item: Item<unknown>, certificate: X509Certificate, at: Path, now: Date): readonly Diagnostic[] {
  const until = new Date(certificate.validTo);
  const from = new Date(certificate.validFrom);
  const name = namesOf(certificate)[0] ?? 'no name';
  const effect = 'it is served; clients will refuse it';
  if (until < now)
    return [findingOn(item, 'FL5005', { message: `certificate of ${name} expired on ${day(until)}`, at, effect })];
  if (from > now)
    return [findingOn(item, 'FL5006', { message: `certificate of ${name} is valid from ${day(from)}`, at, effect })];
  return [];
}

const day = (date: Date): string => (Number.isNaN(date.getTime()) ? 'an unknown day' : date.toISOString().slice(0, 10));
