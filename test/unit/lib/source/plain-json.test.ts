import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readPlainJson } from '../../../../lib/source/plain-json.js';
import { parseYaml } from '../../../../lib/source/yaml.js';
import { repeatable } from '../../../support/lib/properties.js';

test('reads objects', () => {
  const value = { a: [1, -2, null, true, 'x: "y" # z\\'], b: { 'c d': {}, '': [] }, toString: 'own' };
  for (const indent of [undefined, 1, 4]) assert.deepEqual(readPlainJson(JSON.stringify(value, null, indent)), value);
});

const doubtful = [
  '[1]',
  '"a"',
  '',
  'a: 1',
  '{"a": 1, "a": 2}',
  '{"a": {"b": 1, "\\u0062": 2}}',
  '{"a": 12345678901234567890}',
  '{"a": 1e999}',
  '{"a": 0.1}',
  '{"a": -0}',
  '{\t"a": 1}',
  '{"a": 1}\r\n',
  '{"a": 1,}',
  '{"a": 1} # comment',
  '{a: 1}',
  `{"${'k'.repeat(1100)}": 1}`,
  `${'{"a":'.repeat(150)}1${'}'.repeat(150)}`,
];
for (const text of doubtful) {
  test(`leaves ${text.slice(0, 40)} to the library`, () => assert.equal(readPlainJson(text), undefined));
}

const edits = fc.array(
  fc.tuple(
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.constantFrom(
      '"',
      '{',
      '}',
      ',',
      ':',
      '\\',
      ' ',
      '#',
      '\n',
      '"a":',
      '1',
      '&a',
      '~',
      '<<',
      '\\u0041',
      '\\n',
      '\\/',
    ),
    fc.integer({ min: 0, max: 2 }),
  ),
  { maxLength: 2 },
);
const scalar = fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.boolean(), fc.constant(null));
const usual = fc.oneof(scalar, fc.array(scalar), fc.dictionary(fc.string(), fc.array(scalar)));
const texts = fc
  .tuple(fc.dictionary(fc.string(), fc.oneof(fc.jsonValue(), usual)), fc.constantFrom(undefined, 1, 2), edits)
  .map(([value, indent, changes]) =>
    changes.reduce(
      (all, [where, piece, removed]) => {
        const at = Math.floor(where * all.length);
        return all.slice(0, at) + piece + all.slice(at + removed);
      },
      JSON.stringify(value, null, indent),
    ),
  );

test('reads nothing differently from the library, and nothing that the library refuses', () => {
  let read = 0;
  fc.assert(
    fc.property(texts, (text) => {
      const value = readPlainJson(text);
      if (value === undefined) return;
      read += 1;
      const { document, diagnostics } = parseYaml({ name: 'a.json', text });
      assert.deepEqual(diagnostics, []);
      assert.deepEqual(value, document?.value);
    }),
    { ...repeatable, numRuns: 2000 },
  );
  // If this fails the generator has become useless, not the reader.
  assert.ok(read > 150, `${read} texts were plain`);
});

test('a large text still knows its places, and its mistakes', () => {
  const routers = Object.fromEntries(
    Array.from({ length: 4000 }, (_, index) => [`r${index}`, { rule: 'Path(`/`)', service: `s${index}` }]),
  );
  const text = JSON.stringify({ http: { routers } }, null, 1);
  const { document } = parseYaml({ name: 'a.json', text });
  const origin = document?.origin(['http', 'routers', 'r3999', 'service']);
  assert.equal(
    origin?.kind === 'text' && origin.source.text.split('\n')[origin.line - 1]?.trim(),
    '"service": "s3999"',
  );
  const twice = parseYaml({ name: 'a.json', text: text.replace('"r7"', '"r8"') });
  assert.deepEqual(
    twice.diagnostics.map(({ code, message }) => [code, message]),
    [['FL1004', 'key "r8" is written twice']],
  );
});
