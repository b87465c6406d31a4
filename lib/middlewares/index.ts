import { addPrefix } from './add-prefix.js';
import { compress } from './compress.js';
import { forwardAuth } from './forward-auth.js';
import { headers } from './headers.js';
import { rateLimit } from './rate-limit.js';
import { redirectScheme } from './redirect-scheme.js';
import { retry } from './retry.js';
import { stripPrefix } from './strip-prefix.js';

/** The registry: one line per middleware, alphabetical. Schema, docs and C++ tables are generated from it. */
// prettier-ignore
/** The definitions, one line each: everything else about a middleware follows from its definition. */
export const middlewares = [
  addPrefix,
  compress,
  forwardAuth,
  headers,
  rateLimit,
  redirectScheme,
  retry,
  stripPrefix,
] as const;
