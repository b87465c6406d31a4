/** What the data plane remembers of one request (native/exchange/receipt.cc). */
import { z } from 'zod';

const count = z.int().min(0);
/** Microseconds since the head of the request had been read. */
const time = count.optional();

const tried = z.object({
  /** URL, cut off where it is long. */
  server: z.string(),
  /** On a connection that was open already. */
  reused: z.boolean(),
  begun: time,
  connected: time,
  firstByte: time,
  ended: time,
  /** Why the try failed; `none` when it did not. */
  reason: z.string(),
});

/** A wait in the queue of a `limit`, and what the limit was like when it began. */
const queue = z.object({
  begun: time,
  ended: time,
  /** Nanoseconds, as `QueueDuration` in the access log. */
  waited: count,
  /** Its first 64 bytes; of a header that may hold a secret a number that stands for it. */
  key: z.string(),
  weight: count,
  /** Requests of the same key that waited already. */
  keyWaiting: count,
  /** Requests at the servers, of how many at most. */
  active: count,
  concurrency: count,
  /** Requests that waited already, of all keys, and how many may. */
  waiting: count,
  maxLength: count,
});

/** What the last rate limit on the way said. */
const rateLimit = z.object({
  middleware: z.string(),
  admitted: z.boolean(),
  average: count,
  /** Microseconds. */
  period: count,
  burst: count,
  /** Whole tokens that were left after this request. */
  left: count,
  /** Microseconds for which it was held back; after which a refused one would have been admitted. */
  delay: count,
});

export const receipt = z.object({
  worker: count,
  /** Why it was kept: a failure, a refusal, or one of the sample. */
  kept: z.enum(['failed', 'refused', 'sampled']),
  /** Milliseconds since 1970. */
  started: count,
  client: z.string(),
  tls: z.boolean(),
  entryPoint: z.string(),
  method: z.string(),
  host: z.string(),
  /** Without the query. */
  target: z.string(),
  router: z.string().optional(),
  service: z.string().optional(),
  /** 0: the connection was cut before one was sent. */
  status: count,
  /** Of the server; 0 when none answered. */
  originStatus: count,
  /** As in the access log. */
  reason: z.string(),
  /** What the reason leaves open, such as why a certificate was refused; may be empty. */
  fault: z.string(),
  /** The how-manieth request of its connection, and how old that was, in microseconds. */
  number: count,
  connectionAge: count.optional(),
  middlewaresDone: time,
  ended: time,
  bytesReceived: count,
  bytesSent: count,
  rateLimit: rateLimit.optional(),
  queue: queue.optional(),
  /** Servers that were tried; the first four of them are described. */
  tries: count,
  servers: z.array(tried),
});
/** One request. Times are microseconds since its head had been read; absent: it did not come to that. */
export type Receipt = z.output<typeof receipt>;
