import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { stringify, type ToStringOptions } from 'yaml';
import { readPlainYaml } from '../../../../lib/source/plain-yaml.js';
import { parseYaml } from '../../../../lib/source/yaml.js';
import { repeatable } from '../../../support/lib/properties.js';

const texts: readonly (readonly [text: string, expected: unknown])[] = [
  ['a: 1\nb: -2\nc: 0.25\nd: 10s\n', { a: 1, b: -2, c: 0.25, d: '10s' }],
  ['a: true\nb: ~\nc:\nd: null\n', { a: true, b: null, c: null, d: null }],
  ['rule: Host(`a`) && Path(`/`) # why\n', { rule: 'Host(`a`) && Path(`/`)' }],
  ["a: \"x: y\"\nb: 'it''s'\nc: :80\nd: a#b\n", { a: 'x: y', b: "it's", c: ':80', d: 'a#b' }],
  ['a:\n- x\n- y\nb:\n  - z\n', { a: ['x', 'y'], b: ['z'] }],
  ['a:\n  - b: 1\n    c: 2\n  - d:\n      e: 3\n  -\n    f: 4\n', { a: [{ b: 1, c: 2 }, { d: { e: 3 } }, { f: 4 }] }],
  [
    'a: { b: { c: [1, "x, y", ~], d: 10s }, e: http://a:80/x } # why\n',
    { a: { b: { c: [1, 'x, y', null], d: '10s' }, e: 'http://a:80/x' } },
  ],
  [
    'a:\n  - { rule: Host(`a`) && Path(`/`), service: b }\n  - [[1], {}, []]\n',
    { a: [{ rule: 'Host(`a`) && Path(`/`)', service: 'b' }, [[1], {}, []]] },
  ],
  ['---\n# comment\na: [web, "x y", 1]\n\nb: []\nc: {}\n', { a: ['web', 'x y', 1], b: [], c: {} }],
];

for (const [text, expected] of texts) {
  test(`reads ${JSON.stringify(text)}`, () => assert.deepEqual(readPlainYaml(text), expected));
}

const doubtful = [
  ...[
    'a: &x 1\n',
    'a: *x\n',
    'a: !t x\n',
    'a: |\n  x\n',
    'a: >\n  x\n',
    'a: {b: 1,}\n',
    'a: {b}\n',
    'a: {b: 1, b: 2}\n',
    'a: {__proto__: 1}\n',
    'a: {null: 1}\n',
    'a: {b: c: d}\n',
    'a: {"b":1}\n',
    'a: {b: [}\n',
    'a: [1, ]\n',
    'a: [x: 1]\n',
    'a: [&x 1]\n',
    'a: [a #b]\n',
    'a: {b:\n  1}\n',
    'a: [1] 2\n',
    'a: [1]#2\n',
    '{"a": 1}',
    '? a\n: 1\n',
  ],
  ...[
    'a: 1\na: 2\n',
    'a:\n  x: 1\n  y: 1\nb:\n  y: 1\n  y: 2\n',
    'a:\n  x: 1\nb:\n  "x": 1\n  x: 2\n',
    'a:\n\tb: 1\n',
    'a: 1\r\n',
    'a: x\n  y\n',
    'a: b: c\n',
    'a: 0x1F\n',
    'a: 1e3\n',
    'a: "\\n"\n',
    'a: 1\n---\nb: 2\n',
  ],
  ...[
    '<<: 1\n',
    'null: 1\n',
    '__proto__: 1\n',
    'a: 1\n  b: 2\n',
    ' a: 1\nb: 2\n',
    'a:\n  b: 1\n c: 2\n',
    'text\nmore\n',
    '',
    'a: -\n',
    'a: 12345678901234567890\n',
  ],
];

for (const text of doubtful) {
  test(`leaves ${JSON.stringify(text)} to the library`, () => assert.equal(readPlainYaml(text), undefined));
}

