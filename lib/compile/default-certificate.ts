/**
 * The certificate for names that no other one covers. node:crypto signs but cannot write X.509, and the libraries that
 * can bring a tree of packages for what are 40 lines of fixed structure, so it is written here (RFC 5280 section 4.1).
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
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

/** A certificate chain and its private key, PEM. */
export interface KeyPair {
  readonly chain: string;
  readonly key: string;
}

export const defaultCertificateName = 'FAIRLEAD DEFAULT CERT';
const lifetimeDays = 365;
const day = 24 * 3600 * 1000;

/** A self-signed P-256 certificate with a random name nobody asks for, valid from an hour before `now` for a year. */
export function generateDefaultCertificate(now: Date): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const hex = (): string => randomBytes(16).toString('hex');
  const chain = selfSigned(privateKey, publicKey, `${hex()}.${hex()}.fairlead.default`, now);
  return { chain: pem(chain), key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

function selfSigned(privateKey: KeyObject, publicKey: KeyObject, dnsName: string, now: Date): Buffer {
  const algorithm = sequence(objectIdentifier('1.2.840.10045.4.3.2')); // ecdsa-with-SHA256
  const name = sequence(set(sequence(objectIdentifier('2.5.4.3'), utf8String(defaultCertificateName))));
  // An hour back, for clients whose clocks are slow.
  const validity = sequence(time(new Date(+now - 3600_000)), time(new Date(+now + lifetimeDays * day)));
  const content = sequence(
    der(0xa0, positiveInteger(Buffer.from([2]))), // version 3
    positiveInteger(serialNumber()),
    algorithm,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, extensions(dnsName)),
  );
  return sequence(content, algorithm, bitString(sign('sha256', content, privateKey)));
}

function extensions(dnsName: string): Buffer {
  const extension = (id: string, critical: boolean, value: Buffer): Buffer =>
    sequence(objectIdentifier(id), ...(critical ? [boolean(true)] : []), octetString(value));
  return sequence(
    extension('2.5.29.19', true, sequence()), // basicConstraints: not an authority
    extension('2.5.29.15', true, bitString(Buffer.from([0x80]), 7)), // keyUsage: digitalSignature
    extension('2.5.29.37', false, sequence(objectIdentifier('1.3.6.1.5.5.7.3.1'))), // extKeyUsage: serverAuth
    extension('2.5.29.17', false, sequence(der(0x82, Buffer.from(dnsName)))), // subjectAltName
  );
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
