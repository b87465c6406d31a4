/** A certificate authority for tests: issues certificates for any names and times without starting a process. */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';
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
} from '../../lib/compile/der.js';
import type { TestCertificate } from './certificates.js';

const hour = 3600_000;
const ecdsaWithSha256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'));

export interface IssueOptions {
  /** When it expires; in an hour unless told otherwise. */
  readonly until?: Date;
}

interface Keys {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const newKeys = (): Keys => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const nameOf = (commonName: string): Buffer =>
  sequence(set(sequence(objectIdentifier('2.5.4.3'), utf8String(commonName))));

export class Authority {
  /** Its own certificate, PEM; self-signed. */
  readonly certificate: string;
  readonly #name: Buffer;
  readonly #keys = newKeys();

  constructor(commonName = 'test authority') {
    this.#name = nameOf(commonName);
    this.certificate = this.#sign(this.#name, this.#keys.publicKey, new Date(Date.now() + hour), [
      extension('2.5.29.19', sequence(boolean(true)), true), // an authority
    ]);
  }

  /** A P-256 certificate for these DNS names and IPv4 addresses; the first one is its subject. */
  issue(names: readonly string[], { until = new Date(Date.now() + hour) }: IssueOptions = {}): TestCertificate {
    const { privateKey, publicKey } = newKeys();
    const certificate = this.#sign(nameOf(names[0] ?? ''), publicKey, until, [
      extension('2.5.29.17', sequence(...names.map(alternativeName))),
    ]);
    return { certificate, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
  }

  #sign(subject: Buffer, publicKey: KeyObject, until: Date, extensions: readonly Buffer[]): string {
    const content = sequence(
      der(0xa0, positiveInteger(Buffer.from([2]))), // version 3
      positiveInteger(Buffer.concat([Buffer.from([0x40]), randomBytes(8)])),
      ecdsaWithSha256,
      this.#name,
      sequence(time(new Date(+until - 48 * hour)), time(until)),
      subject,
      publicKey.export({ type: 'spki', format: 'der' }),
      der(0xa3, sequence(...extensions)),
    );
    const signature = sign('sha256', content, this.#keys.privateKey);
    return pem(sequence(content, ecdsaWithSha256, bitString(signature)));
  }
}

const extension = (id: string, value: Buffer, critical = false): Buffer =>
  sequence(objectIdentifier(id), ...(critical ? [boolean(true)] : []), octetString(value));

const alternativeName = (name: string): Buffer =>
  isIPv4(name) ? der(0x87, Buffer.from(name.split('.').map(Number))) : der(0x82, Buffer.from(name));

function pem(certificate: Buffer): string {
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
