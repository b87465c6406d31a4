/** `timeouts` of routers and load balancers: only Fairlead has it. */
import { z } from 'zod';
import { positiveDuration } from '../source/scalars.js';

const limit = (description: string) => positiveDuration.optional().meta({ description });

/** Deadlines towards the servers. What is left out is as the service says, then as its transport does; 0 = no limit. */
export const timeouts = z.strictObject({
  connect: limit('Longest time to connect to a server; dialTimeout of the transport when left out.'),
  responseHeader: limit('Longest wait for the response head; responseHeaderTimeout of the transport when left out.'),
  idle: limit('Longest silence of a server in the middle of a response; no limit when left out.'),
  total: limit('Longest time from the head of the request to the end of the response, retries included.'),
  perTry: limit('Longest time of one try, from connecting to the response head.'),
});
export type Timeouts = z.output<typeof timeouts>;
