import { z } from 'zod';

/**
 * A key that Traefik knows and this version cannot honour, where ignoring it would weaken what the user asked for (client
 * certificates, identities): the object that has it is refused. Keys that may be ignored are `notYet`.
 */
export function refused(description: string) {
  return z
    .unknown()
    .optional()
    .refine((value) => value === undefined || value === false, {
      error: 'must be left out: it is not supported yet',
      params: { code: 'FL3012' },
    })
    .meta({ description });
}
