/** One of the two configurations that a plan compares, wherever it is. */
import type { Element } from '../admin/elements.js';
import { middlewareElement, routerElement, serviceElement } from '../admin/elements.js';
import { type Json, toJson } from '../admin/redact.js';
import type { Explanation } from '../explain/explanation.js';
import type { ExplainRequest } from '../explain/request.js';
import type { InstallConfiguration } from '../install/schema.js';
import type { Configuration, Item } from '../merge/model.js';

/** Objects of one kind by name, as JSON without secrets. */
export type Objects = Readonly<Record<string, Json>>;

/** Who gets a request: the name of a router, or undefined. */
export type Owner = string | undefined;

/** Nobody gets a request that no child of its router takes. */
export const ownerOf = ({ router, answer }: Explanation): Owner =>
  answer?.reason === 'no_route' ? undefined : router?.name;

/** One side of a plan. */
export interface Side {
  /** By kind: `routers`, `services`, `middlewares` always, others where they can be told. */
  readonly objects: Readonly<Record<string, Objects>>;
  /** What is fixed at start, by dotted key; undefined where it cannot be told. */
  readonly install?: Objects;
  /** By kind the objects that differ from those of the other side, also where their JSON does not: in a secret. */
  readonly differing?: (other: Side) => Readonly<Record<string, readonly string[]>>;
  /** Who gets these requests. */
  owners(requests: readonly ExplainRequest[]): Promise<readonly Owner[]>;
}

/** What says nothing about the configuration itself. */
const consequences = new Set([
  'usedBy',
  'using',
  'error',
  'serverStatus',
  'serverHealth',
  'name',
  'provider',
  'priorityStr',
  'type',
]);

/** The JSON of an object of `/api/rawdata`, without what follows from others. */
export const essence = (element: Element): Json =>
  Object.fromEntries(Object.entries(element).filter(([key]) => !consequences.has(key)));

/** The objects of a configuration. Those that Fairlead makes itself follow from the install configuration. */
export function objectsOf({ routers, services, middlewares, serversTransports, tls }: Configuration): Side['objects'] {
  return {
    routers: ofKind(routers, (item) => essence(routerElement(item))),
    services: ofKind(services, (item) => essence(serviceElement(item))),
    middlewares: ofKind(middlewares, (item) => essence(middlewareElement(item))),
    serversTransports: ofKind(serversTransports, plain),
    tlsOptions: ofKind(tls.options, plain),
    certificates: Object.fromEntries(
      tls.certificates.map(({ name, resolved, status }) => [
        resolved?.names.join(', ') ?? name,
        { status, fingerprint: resolved?.fingerprint ?? '', notAfter: resolved?.notAfter.toISOString() ?? '' },
      ]),
    ),
  };
}

function ofKind<I extends Item<unknown>>(items: ReadonlyMap<string, I>, json: (item: I) => Json): Objects {
  return Object.fromEntries(
    [...items].filter(([, { provider }]) => provider !== 'internal').map(([name, item]) => [name, json(item)]),
  );
}

const plain = ({ config, raw, status, document, path }: Item<unknown>): Json => ({
  ...(toJson(config ?? raw, (inner) => document.isSecret?.([...path, ...inner]) === true) as Record<string, Json>),
  status,
});

/** The install configuration by dotted key. */
export function installOf(install: InstallConfiguration): Objects {
  return Object.fromEntries(
    leaves(
      toJson(install, () => false),
      '',
    ),
  );
}

/** The values of a JSON text by the path of their keys. */
export function leaves(json: Json, path: string): readonly (readonly [string, Json])[] {
  if (typeof json !== 'object' || json === null) return [[path, json]];
  if (Array.isArray(json)) {
    const simple = json.every((item) => typeof item !== 'object' || item === null);
    return simple ? [[path, json]] : json.flatMap((item: Json, index) => leaves(item, `${path}[${index}]`));
  }
  return Object.entries(json).flatMap(([key, value]) => leaves(value, path === '' ? key : `${path}.${key}`));
}
