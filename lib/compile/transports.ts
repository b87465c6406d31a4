/** Servers transports: how servers are connected to, with the identity their connections are kept by. */
import { contentOf } from '../merge/model.js';
import type { ServersTransport } from '../schema/servers-transport.js';
import { cipherList, tlsVersions, type Translated } from '../schema/tls-names.js';
import type { certificate, transport } from '../snapshot/records.js';
import type { Value } from '../snapshot/wire.js';
import { identity } from './identity.js';
import { promised, type Scope } from './scope.js';

type WireTransport = Value<typeof transport>;
type WireCertificate = Value<typeof certificate>;

/** What Go's transport keeps per host when nothing is said. */
const usualIdleConnections = 2;

/** Compiled transports by qualified name; each is compiled when it is first asked for. */
export class Transports {
  readonly #scope: Scope;
  readonly #compiled = new Map<string, WireTransport>();

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  get(name: string): WireTransport {
    const known = this.#compiled.get(name);
    if (known !== undefined) return known;
    const item = promised(this.#scope.configuration.serversTransports.get(name), name);
    const config = promised(item.config, name);
    // Only the default transport is asked for while it is disabled: by internal services, which need no certificates.
    const usable = item.status === 'disabled' ? { ...config, rootCAs: [], certificates: [] } : config;
    const compiled = this.#compile(name, usable);
    this.#compiled.set(name, compiled);
    return compiled;
  }

  #compile(name: string, config: ServersTransport): WireTransport {
    const { forwardingTimeouts: timeouts, maxIdleConnsPerHost } = config;
    const content: Omit<WireTransport, 'identity'> = {
      name,
      dialTimeout: timeouts.dialTimeout,
      responseHeaderTimeout: timeouts.responseHeaderTimeout,
      idleConnTimeout: timeouts.idleConnTimeout,
      maxIdleConnsPerHost: maxIdleConnsPerHost === 0 ? usualIdleConnections : maxIdleConnsPerHost,
      serverName: config.serverName ?? '',
      insecureSkipVerify: config.insecureSkipVerify,
      minVersion: versionOf(config.minVersion),
      maxVersion: versionOf(config.maxVersion),
      cipherSuites: suitesOf(config.cipherSuites),
      rootCas: config.rootCAs.map((ca) => this.#content(ca)),
      certificates: config.certificates.map(({ certFile, keyFile }) =>
        wireCertificate(this.#content(certFile), this.#content(keyFile), []),
      ),
      peerNames: peerNamesOf(config),
    };
    return { ...content, identity: identity('transport', content) };
  }

  #content(fileOrContent: string): string {
    return promised(contentOf(this.#scope.configuration.files, fileOrContent), 'a certificate of a transport');
  }
}

function peerNamesOf({ peerCertSANs, peerCertURI }: ServersTransport): WireTransport['peerNames'] {
  const names = peerCertSANs.map(({ type, value }) => ({ uri: type === 'URI', value }));
  return peerCertURI === undefined || peerCertURI === '' ? names : [...names, { uri: true, value: peerCertURI }];
}

/** The version on the wire; 0, the library's choice, for none and for names that Go does not know either. */
export function versionOf(name: string | undefined): number {
  return name !== undefined && Object.hasOwn(tlsVersions, name) ? (tlsVersions[name] ?? 0) : 0;
}

/** Suites in OpenSSL's notation; names that do not exist were refused by `validate`. Empty leaves it to the library. */
export const suitesOf = (names: readonly string[]): string => listOf(cipherList(names));

/** What was translated; nothing, and so the library's choice, when a name is unknown. */
export const listOf = (translated: Translated): string => (translated.unknown === undefined ? translated.list : '');

/** A certificate of the snapshot. */
export function wireCertificate(chain: string, key: string, names: readonly string[]): WireCertificate {
  return { identity: identity('certificate', chain, key), chain, key, names };
}
