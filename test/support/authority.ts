/** A certificate authority for tests: issues certificates for any names and times without starting a process. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { boolean, der, sequence } from '../../lib/compile/der.js';
import { commonName, extension, signCertificate } from '../../lib/compile/x509.js';
import type { TestCertificate } from './certificates.js';

const hour = 3600_000;

export interface IssueOptions {
  /** When it expires; in an hour unless told otherwise. */
  readonly until?: Date;
}

interface Keys {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const newKeys = (): Keys => generateKeyPairSync('ec', { namedCurve: 'P-256' });

export class Authority {
  /** Its own certificate, PEM; self-signed. */
  readonly certificate: string;
  readonly #name: Buffer;
  readonly #keys = newKeys();

  constructor(name = 'test authority') {
    this.#name = commonName(name);
    this.certificate = this.#sign(this.#name, this.#keys.publicKey, new Date(Date.now() + hour), [
      extension('2.5.29.19', sequence(boolean(true)), true), // an authority
    ]);
  }

  /** A P-256 certificate for these DNS names, IPv4 addresses and URIs; the first one is its subject. */
  issue(names: readonly string[], { until = new Date(Date.now() + hour) }: IssueOptions = {}): TestCertificate {
    const { privateKey, publicKey } = newKeys();
    const certificate = this.#sign(commonName(names[0] ?? ''), publicKey, until, [
      extension('2.5.29.17', sequence(...names.map(alternativeName))),
    ]);
    return { certificate, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
  }

  #sign(subject: Buffer, publicKey: KeyObject, until: Date, extensions: readonly Buffer[]): string {
    const from = new Date(+until - 48 * hour);
    return signCertificate({ issuer: this.#name, subject, publicKey, from, until, extensions }, this.#keys.privateKey);
  }
}

function alternativeName(name: string): Buffer {
  if (isIPv4(name)) return der(0x87, Buffer.from(name.split('.').map(Number)));
  return der(name.includes('://') ? 0x86 : 0x82, Buffer.from(name));
}
