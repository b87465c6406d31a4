/** `http.services.<name>.failover` (Traefik: dynamic configuration, HTTP services). */
import { z } from 'zod';
import { byteSize, statusRange } from '../source/scalars.js';
import { childrenHealth } from './health-check.js';

const errors = z.strictObject({
  status: z.array(statusRange).prefault([]).meta({
    description: 'Answers of the service with such a status are discarded and the fallback is asked, as in 500-504.',
  }),
  maxRequestBodyBytes: byteSize.prefault(-1).meta({
    description:
      'Longer request bodies are refused with 413; -1: none is, and the longest are sent to the service only.',
  }),
});

/** The schema of `failover`. */
export const failover = z.strictObject({
  service: z.string().min(1).meta({ description: 'Service that is asked first; `name` or `name@provider`.' }),
  fallback: z.string().min(1).meta({ description: 'Service that is asked in its place.' }),
  healthCheck: childrenHealth('Count on the health checks of both services: each must have one.'),
  errors: errors.optional().meta({
    description: 'Which answers of the service are replaced. Without a status its health check decides alone.',
  }),
});
export type Failover = z.output<typeof failover>;
