/**
 * Writes P-256 certificates. node:crypto signs but cannot write X.509, and the libraries that can bring a tree of
 * packages for what are 40 lines of fixed structure, so it is written here (RFC 5280 section 4.1).
 */
import { type KeyObject, randomBytes, sign } from 'node:crypto';
import {
  bitString,
  boolean,
  der,
  objectIdentifier,
  octetString,
  positiveInteger,
  sequence,
  set,
  time,
  utf8String,
} from './der.js';

/** What a certificate says. */
export interface CertificateContent {
  /** Distinguished names as {@link commonName} writes them; equal ones are a self-signed certificate. */
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly publicKey: KeyObject;
  readonly from: Date;
  readonly until: Date;
  /** As {@link extension} writes them. */
  readonly extensions: readonly Buffer[];
}

/** A distinguished name of nothing but a common name. */
export const commonName = (name: string): Buffer =>
  sequence(set(sequence(objectIdentifier('2.5.4.3'), utf8String(name))));

/** An extension (RFC 5280 section 4.2); `value` is the DER of its content. */
export const extension = (id: string, value: Buffer, critical = false): Buffer =>
  sequence(objectIdentifier(id), ...(critical ? [boolean(true)] : []), octetString(value));

/** The certificate, signed with ECDSA and SHA-256 by the P-256 key of its issuer; PEM. */
export function signCertificate(content: CertificateContent, issuerKey: KeyObject): string {
  const algorithm = sequence(objectIdentifier('1.2.840.10045.4.3.2')); // ecdsa-with-SHA256
  const signed = sequence(
    der(0xa0, positiveInteger(Buffer.from([2]))), // version 3
    positiveInteger(serialNumber()),
    algorithm,
    content.issuer,
    sequence(time(content.from), time(content.until)),
    content.subject,
    content.publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...content.extensions)),
  );
  return pem(sequence(signed, algorithm, bitString(sign('sha256', signed, issuerKey))));
}

/** Sixteen random octets that do not start with a zero. */
function serialNumber(): Buffer {
  const octets = randomBytes(16);
  octets[0] = ((octets[0] ?? 0) & 0x7f) | 0x40;
  return octets;
}

function pem(certificate: Buffer): string {
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