test('keys that stand twice in a mapping are never read, whatever the mappings before it were', () => {
  const names = fc.array(fc.constantFrom('a', 'b', '"c"', 'd', 'null_'), { minLength: 1, maxLength: 4 });
  const many = fc.record({ size: fc.integer({ min: 14, max: 20 }), again: fc.option(fc.nat({ max: 20 })) });
  const long = many.map(({ size, again }) =>
    [...Array.from({ length: size }, (_, at) => at), ...(again === null ? [] : [again])].map((at) => `k${at}`),
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(names, long), { maxLength: 8 }), (mappings) => {
      const lines = mappings.map((keys) => keys.map((key, at) => `${at === 0 ? '-' : ' '} ${key}: ${at}\n`).join(''));
      const isTwice = mappings.some((keys) => new Set(keys).size < keys.length);
      const text = `list:${lines.length === 0 ? ' []' : ''}\n${lines.join('')}`;
      assert.deepEqual(readPlainYaml(text), isTwice ? undefined : parseYaml({ name: 'a.yml', text }).document?.value);
    }),
    { numRuns: 300 },
  );
});

const scalar = fc.oneof(
  fc.constantFrom(
    '10s',
    'web',
    'Host(`a`) && Path(`/`)',
    'http://1.2.3.4:80',
    '1.2.3.4',
    'a-b',
    'x#y',
    'a:b',
    "it's",
    ':80',
    'a, b',
    'Ünï',
  ),
  fc.constantFrom('- a', 'a: b', 'a #b', '[x]', '~', '0x1f', '007', '.5', '1.', '-', '? a', '"', '2026-01-01', ''),
  fc.integer(),
  fc.boolean(),
  fc.constantFrom(null, 1.5, 100.125),
);
const key = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9./@-]{0,3}$/);
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(key, tie('tree'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));
const options = fc.constantFrom<ToStringOptions>(
  {},
  { indentSeq: false },
  { indent: 4 },
  { defaultStringType: 'QUOTE_SINGLE' },
  { lineWidth: 0 },
  { collectionStyle: 'flow', lineWidth: 0 },
  { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: false },
);
/** Block style down to the values of the root, flow style below. */
const mixed = fc.dictionary(key, tree, { noNullPrototype: true }).map((value) =>
  Object.entries(value)
    .map(([name, below]) => `${name}: ${stringify(below, { collectionStyle: 'flow', lineWidth: 0 })}`)
    .join(''),
);
const uniform = fc
  .tuple(fc.dictionary(key, tree, { noNullPrototype: true }), options)
  .map(([value, how]) => stringify(value, how));
const written = fc.oneof(uniform, mixed);
const pieces = fc.constantFrom(
  ...' -:#"\'[],a1{}|&*?~.%'.split(/(?:)/),
  '- ',
  ': ',
  '\n',
  '\n  ',
  '\n- ',
  ' #',
  '\n\n',
);
const edits = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), pieces, fc.integer({ min: 0, max: 2 })), {
  maxLength: 3,
});
const edited = fc.tuple(written, edits).map(([text, changes]) =>
  changes.reduce((all, [where, piece, removed]) => {
    const at = Math.floor(where * all.length);
    return all.slice(0, at) + piece + all.slice(at + removed);
  }, text),
);

test('reads nothing differently from the library, and nothing that the library refuses', () => {
  let read = 0;
  fc.assert(
    fc.property(edited, (text) => {
      const value = readPlainYaml(text);
      if (value === undefined) return;
      read += 1;
      const { document, diagnostics } = parseYaml({ name: 'a.yml', text });
      assert.deepEqual(diagnostics, []);
      assert.deepEqual(value, document?.value);
    }),
    { ...repeatable, numRuns: 2000 },
  );
  // If this fails the generator has become useless, not the reader.
  assert.ok(read > 100, `${read} texts were in plain form`);
});

function large(routers: number): string {
  const entries = Array.from(
    { length: routers },
    (_, index) =>
      `    r${index}:\n      rule: "Host(\`h${index}.test\`) && PathPrefix(\`/api\`)"\n      service: s${index}\n      entryPoints: [web]\n`,
  );
  return `http:\n  routers:\n${entries.join('')}`;
}

test('a large text still knows its places', () => {
  const { document, diagnostics } = parseYaml({ name: 'a.yml', text: large(3000) });
  assert.deepEqual(diagnostics, []);
  const origin = document?.origin(['http', 'routers', 'r2999', 'service']);
  assert.equal(origin?.kind === 'text' && `${origin.line}:${origin.column}`, '12001:16');
});

test('a mistake in a large text is found all the same', () => {
  const { diagnostics } = parseYaml({ name: 'a.yml', text: `${large(3000)}    r7:\n      rule: x\n` });
  assert.deepEqual(
    diagnostics.map(({ code, message }) => [code, message]),
    [['FL1004', 'key "r7" is written twice']],
  );
});
