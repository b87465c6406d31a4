/** The certificate for names that no other one covers. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { bitString, der, objectIdentifier, sequence } from './der.js';
import { commonName, extension, signCertificate } from './x509.js';

/** A certificate chain and its private key, PEM. */
export interface KeyPair {
  readonly chain: string;
  readonly key: string;
}

/** Common name of the generated certificate, by which people recognise it. */
export const defaultCertificateName = 'FAIRLEAD DEFAULT CERT';
const lifetimeDays = 365;
const hour = 3600 * 1000;

/** A self-signed P-256 certificate with a random name nobody asks for, valid from an hour before `now` for a year. */
export function generateDefaultCertificate(now: Date): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const hex = (): string => randomBytes(16).toString('hex');
  const dnsName = `${hex()}.${hex()}.fairlead.default`;
  const name = commonName(defaultCertificateName);
  const content = {
    issuer: name,
    subject: name,
    publicKey,
    // An hour back, for clients whose clocks are slow.
    from: new Date(+now - hour),
    until: new Date(+now + lifetimeDays * 24 * hour),
    extensions: [
      extension('2.5.29.19', sequence(), true), // basicConstraints: not an authority
      extension('2.5.29.15', bitString(Buffer.from([0x80]), 7), true), // keyUsage: digitalSignature
      extension('2.5.29.37', sequence(objectIdentifier('1.3.6.1.5.5.7.3.1'))), // extKeyUsage: serverAuth
      extension('2.5.29.17', sequence(der(0x82, Buffer.from(dnsName)))), // subjectAltName
    ],
  };
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { chain: signCertificate(content, privateKey), key };
}
