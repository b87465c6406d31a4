/** `http.services.<name>` (Traefik: dynamic configuration, HTTP services). */
import { z } from 'zod';
import { strategyNames } from '../balancers/index.js';
import { notYet, withoutEffect } from '../source/marks.js';
import { duration, stringList } from '../source/scalars.js';
import { failover } from './failover.js';
import { mirroring } from './mirroring.js';

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

const stickyNotYet = notYet('Sticky sessions by cookie.');

/** The schema of `loadBalancer`. */
export const loadBalancer = z.strictObject({
  servers: z.array(server).prefault([]).meta({ description: 'Servers to balance between; none answers 503.' }),
  strategy: z.enum(strategyNames).prefault('wrr').meta({ description: 'How a server is chosen.' }),
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
  sticky: stickyNotYet,
  healthCheck: notYet('Active health check.'),
  passiveHealthCheck: notYet('Passive health check.'),
});
export type LoadBalancer = z.output<typeof loadBalancer>;

/** The schema of `weighted`. */
export const weighted = z.strictObject({
  services: z
    .array(
      z.strictObject({
        name: z.string().min(1).meta({ description: 'Service; `name` or `name@provider`.' }),
        weight: z.int().min(0).prefault(1).meta({ description: 'Share of the requests; 0 takes it out.' }),
      }),
    )
    .min(1)
    .meta({ description: 'Services to divide the requests between.' }),
  sticky: stickyNotYet,
  healthCheck: notYet('Status from the children.'),
});
export type Weighted = z.output<typeof weighted>;

/** Kinds of service this version serves, by their key. */
export const serviceKinds = { loadBalancer, weighted, mirroring, failover } as const;

/** Kinds that Traefik has and this version refuses. */
export const serviceKindsNotYet = ['highestRandomWeight'] as const;

/** The key beside the kind. */
export const serviceMiddlewares = stringList.prefault([]).meta({ description: 'Middlewares before the balancer.' });
