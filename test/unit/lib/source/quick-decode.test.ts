import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { middlewares } from '../../../../lib/middlewares/index.js';
import { router } from '../../../../lib/schema/router.js';
import { sections } from '../../../../lib/schema/sections.js';
import { serversTransport } from '../../../../lib/schema/servers-transport.js';
import { serviceKinds, serviceMiddlewares } from '../../../../lib/schema/service.js';
import { tlsCertificate, tlsOptions, tlsStore } from '../../../../lib/schema/tls.js';
import { decode } from '../../../../lib/source/decode.js';
import { bare, notYet, withoutEffect } from '../../../../lib/source/marks.js';
import { objectDocument } from '../../../../lib/source/object.js';
import { parseText } from '../../../../lib/source/parse.js';
import { isMapping } from '../../../../lib/source/path.js';
import { decodeQuickly, unsure } from '../../../../lib/source/quick-decode.js';
import { mutated, seeds } from '../../../support/lib/mutated-configurations.js';
import { Random } from '../../../support/lib/random.js';

const objects: readonly z.ZodType[] = [
  router,
  ...Object.values(serviceKinds),
  serviceMiddlewares,
  serversTransport,
  tlsCertificate,
  tlsOptions,
  tlsStore,
  ...middlewares.map(({ schema }) => schema),
];

/** Whether the quick decoder was sure; then it must have said what the decoder says. */
function compared(schema: z.ZodType, value: unknown): boolean {
  const quick = decodeQuickly(schema, value);
  if (quick === unsure) return false;
  const slow = decode(schema, objectDocument(value, 'the test'));
  assert.deepEqual(slow.diagnostics, []);
  assert.deepEqual(quick, slow.value);
  return true;
}

/** The value and everything in it. */
function* everything(value: unknown): Iterable<unknown> {
  yield value;
  if (Array.isArray(value)) for (const item of value) yield* everything(item);
  else if (isMapping(value)) for (const item of Object.values(value)) yield* everything(item);
}

test('says what the decoder says, or nothing: examples, fixtures and what mistakes make of them', () => {
  const random = new Random(Number(process.env['FAIRLEAD_TEST_SEED'] ?? '1'));
  let sure = 0;
  for (const { name, text } of seeds()) {
    for (let round = 0; round < 6; round++) {
      const { document } = parseText({ name, text: round === 0 ? text : mutated(text, random) });
      if (document === undefined) continue;
      if (compared(sections, document.value)) sure += 1;
      for (const value of everything(document.value))
        if (typeof value === 'object') for (const schema of objects) if (compared(schema, value)) sure += 1;
    }
  }
  assert.ok(sure > 300, `it was sure only ${sure} times`);
});

test('is sure of routers and services as most are', () => {
  assert.ok(compared(router, { rule: 'Host(`a`)', service: 's' }));
  assert.ok(compared(router, { rule: '', service: 's', entryPoints: ['web'], middlewares: [], priority: 5, tls: {} }));
  assert.ok(compared(serviceKinds.loadBalancer, { servers: [{ url: 'http://a', weight: 2 }], passHostHeader: false }));
  assert.ok(compared(sections, { http: { routers: { a: { rule: 1 } }, services: {} }, tls: { certificates: [{}] } }));
});

const some = z.strictObject({
  text: z.string(),
  number: z.int().optional(),
  real: z.number().optional(),
  choice: z.enum(['one', 'two']).prefault('one'),
  list: z.array(z.string()).min(1).optional(),
  map: z.record(z.string(), z.int()).optional(),
  inner: bare(z.strictObject({ on: z.boolean().prefault(true) })).optional(),
  later: notYet('Later.'),
  idle: withoutEffect(z.boolean().optional(), 'nothing happens'),
});

for (const [what, more] of Object.entries({
  null: { number: null },
  undefined: { number: undefined },
  'a number for a text': { text: 1 },
  'a text for a number': { number: '1' },
  'a text for a list': { list: 'a,b' },
  'an empty list': { list: [] },
  'a fraction': { number: 1.5 },
  'a number that is none': { real: Number.NaN },
  'another case': { choice: 'ONE' },
  'a key in another case': { Number: 1 },
  'an unknown key': { unknown: 1 },
  'a bare key': { inner: true },
  'a key without effect': { idle: true },
  'a key of later versions': { later: {} },
  'nothing in a mapping': { map: { a: null } },
}))
  test(`leaves ${what} to the decoder`, () => {
    assert.equal(decodeQuickly(some, { text: 'a', ...more }), unsure);
    assert.ok(compared(some, { text: 'a', number: 1, real: 0.5, list: ['a'], map: { a: 1 }, inner: {} }));
  });
