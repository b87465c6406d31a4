/** `http.services.<name>.mirroring` (Traefik: dynamic configuration, HTTP services). */
import { z } from 'zod';
import { byteSize } from '../source/scalars.js';
import { childrenHealth } from './health-check.js';

const mirror = z.strictObject({
  name: z.string().min(1).meta({ description: 'Service that gets copies; `name` or `name@provider`.' }),
  percent: z.int().min(0).max(100).prefault(0).meta({ description: 'Share of the requests that are copied to it.' }),
});

/** The schema of `mirroring`. */
export const mirroring = z.strictObject({
  service: z.string().min(1).meta({ description: 'Service that answers; `name` or `name@provider`.' }),
  mirrorBody: z.boolean().prefault(true).meta({ description: 'Send the body along; else the head alone is copied.' }),
  maxBodySize: byteSize.prefault(-1).meta({ description: 'Requests with a longer body are not copied; -1: all are.' }),
  mirrors: z.array(mirror).prefault([]).meta({ description: 'Services that get copies; their answers are dropped.' }),
  healthCheck: childrenHealth('Count on the health check of the service that answers: it must have one.'),
});
export type Mirroring = z.output<typeof mirroring>;
