/** One request of the admin API to its answer. Pure; the server around it knows HTTP. */
import type { Item } from '../merge/model.js';
import {
  type Element,
  entryPointElement,
  middlewareElement,
  middlewareNamed,
  queueOf,
  routerElement,
  routerNamed,
  serviceElement,
  serviceNamed,
} from './elements.js';
import { type Entry, listed } from './listing.js';
import { childFields } from './health.js';
import { explainAnswer } from './explain.js';
import { overview } from './overview.js';
import type { AdminState } from './state.js';

/** What is sent back. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What is asked for: the words of the path below `/api`. */
interface Wanted {
  readonly section: string | undefined;
  readonly kind: string | undefined;
  readonly id: string | undefined;
  readonly query: URLSearchParams;
}

/** Answers a request for `target` (path and query), also what the data plane has to be asked for, which takes a while. */
export async function respond(method: string, target: string, state: AdminState): Promise<Answer> {
  const wanted = wantedBy(method, target, state);
  if ('status' in wanted) return wanted;
  if (wanted.section === 'explain' && wanted.kind === undefined) return explainAnswer(wanted.query, state);
  if (wanted.section === 'requests' && wanted.kind !== undefined && wanted.id === undefined) {
    const receipt = await state.receipt?.(wanted.kind);
    return receipt === undefined ? failure(404, `nothing is remembered of request ${wanted.kind}`) : json(receipt);
  }
  return sectionAnswer(wanted, state);
}

/** Answers what the configuration alone can tell. `basePath` stands before `/api`. */
export function answer(method: string, target: string, state: AdminState): Answer {
  const wanted = wantedBy(method, target, state);
  return 'status' in wanted ? wanted : sectionAnswer(wanted, state);
}

function wantedBy(method: string, target: string, state: AdminState): Wanted | Answer {
  if (method !== 'GET' && method !== 'HEAD')
    return failure(405, `method ${method} is not allowed`, { allow: 'GET, HEAD' });
  const url = targetUrl(target);
  const path = url === undefined ? undefined : below(url.pathname, state.install.api?.basePath ?? '/');
  if (url === undefined || path === undefined) return failure(404, 'not found');
  if (path === '/' || /^\/dashboard(\/|$)/.test(path))
    return failure(404, 'this version has no dashboard; the API is below /api');
  const segments = decoded(path);
  if (segments === undefined) return failure(400, 'malformed path');
  const [api, section, kind, id, ...rest] = segments;
  if (api !== 'api' || rest.length > 0) return failure(404, 'not found');
  return { section, kind, id, query: url.searchParams };
}

function sectionAnswer({ section, kind, id, query }: Wanted, state: AdminState): Answer {
  if (section === 'entrypoints' && id === undefined) return entryPoints(kind, query, state);
  if (section === 'http' && kind !== undefined) return httpAnswer(kind, id, query, state);
  if ((section === 'tcp' || section === 'udp') && kind !== undefined) return nothingYet(section, kind, id);
  if (kind !== undefined) return failure(404, 'not found');
  if (section === 'version') return json(versionOf(state));
  if (section === 'overview') return json(overview(state));
  if (section === 'rawdata') return json(rawData(state));
  return failure(404, 'not found');
}

function versionOf({ version, startDate }: AdminState): object {
  return { Version: version, Codename: 'fairlead', startDate: startDate.toISOString() };
}

/** Everything in one object; kinds without objects are left out. */
function rawData({ configuration: { routers, services, middlewares }, health }: AdminState): object {
  const states = health();
  return {
    ...mapped('routers', routers, routerElement),
    ...mapped('middlewares', middlewares, middlewareElement),
    ...mapped('services', services, (item) => ({
      ...serviceElement(item, states),
      ...childFields(item, services, states),
    })),
  };
}

function mapped<I extends Item<unknown>>(
  key: string,
  items: ReadonlyMap<string, I>,
  element: (item: I) => Element,
): object {
  if (items.size === 0) return {};
  return { [key]: Object.fromEntries([...items].map(([name, item]) => [name, element(item)])) };
}

