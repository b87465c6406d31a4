import { z } from 'zod';
import { bool, record, text } from '../snapshot/wire.js';
import { defineMiddleware } from './define.js';

const defaultPorts: Readonly<Record<string, string>> = { http: '80', https: '443' };

/** `redirectScheme` (Traefik: RedirectScheme). */
export const redirectScheme = defineMiddleware({
  name: 'redirectScheme',
  summary: 'Redirects a request to another scheme or port.',
  schema: z.strictObject({
    scheme: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9+.-]*$/)
      .meta({ description: 'The scheme of the new URL, such as https.' }),
    port: z
      .union([z.string(), z.number().transform(String)])
      .pipe(z.string().regex(/^\d{0,5}$/))
      .default('')
      .meta({ description: 'The port of the new URL. The default port of the scheme is left out.' }),
    permanent: z.boolean().default(false).meta({ description: 'Answer 301 or 308 instead of 302 or 307.' }),
  }),
  wire: record('RedirectScheme', {
    scheme: text,
    /** With its colon; empty for the scheme's default. */
    port: text,
    permanent: bool,
  }),
  lower: ({ scheme, port, permanent }) => ({
    scheme,
    port: port === '' || port === defaultPorts[scheme] ? '' : `:${port}`,
    permanent,
  }),
});
