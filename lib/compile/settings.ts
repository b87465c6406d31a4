import type { InstallConfiguration } from '../install/schema.js';
import type { Settings } from '../merge/settings.js';
import { serversTransport } from '../schema/servers-transport.js';
import type { Document, Path } from '../source/origin.js';

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
      place: (at: Path) => document.origin(['entryPoints', name, ...at]),
    };
  });
  const { spiffe, ...transport } = install.serversTransport;
  return {
    entryPoints: new Map(entryPoints.map((settings) => [settings.name, settings])),
    ...(install.ping !== undefined && { ping: install.ping }),
    ...(install.api !== undefined && { api: install.api }),
    defaultRuleSyntax: install.core.defaultRuleSyntax,
    defaultTransport: { ...serversTransport.parse({}), ...transport },
    document,
  };
}
