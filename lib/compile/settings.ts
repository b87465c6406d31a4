import type { InstallConfiguration } from '../install/schema.js';
import type { EntryPointSettings, Settings } from '../merge/settings.js';
import { serversTransport } from '../schema/servers-transport.js';
import type { Document, Path } from '../source/origin.js';

/**
 * The settings of an install configuration; `document` knows where its entry points were written. `udp` are entry points
 * that are not opened: a router that names one is told so.
 */
export function settingsOf(install: InstallConfiguration, document: Document, udp: readonly string[] = []): Settings {
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
      place: (at: Path) => document.origin(['entryPoints', name, ...at]),
    };
  });
  const { spiffe, ...transport } = install.serversTransport;
  return {
    entryPoints: new Map([...entryPoints, ...udp.map((name) => closed(name, document))].map((one) => [one.name, one])),
    ...(install.ping !== undefined && { ping: install.ping }),
    ...(install.api !== undefined && { api: install.api }),
    defaultRuleSyntax: install.core.defaultRuleSyntax,
    precedence: install.providers.precedence,
    defaultTransport: { ...serversTransport.parse({}), ...transport },
    document,
  };
}

const closed = (name: string, document: Document): EntryPointSettings => ({
  name,
  protocol: 'udp',
  port: 0,
  asDefault: false,
  middlewares: [],
  origin: document.origin(['entryPoints', name], 'key'),
});
