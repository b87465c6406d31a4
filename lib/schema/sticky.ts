/** `sticky` of services: a cookie that keeps a client at the server it was given first. */
import { z } from 'zod';
import { bare } from '../source/marks.js';

const malformed = (hint: string) => ({ code: 'FL2006', hint });

/** Labels of letters, digits and hyphens; a dot before them is allowed and means nothing (RFC 6265, section 5.2.3). */
const isDomain = (text: string): boolean =>
  text.length <= 253 &&
  /^\.?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i.test(text);

const cookie = bare(
  z.strictObject({
    name: z
      .string()
      .optional()
      .meta({ description: 'Name of the cookie; one made of the name of the service when left out.' }),
    secure: z.boolean().prefault(false).meta({ description: 'Sent by clients over TLS only.' }),
    httpOnly: z.boolean().prefault(false).meta({ description: 'Hidden from scripts.' }),
    sameSite: z
      .string()
      .transform((value) => value.trim().toLowerCase())
      .pipe(z.enum(['none', 'lax', 'strict', '']))
      .optional()
      .meta({ description: 'Whether clients send it with requests from other sites: none, lax or strict.' }),
    maxAge: z
      .int()
      .prefault(0)
      .meta({ description: 'Seconds that it lives; 0 = as long as the browser runs, negative = not at all.' }),
    path: z
      .string()
      .refine((path) => /^[\x20-\x3a\x3c-\x7e]*$/.test(path), {
        error: 'must be the path of a cookie',
        params: malformed('printable ASCII without ;'),
      })
      .prefault('/')
      .meta({ description: 'Paths with which it is sent.' }),
    domain: z
      .string()
      .refine((domain) => domain === '' || isDomain(domain), {
        error: 'must be a domain',
        params: malformed('such as example.com'),
      })
      .optional()
      .meta({ description: 'Domain with whose hosts it is sent; the host of the request when left out.' }),
  }),
);

/** The schema of `sticky`. */
export const sticky = z.strictObject({
  cookie: cookie.optional().meta({ description: 'Remembers the choice in a cookie.' }),
});
export type Sticky = z.output<typeof sticky>;
export type StickyCookie = z.output<typeof cookie>;