function entryPoints(id: string | undefined, query: URLSearchParams, { install }: AdminState): Answer {
  if (id === undefined)
    return list(
      Object.entries(install.entryPoints).map(([name, config]) => ({
        name,
        element: () => entryPointElement(name, config),
      })),
      query,
    );
  const config = Object.hasOwn(install.entryPoints, id) ? install.entryPoints[id] : undefined;
  return config === undefined ? failure(404, `entry point not found: ${id}`) : json(entryPointElement(id, config));
}

function httpAnswer(
  kind: string,
  id: string | undefined,
  query: URLSearchParams,
  { configuration, health, queues }: AdminState,
): Answer {
  switch (kind) {
    case 'routers':
      return elements(
        'router',
        configuration.routers,
        (item) => ({ ...routerElement(item), ...routerNamed(item) }),
        id,
        query,
      );
    case 'services': {
      const states = health();
      return elements(
        'service',
        configuration.services,
        (item) => ({
          ...serviceElement(item, states),
          ...childFields(item, configuration.services, states),
          ...serviceNamed(item),
          ...(id !== undefined && queueOf(item, queues())),
        }),
        id,
        query,
      );
    }
    case 'middlewares':
      return elements(
        'middleware',
        configuration.middlewares,
        (item) => ({ ...middlewareElement(item), ...middlewareNamed(item) }),
        id,
        query,
      );
    default:
      return failure(404, 'not found');
  }
}

function elements<I extends Item<unknown>>(
  noun: string,
  items: ReadonlyMap<string, I>,
  element: (item: I) => Element,
  id: string | undefined,
  query: URLSearchParams,
): Answer {
  if (id === undefined)
    return list(
      [...items.values()].map((item) => ({ name: item.name, element: () => element(item) })),
      query,
    );
  const item = items.get(id);
  return item === undefined ? failure(404, `${noun} not found: ${id}`) : json(element(item));
}

const emptyKinds: Readonly<Record<'tcp' | 'udp', readonly string[]>> = {
  tcp: ['routers', 'services', 'middlewares'],
  udp: ['routers', 'services'],
};

/** TCP and UDP are not served by this version, so their lists are empty. */
function nothingYet(section: 'tcp' | 'udp', kind: string, id: string | undefined): Answer {
  if (!emptyKinds[section].includes(kind)) return failure(404, 'not found');
  return id === undefined ? list([], new URLSearchParams()) : failure(404, `${kind.slice(0, -1)} not found: ${id}`);
}

function list(entries: readonly Entry[], query: URLSearchParams): Answer {
  const page = listed(entries, query);
  return 'message' in page ? failure(400, page.message) : json(page.items, { 'x-next-page': String(page.next) });
}

/** A body as JSON. */
export function json(body: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status: 200,
    headers: { 'content-type': 'application/json', ...headers },
    body: `${JSON.stringify(body)}\n`,
  };
}

/** Traefik sends errors as JSON text under a plain type. */
export function failure(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Answer {
  const type = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' };
  return { status, headers: { ...type, ...headers }, body: `${JSON.stringify({ message })}\n` };
}

function targetUrl(target: string): URL | undefined {
  const text = `http://localhost${target.startsWith('/') ? '' : '/'}${target}`;
  return URL.canParse(text) ? new URL(text) : undefined;
}

/** The path below the base path, with a slash in front; undefined when it is elsewhere. */
function below(path: string, basePath: string): string | undefined {
  const base = basePath.replace(/\/+$/, '');
  if (base === '') return path;
  if (path === base) return '/';
  return path.startsWith(`${base}/`) ? path.slice(base.length) : undefined;
}

/** The segments of a path, decoded one by one: names may hold an escaped slash. */
function decoded(path: string): readonly string[] | undefined {
  try {
    return path
      .replace(/^\/|\/$/g, '')
      .split('/')
      .map(decodeURIComponent);
  } catch {
    return undefined;
  }
}
