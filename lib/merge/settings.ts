/** What merging and validating need to know of the install configuration. */
import type { InstallConfiguration } from '../install/schema.js';
import type { RouterTls } from '../schema/router.js';
import type { ServersTransport } from '../schema/servers-transport.js';
import { serversTransport } from '../schema/servers-transport.js';
import type { Document, Origin } from '../source/origin.js';
import type { Observability } from './model.js';

/** A redirection of everything that arrives on an entry point (`http.redirections.entryPoint`). */
export interface Redirection {
  /** Name of an entry point, or `:port`. */
  readonly to: string;
  readonly scheme: string;
  readonly permanent: boolean;
  readonly priority: bigint;
}

/** One entry point, as far as routers are concerned. */
export interface EntryPointSettings {
  readonly name: string;
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  readonly asDefault: boolean;
  /** `http.middlewares`: before those of each router. */
  readonly middlewares: readonly string[];
  /** `http.tls`: for routers without `tls` of their own. */
  readonly tls?: RouterTls;
  readonly observability?: Observability;
  readonly redirection?: Redirection;
  /** Place of the entry point in the install configuration. */
  readonly origin: Origin;
}

export interface Settings {
  readonly entryPoints: ReadonlyMap<string, EntryPointSettings>;
  /** Present when enabled. */
  readonly ping?: { readonly entryPoint: string; readonly manualRouting: boolean };
  /** Present when enabled. */
  readonly api?: { readonly insecure: boolean; readonly basePath: string };
  readonly defaultRuleSyntax: string;
  /** `serversTransport` of the install configuration: `default@internal`. */
  readonly defaultTransport: ServersTransport;
}

/** The settings of an install configuration; `document` knows where its entry points were written. */
export function settingsOf(install: InstallConfiguration, document: Document): Settings {
  const entryPoints = Object.entries(install.entryPoints).map(([name, value]) => {
    const { address, asDefault, http, observability } = value;
    const redirection = http.redirections?.entryPoint;
    return {
      name,
      protocol: address.protocol,
      port: address.port,
      asDefault,
      middlewares: http.middlewares,
      ...(http.tls !== undefined && { tls: { options: http.tls.options } }),
      observability,
      ...(redirection !== undefined && { redirection }),
      origin: document.origin(['entryPoints', name], 'key'),
    };
  });
  const { spiffe, ...transport } = install.serversTransport;
  return {
    entryPoints: new Map(entryPoints.map((settings) => [settings.name, settings])),
    ...(install.ping !== undefined && { ping: install.ping }),
    ...(install.api !== undefined && { api: install.api }),
    defaultRuleSyntax: install.core.defaultRuleSyntax,
    defaultTransport: { ...serversTransport.parse({}), ...transport },
  };
}
