import assert from 'node:assert/strict';
import { test } from 'node:test';
import { middlewares } from '../../../../lib/middlewares/index.js';
import type { MiddlewareInput } from '../../../../lib/proxy/config.js';

/** The compiler says where these are wrong; without its complaints the comments before them are errors. */
const wrong: readonly MiddlewareInput[] = [
  // @ts-expect-error No middleware has this name.
  { headres: { frameDeny: true } },
  // @ts-expect-error An option of another middleware.
  { compress: { forwardBody: true } },
  // @ts-expect-error An option that has to be there is missing.
  { redirectScheme: { permanent: true } },
  // @ts-expect-error No options at all.
  { rateLimit: 5 },
];

const right: readonly MiddlewareInput[] = [
  { headers: { frameDeny: true } },
  { forwardAuth: { address: 'http://127.0.0.1:1', maxBodySize: '1MiB' } },
  { redirectScheme: { scheme: 'https' } },
  { rateLimit: { average: 5, period: '1m' } },
];

test('each middleware has the options that its type says', () => {
  const accepts = (input: MiddlewareInput): boolean =>
    Object.entries(input).every(
      ([name, options]) => middlewares.find((known) => known.name === name)?.schema.safeParse(options).success === true,
    );
  assert.deepEqual(right.map(accepts), [true, true, true, true]);
  assert.deepEqual(wrong.map(accepts), [false, false, false, false]);
});
