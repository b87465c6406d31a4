/** `http.services.<name>` (Traefik: dynamic configuration, HTTP services). */
import { z } from 'zod';
import { strategyNames } from '../balancers/index.js';
import { withoutEffect } from '../source/marks.js';
import { failover } from './failover.js';
import { mirroring } from './mirroring.js';
import { sticky } from './sticky.js';
import { duration, positiveDuration, stringList } from '../source/scalars.js';
import { childrenHealth, healthCheck, passiveHealthCheck } from './health-check.js';
import { limit } from './limit.js';
import { timeouts } from './timeouts.js';

/** Why a server URL cannot be used; undefined for a good one. */
function urlFault(value: string): { readonly message: string; readonly hint?: string } | undefined {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(value)?.[1]?.toLowerCase();
  if (scheme === 'h2c')
    return { message: 'must not have the scheme h2c: it is not supported yet', hint: 'use http://' };
  if (scheme === 'unix') {
    const path = value.slice('unix:'.length).replace(/^\/\/(?=\/)/, '');
    return path.startsWith('/') && path.length > 1
      ? undefined
      : { message: 'must name a socket by its absolute path', hint: 'unix:///run/app.sock' };
  }
  if (scheme !== 'http' && scheme !== 'https') {
    const hint = /^[\w.-]+(:\d+)?(\/|$)/.test(value) ? `write http://${value}` : 'such as http://10.0.0.1:8080';
    return { message: 'must be a URL of the scheme http, https or unix', hint };
  }
  if (!/^\w+:\/\/[^/?#]/.test(value) || !URL.canParse(value))
    return { message: 'must be a URL with a host', hint: 'such as http://10.0.0.1:8080' };
  return undefined;
}

const serverUrl = z.string().superRefine((value, context) => {
  const fault = urlFault(value.trim());
  if (fault === undefined) return;
  context.addIssue({ code: 'custom', message: fault.message, params: { code: 'FL2006', hint: fault.hint } });
});

const server = z.strictObject({
  url: serverUrl.meta({ description: 'Where it listens: http://host:port, https://host:port or unix:///path.' }),
  weight: z.int().prefault(1).meta({ description: 'Share of the requests; 0 or less takes it out.' }),
  preservePath: z
    .boolean()
    .prefault(false)
    .meta({ description: 'Put the path of the URL before the path of the request.' }),
});
export type Server = z.output<typeof server>;

/** The schema of `loadBalancer`. */
export const loadBalancer = z.strictObject({
  servers: z.array(server).prefault([]).meta({ description: 'Servers to balance between; none answers 503.' }),
  strategy: z.enum(strategyNames).prefault('wrr').meta({ description: 'How a server is chosen.' }),
  slowStart: positiveDuration.optional().meta({
    description: 'Time over which the weight of a server grows that is new or available again; none when left out.',
  }),
  passHostHeader: z
    .boolean()
    .prefault(true)
    .meta({ description: 'Pass the Host header of the client; else that of the server.' }),
  responseForwarding: z
    .strictObject({
      flushInterval: withoutEffect(
        duration.prefault('100ms').meta({ description: 'Longest time response bytes are held; negative: never.' }),
        'response bytes are passed on as they arrive, as with -1',
      ),
    })
    .prefault({})
    .meta({ description: 'How response bodies are passed on.' }),
  serversTransport: z
    .string()
    .optional()
    .meta({ description: 'Transport to the servers; the install one when left out.' }),
  limit: limit
    .optional()
    .meta({ description: 'How many requests the servers get at once, and who waits. Not in Traefik.' }),
  timeouts: timeouts.optional().meta({
    description: 'Deadlines towards the servers; they win over those of the transport (Fairlead only).',
  }),
  sticky: sticky.optional().meta({ description: 'Keeps each client at the same one.' }),
  healthCheck: healthCheck.optional().meta({ description: 'Ask the servers from time to time how they are.' }),
  passiveHealthCheck: passiveHealthCheck.optional().meta({ description: 'Leave out servers to which requests fail.' }),
});
export type LoadBalancer = z.output<typeof loadBalancer>;

const children = z
  .array(
    z.strictObject({
      name: z.string().min(1).meta({ description: 'Service; `name` or `name@provider`.' }),
      weight: z.int().min(0).prefault(1).meta({ description: 'Share of the requests; 0 takes it out.' }),
    }),
  )
  .min(1);

/** The schema of `weighted`. */
export const weighted = z.strictObject({
  services: children.meta({ description: 'Services to divide the requests between.' }),
  sticky: sticky.optional().meta({ description: 'Keeps each client at the same one.' }),
  healthCheck: childrenHealth('Count on the health checks of the services: each must have one.'),
});
export type Weighted = z.output<typeof weighted>;

/** The schema of `highestRandomWeight`. */
export const highestRandomWeight = z.strictObject({
  services: children.meta({ description: 'Services to divide the clients between, by their address.' }),
  healthCheck: childrenHealth('Count on the health checks of the services: each must have one.'),
});
export type HighestRandomWeight = z.output<typeof highestRandomWeight>;

/** Kinds of service this version serves, by their key. */
export const serviceKinds = { loadBalancer, weighted, highestRandomWeight, mirroring, failover } as const;

/** The key beside the kind. */
export const serviceMiddlewares = stringList.prefault([]).meta({ description: 'Middlewares before the balancer.' });
