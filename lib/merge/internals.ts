/** Objects that follow from the install configuration: redirections, ping, the API (Traefik: internal provider). */
import { objectDocument } from '../source/object.js';
import { decodeDynamic, type Fragment } from './decode.js';
import { internalEntryPoint } from './entry-points.js';
import { makeItem } from './item.js';
import type { InternalService, ServiceItem } from './model.js';
import { defaultTransportName, internal, qualifiedName } from './names.js';
import type { EntryPointSettings, Settings } from './settings.js';

/** Above everything: ping and readiness. Users may set at most 2^63 - 1001. */
const highest = 2n ** 63n - 1n;
const apiPriority = 2n ** 63n - 2n;
const owner = 'Fairlead';

/** The objects of the provider `internal`. */
export function internals(settings: Settings): Fragment {
  const redirections = [...settings.entryPoints.values()].flatMap((entryPoint) => redirection(entryPoint, settings));
  const routers = {
    ...pingRouters(settings),
    ...apiRouter(settings),
    ...Object.fromEntries(redirections.map(({ name, router }) => [name, router])),
  };
  const middlewares = Object.fromEntries(redirections.map(({ name, middleware }) => [`redirect-${name}`, middleware]));
  const document = objectDocument({ http: { routers, middlewares } }, owner);
  const decoded = decodeDynamic({ document, files: new Map(), findings: [], broken: [] }, internal);
  return {
    ...decoded,
    files: settings.files ?? new Map(),
    services: servicesOf(settings),
    serversTransports: [transportOf(settings)],
  };
}

function pingRouters({ ping, entryPoints }: Settings): object {
  if (ping === undefined || ping.manualRouting) return {};
  // The install configuration refuses an entry point that does not exist.
  if (!entryPoints.has(ping.entryPoint)) return {};
  const router = (path: string, service: string) => ({
    rule: `PathPrefix(\`${path}\`)`,
    entryPoints: [ping.entryPoint],
    service: qualifiedName(service, internal),
    priority: highest,
  });
  return { ping: router('/ping', 'ping'), ready: router('/ready', 'ready') };
}

function apiRouter({ api }: Settings): object {
  if (api?.insecure !== true) return {};
  const rule = `PathPrefix(\`${api.basePath.replace(/\/+$/, '')}/api\`)`;
  return {
    api: { rule, entryPoints: [internalEntryPoint], service: qualifiedName('api', internal), priority: apiPriority },
  };
}

/** Takes every request that has a host and redirects it; requests without one are left to the routers of users. */
function redirection(entryPoint: EntryPointSettings, { entryPoints }: Settings) {
  const { redirection: wanted, name } = entryPoint;
  if (wanted === undefined) return [];
  const port = /^:\d+$/.test(wanted.to) ? wanted.to.slice(1) : entryPoints.get(wanted.to)?.port.toString();
  // The install configuration refuses a target that does not exist.
  if (port === undefined) return [];
  const routerName = normalised(`${name}-to-${wanted.to}`);
  const implied = (wanted.scheme === 'https' && port === '443') || (wanted.scheme === 'http' && port === '80');
  const router = {
    rule: 'HostRegexp(`^.+$`)',
    entryPoints: [name],
    service: qualifiedName('noop', internal),
    middlewares: [`redirect-${routerName}`],
    priority: wanted.priority,
  };
  const redirectScheme = { scheme: wanted.scheme, permanent: wanted.permanent, ...(!implied && { port }) };
  return [{ name: routerName, router, middleware: { redirectScheme } }];
}

/** Only letters, digits and single dashes, as Traefik names generated objects. */
const normalised = (name: string): string =>
  name
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean)
    .join('-');

function servicesOf({ ping, api }: Settings): readonly ServiceItem[] {
  const names: InternalService[] = ['noop'];
  if (ping !== undefined) names.push('ping', 'ready');
  if (api !== undefined) names.push('api');
  return names.map((name) =>
    makeItem({
      name: qualifiedName(name, internal),
      provider: internal,
      config: { kind: 'internal', middlewares: [], internal: name },
      raw: {},
      document: objectDocument({}, owner),
      path: [],
    }),
  );
}

function transportOf({ defaultTransport, document }: Settings) {
  return makeItem({
    name: defaultTransportName,
    provider: internal,
    config: defaultTransport,
    raw: defaultTransport,
    document: document ?? objectDocument({ serversTransport: defaultTransport }, 'serversTransport'),
    path: ['serversTransport'],
  });
}
