/** `http.middlewares.<name>` (Traefik: dynamic configuration, HTTP middlewares): one key says the type. */
import type { z } from 'zod';
import { middlewares } from '../middlewares/index.js';
import { middlewaresNotYet } from '../middlewares/not-yet.js';

/** The schema of each type this version serves, by lower-case key. */
export const middlewareKinds: ReadonlyMap<string, { readonly name: string; readonly schema: z.ZodType }> = new Map(
  middlewares.map(({ name, schema }) => [name.toLowerCase(), { name, schema }]),
);

/** Types that Traefik has and this version refuses, by lower-case key. */
export const middlewareKindsNotYet: ReadonlyMap<string, string> = new Map(
  middlewaresNotYet.map((name) => [name.toLowerCase(), name]),
);
