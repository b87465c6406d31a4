import { z } from 'zod';
import { record, text } from '../snapshot/wire.js';
import { defineMiddleware } from './define.js';

/** Bytes that stand for themselves in a path (RFC 3986 section 3.3), so that everything else is escaped. */
const literal = /[A-Za-z0-9\-._~!$&'()*+,;=:@/]/;

/** A literal path as it is written in a request line, rooted. */
function escapedPath(path: string): string {
  const rooted = path.startsWith('/') ? path : `/${path}`;
  return Array.from(Buffer.from(rooted), (byte) => {
    const character = String.fromCharCode(byte);
    return byte < 128 && literal.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}

/** `addPrefix` (Traefik: AddPrefix). */
export const addPrefix = defineMiddleware({
  name: 'addPrefix',
  summary: 'Puts a prefix in front of the request path.',
  schema: z.strictObject({
    prefix: z
      .string()
      .min(1)
      .meta({ description: 'What is put in front of the path; a leading slash is added when it has none.' }),
  }),
  wire: record('AddPrefix', {
    /** Escaped, starts with a slash. */
    prefix: text,
  }),
  lower: ({ prefix }) => ({ prefix: escapedPath(prefix) }),
});
