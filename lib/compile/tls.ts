/** Certificates and TLS options of the snapshot. */
import type { Configuration, TlsModel } from '../merge/model.js';
import type { TlsOptions } from '../schema/tls.js';
import { curveList } from '../schema/tls-names.js';
import { type certificate, none, type tlsHost, type tlsOptions } from '../snapshot/records.js';
import type { Value } from '../snapshot/wire.js';
import type { KeyPair } from './default-certificate.js';
import { identity } from './identity.js';
import { promised, type Scope } from './scope.js';
import { listOf, suitesOf, versionOf, wireCertificate } from './transports.js';

type WireCertificate = Value<typeof certificate>;
type WireOptions = Value<typeof tlsOptions>;
type WireHost = Value<typeof tlsHost>;

/** Traefik serves nothing older unless told to. */
const oldestVersion = 0x0303;

/** The certificates in Traefik's order of search, and the one for every other name behind them. */
export function compileCertificates({ tls }: Configuration, generated: KeyPair): readonly WireCertificate[] {
  const served = tls.certificates.flatMap(({ status, resolved }) => (status === 'disabled' ? [] : (resolved ?? [])));
  const chosen = tls.defaultCertificate;
  const fallback = chosen?.status === 'disabled' ? undefined : chosen?.resolved;
  const last = fallback ?? { ...generated, names: [] };
  return [...served, last].map(({ chain, key, names }) => wireCertificate(chain, key, names));
}

/** Compiles the options that something asked for. */
export function compileTlsOptions(scope: Scope): readonly WireOptions[] {
  return scope.tlsOptions.lowerAll((name) => {
    const item = promised(scope.configuration.tls.options.get(name), name);
    return compileOptions(name, promised(item.config, name));
  });
}

function compileOptions(name: string, config: TlsOptions): WireOptions {
  const content: Omit<WireOptions, 'identity'> = {
    name,
    minVersion: config.minVersion === undefined ? oldestVersion : versionOf(config.minVersion),
    maxVersion: versionOf(config.maxVersion),
    sniStrict: config.sniStrict,
    disableSessionTickets: config.disableSessionTickets,
    cipherSuites: suitesOf(config.cipherSuites),
    curves: listOf(curveList(config.curvePreferences)),
    alpn: config.alpnProtocols,
  };
  return { ...content, identity: identity('tlsOptions', content) };
}

/** The index of options, or `none` when they are broken: handshakes are refused then. */
export function optionsIndex(scope: Scope, name: string): number {
  const item = scope.configuration.tls.options.get(name);
  return item?.config === undefined || item.status === 'disabled' ? none : scope.tlsOptions.indexOf(name);
}

/** TLS options by server name on one entry point. Names whose options are broken have `none`. */
export function compileTlsHosts(scope: Scope, entryPoint: string): readonly WireHost[] {
  const { hosts, refusedHosts }: TlsModel = scope.configuration.tls;
  const served = [...(hosts.get(entryPoint) ?? [])].map(([host, name]) => ({
    host,
    options: optionsIndex(scope, name),
  }));
  const refused = [...(refusedHosts.get(entryPoint) ?? [])].map((host) => ({ host, options: none }));
  return [...served, ...refused];
}
