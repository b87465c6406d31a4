/** A file of route cases, as users write it. */
import { z } from 'zod';
import { stringList } from '../source/scalars.js';

const request = z.strictObject({
  url: z.string().min(1).meta({ description: 'URL, or a path when the host stands in the headers.' }),
  method: z.string().min(1).default('GET').meta({ description: 'Method.' }),
  headers: z.record(z.string(), z.string()).default({}).meta({ description: 'Headers by name.' }),
  client: z.string().optional().meta({ description: 'Address of the client; 127.0.0.1 when left out.' }),
  sni: z
    .string()
    .optional()
    .meta({ description: 'Server name of the TLS handshake; the host of the URL when left out.' }),
  entryPoint: z.string().optional().meta({ description: 'Entry point; by the port of the URL when left out.' }),
});

const expectation = z.strictObject({
  router: z
    .string()
    .optional()
    .meta({ description: 'Name of the router, `name@provider`; `none` when none may take it.' }),
  service: z.string().optional().meta({ description: 'Name of a service on the way.' }),
  server: z.string().optional().meta({ description: 'URL of the server, where there is one choice only.' }),
  path: z.string().optional().meta({ description: 'Path, with the query, that the server is sent.' }),
  headers: z
    .record(z.string(), z.union([z.string(), z.null()]))
    .optional()
    .meta({
      description: 'Headers that the server is sent, or of the own answer of the proxy; null where there must be none.',
    }),
  status: z.int().min(100).max(599).optional().meta({ description: 'Status of the own answer of the proxy.' }),
  reason: z.string().optional().meta({ description: 'Reason of that answer, as in the access log.' }),
  middlewares: stringList.optional().meta({ description: 'Names of the middlewares that run, in their order.' }),
});

/** One case. */
export const routeCase = z.strictObject({
  name: z.string().optional().meta({ description: 'What the case is called; the request when left out.' }),
  request,
  expect: expectation,
});
export type RouteCase = z.output<typeof routeCase>;

/** The whole file. */
export const routeCases = z.strictObject({
  tests: z.array(routeCase).min(1).meta({ description: 'The cases.' }),
});
