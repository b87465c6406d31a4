import { z } from 'zod';
import { list, record, text } from '../snapshot/wire.js';
import { withoutEffect } from '../source/marks.js';
import { stringList } from '../source/scalars.js';
import { defineMiddleware } from './define.js';

/** `stripPrefix` (Traefik: StripPrefix). */
export const stripPrefix = defineMiddleware({
  name: 'stripPrefix',
  summary: 'Removes the first matching prefix from the request path.',
  schema: z.strictObject({
    prefixes: stringList.default([]).meta({
      description: 'Prefixes to try, in order. The first one that the decoded path starts with is removed.',
    }),
    forceSlash: withoutEffect(
      z.boolean().default(false).meta({ description: 'Deprecated: the path is rooted in any case.' }),
      'the path that is left always starts with a slash',
    ),
  }),
  wire: record('StripPrefix', {
    /** Decoded, without white space around them. */
    prefixes: list(text),
  }),
  lower: ({ prefixes }) => ({ prefixes: prefixes.map((prefix) => prefix.trim()).filter((prefix) => prefix !== '') }),
});
