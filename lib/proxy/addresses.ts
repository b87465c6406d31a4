/** Where a proxy listens. */
import type { InstallConfiguration } from '../install/schema.js';
import type { Configuration } from '../merge/model.js';

/** Where an entry point listens. */
export interface ListeningAddress {
  /** The address; empty for all of them. */
  readonly host: string;
  /** The real port, where 0 was configured. */
  readonly port: number;
  /** Whether it serves TLS: by `http.tls` of the entry point, or for some router. */
  readonly tls: boolean;
  /** At which this machine reaches it: one URL, or two when it serves clear text and TLS. */
  readonly urls: readonly string[];
}

/** An open listener, as the data plane reports it. */
export interface Listener {
  readonly host: string;
  readonly port: number;
}

/** The addresses of all listeners by entry point, with the schemes that the configuration serves there. */
export function addressesOf(
  listeners: ReadonlyMap<string, Listener>,
  { entryPoints }: InstallConfiguration,
  configuration: Configuration | undefined,
): Readonly<Record<string, ListeningAddress>> {
  const served = [...(configuration?.routers.values() ?? [])].flatMap(({ status, resolved }) =>
    status === 'disabled' || resolved === undefined ? [] : [resolved],
  );
  const secure = new Set(served.filter(({ tls }) => tls !== undefined).flatMap(({ entryPoints }) => entryPoints));
  const plain = new Set(served.filter(({ tls }) => tls === undefined).flatMap(({ entryPoints }) => entryPoints));
  return Object.fromEntries(
    [...listeners].map(([name, { host, port }]) => {
      const tls = secure.has(name) || entryPoints[name]?.http.tls !== undefined;
      const schemes = [...(plain.has(name) || !tls ? ['http'] : []), ...(tls ? ['https'] : [])];
      return [name, { host, port, tls, urls: schemes.map((scheme) => urlOf(scheme, host, port)) }];
    }),
  );
}

const wildcards: ReadonlySet<string> = new Set(['', '0.0.0.0', '::']);

function urlOf(scheme: string, host: string, port: number): string {
  const name = wildcards.has(host) ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  const usual = scheme === 'https' ? 443 : 80;
  return `${scheme}://${name}${port === usual ? '' : `:${port}`}/`;
}
