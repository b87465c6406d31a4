/** What is left of a broken service made of services: the names in it are checked all the same. */
import { z } from 'zod';
import type { Failover } from '../schema/failover.js';
import type { Mirroring } from '../schema/mirroring.js';
import type { Weighted } from '../schema/service.js';

const someChildren = z.array(z.looseObject({ name: z.string().optional() })).optional();
/** The names in a service made of services, whatever else is in it. */
export const someNames = z.looseObject({
  services: someChildren,
  mirrors: someChildren,
  service: z.string().optional(),
  fallback: z.string().optional(),
});
type SomeNames = z.output<typeof someNames>;

const divided = ({ services = [] }: SomeNames): Weighted => ({
  services: services.map(({ name = '' }) => ({ name, weight: 1 })),
});

/** What is left of each kind; names that could not be read are empty. */
export const remains = {
  weighted: divided,
  highestRandomWeight: divided,
  mirroring: ({ service = '', mirrors = [] }: SomeNames): Mirroring => ({
    service,
    mirrorBody: true,
    maxBodySize: -1,
    mirrors: mirrors.map(({ name = '' }) => ({ name, percent: 1 })),
  }),
  failover: ({ service = '', fallback = '' }: SomeNames): Failover => ({
    service,
    fallback,
    errors: { status: [{ from: 500, to: 599 }], maxRequestBodyBytes: -1 },
  }),
};
