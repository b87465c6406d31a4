/** A proxy that runs as one side of a plan, seen through its API. */
import type { Element } from '../admin/elements.js';
import type { Json } from '../admin/redact.js';
import type { Explanation } from '../explain/explanation.js';
import { essence, type Objects, type Owner, ownerOf, type Side } from '../plan/side.js';
import { queryOf } from './explain.js';
import { askApi } from './running.js';

/** Questions that are on their way at the same time. */
const mostAsked = 8;

type RawData = Readonly<Partial<Record<'routers' | 'services' | 'middlewares', Readonly<Record<string, Element>>>>>;

/** Reads what runs at `url`. */
export async function runningSide(url: string): Promise<Side> {
  const raw = (await askApi(url, '/api/rawdata')) as RawData;
  return {
    objects: { routers: objects(raw.routers), services: objects(raw.services), middlewares: objects(raw.middlewares) },
    owners: async (requests) => {
      const owners: Owner[] = [];
      for (let at = 0; at < requests.length; at += mostAsked) {
        const asked = requests.slice(at, at + mostAsked).map(async (request) => {
          const query = queryOf({
            ...request,
            headers: (request.headers ?? []) as readonly (readonly [string, string])[],
          });
          return ownerOf((await askApi(url, `/api/explain?${query.toString()}`)) as Explanation);
        });
        owners.push(...(await Promise.all(asked)));
      }
      return owners;
    },
  };
}

const objects = (elements: Readonly<Record<string, Element>> = {}): Objects =>
  Object.fromEntries(
    Object.entries(elements).flatMap(([name, element]): readonly (readonly [string, Json])[] =>
      name.endsWith('@internal') ? [] : [[name, essence(element)]],
    ),
  );
