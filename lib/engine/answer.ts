/** What the data plane says about one request (native/exchange/explain.cc). */
import { z } from 'zod';

const pair = z.tuple([z.string(), z.string()]);
const index = z.int().min(0);

const failing = z.object({
  /** A number of `ops` in lib/snapshot/records.ts. */
  op: index,
  /** The test holds; its rule wants it not to. */
  held: z.boolean(),
  key: z.string().optional(),
  value: z.string(),
  /** What the request has in that place. */
  found: z.array(z.string()),
});

const step = z.object({
  middleware: z.string(),
  /** The service whose middleware it is; absent for those of the router. */
  service: z.string().optional(),
  /** It cannot run: requests are answered with 500. */
  broken: z.boolean().optional(),
  /** It decides when a request comes; that it lets it pass was assumed. */
  waits: z.boolean().optional(),
  /** It may change the response. */
  response: z.boolean().optional(),
  /** It says when the request is sent again. */
  retries: z.boolean().optional(),
  replied: z.boolean().optional(),
  path: z.string().optional(),
  query: z.string().optional(),
  host: z.string().optional(),
  set: z.array(pair).optional(),
  removed: z.array(z.string()).optional(),
});

const nearMiss = z.object({ router: z.string(), outranked: z.boolean(), failing: z.array(failing) });

/** Of the routers below one on the way. */
const layerMisses = z.object({
  parent: z.string(),
  /** Absent: none of them takes the request. */
  chosen: z.string().optional(),
  nearMisses: z.array(nearMiss),
});

const limit = z.object({
  concurrency: index,
  /** A number of `limitKeys` in lib/snapshot/records.ts. */
  key: index,
  /** Of the header or the claim; empty for the others. */
  keyName: z.string(),
  fifo: z.boolean(),
  costsBytes: z.boolean(),
  /** What the key of this request would be, as far as it may be shown. */
  value: z.string(),
  weight: index,
  cost: index,
  quantum: index,
  maxLength: index,
  /** Nanoseconds; 0 = no limit. */
  maxWait: index,
});

/** One answer. */
export const nativeAnswer = z.object({
  unknownEntryPoint: z.string().optional(),
  servesTls: z.boolean().optional(),
  certificate: z
    .object({
      byHost: z.boolean(),
      options: z.string().optional(),
      index: index.optional(),
      fallback: z.boolean().optional(),
      names: z.array(z.string()).optional(),
    })
    .optional(),
  request: z
    .object({
      method: z.string(),
      host: z.string(),
      path: z.string(),
      routingPath: z.string(),
      query: z.string(),
    })
    .optional(),
  /** Where the CNAME records of the host lead to, when they count; no host: nowhere else. */
  flattened: z.object({ known: z.boolean(), host: z.string().optional() }).optional(),
  refused: z.object({ reason: z.string(), status: index, fault: z.string().optional() }).optional(),
  nearMisses: z.array(nearMiss).optional(),
  layerMisses: z.array(layerMisses).optional(),
  elsewhere: z.array(z.object({ router: z.string(), entryPoint: z.string(), tls: z.boolean() })).optional(),
  router: z.string().optional(),
  service: z.string().optional(),
  steps: z.array(step).optional(),
  /** The router, and those below it that were chosen one after the other. */
  layers: z.array(z.string()).optional(),
  /** None of the children of the last one takes the request. */
  lost: z.boolean().optional(),
  services: z
    .array(
      z.object({
        name: z.string(),
        kind: index,
        strategy: index,
        candidates: index.optional(),
        /** It is the next choice of a balancer in use, not the first of a new one. */
        current: z.boolean().optional(),
        /** Absent: none can be chosen, or it cannot be told beforehand. */
        chosen: index.optional(),
        limit: limit.optional(),
        /** `set`: what the response says; `kept`: the choice is that of the cookie in the request. */
        cookie: z.object({ name: z.string(), kept: z.boolean(), set: z.string().optional() }).optional(),
      }),
    )
    .optional(),
  /** Nanoseconds, and who says so. */
  timeouts: z
    .array(z.object({ name: z.string(), time: index, by: z.enum(['router', 'service', 'transport']) }))
    .optional(),
  server: z
    .object({
      url: z.string(),
      method: z.string(),
      path: z.string(),
      query: z.string(),
      host: z.string(),
      headers: z.array(pair),
    })
    .optional(),
  reply: z.object({ status: index, reason: z.string(), headers: z.array(pair), body: z.string() }).optional(),
});
/** What the data plane says about one request. */
export type NativeAnswer = z.output<typeof nativeAnswer>;
/** A limit that a request would meet. */
export type NativeLimit = z.output<typeof limit>;
/** Near misses among routers. */
export type NativeMiss = z.output<typeof nearMiss>;
/** A test of a rule that had another answer than the rule needs. */
export type FailingTest = z.output<typeof failing>;
/** What a middleware did, or may do. */
export type NativeStep = z.output<typeof step>;
