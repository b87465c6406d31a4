import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { renderDiagnostics } from '../../../../lib/diagnostics/render.js';
import { maxDepth } from '../../../../lib/source/limits.js';
import type { Document, Path } from '../../../../lib/source/origin.js';
import { parseYaml } from '../../../../lib/source/yaml.js';
import { brokenYaml } from './broken-yaml.js';
import { repeatable } from '../../../support/lib/properties.js';

const read = (text: string) => parseYaml({ name: 'fairlead.yml', text });

function document(text: string): Document {
  const parsed = read(text);
  assert.deepEqual(parsed.diagnostics, []);
  assert.ok(parsed.document);
  return parsed.document;
}

function place(text: string, path: Path, part?: 'key' | 'value'): string {
  const origin = document(text).origin(path, part);
  return origin.kind === 'text' ? `${origin.line}:${origin.column}+${origin.length}` : origin.kind;
}

for (const { name, text, expected } of brokenYaml) {
  test(`explains ${name}`, () => {
    assert.equal(`\n${renderDiagnostics(read(text).diagnostics)}`, expected);
  });
}

/** Larger integers become bigints, which the library does not do. */
const isExact = (value: number) => !Number.isInteger(value) || Number.isSafeInteger(value);

test('reads what the library reads', () => {
  const key = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      fc.oneof(
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.double({ noNaN: true, noDefaultInfinity: true }).filter(isExact),
      ),
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 4, noNullPrototype: true }),
    ),
  }));
  fc.assert(
    fc.property(fc.dictionary(key, tree, { noNullPrototype: true }), (value) => {
      const text = JSON.stringify(value);
      assert.deepEqual(document(text).value, parse(text));
    }),
    repeatable,
  );
});

test('an empty text is an empty mapping', () => {
  for (const text of ['', '\n', '# nothing\n', '---\n']) assert.deepEqual(document(text).value, {});
});

test('keeps integers beyond 2^53 exact', () => {
  assert.deepEqual(document('a: 9223372036854775806\nb: 42\nc: 1.5\n').value, {
    a: 9223372036854775806n,
    b: 42,
    c: 1.5,
  });
});

test('sets __proto__ as a key like any other', () => {
  const { value } = document('__proto__: { polluted: true }\n');
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
  assert.deepEqual(Object.keys(value as object), ['__proto__']);
});

test('merges mappings, own keys first, then the earlier source', () => {
  const text = 'a: &a { x: 1, y: 1 }\nb: &b { y: 2, z: 2 }\nc:\n  <<: [*a, *b]\n  x: 3\n';
  assert.deepEqual((document(text).value as { c: unknown }).c, { y: 1, z: 2, x: 3 });
});

test('refuses aliases that expand to too much', () => {
  const levels = Array.from(
    { length: 9 },
    (_, level) => `l${level + 1}: &l${level + 1} [${Array(10).fill(`*l${level}`).join(', ')}]`,
  );
  const { diagnostics } = read(`l0: &l0 [a, b, c]\n${levels.join('\n')}\n`);
  assert.deepEqual(
    diagnostics.map(({ code, message }) => [code, message]),
    [['FL1007', 'aliases expand to more than 1000000 values']],
  );
});

test('refuses what is nested too deeply, however deep', () => {
  for (const depth of [maxDepth + 1, 2000, 50_000]) {
    const { document: none, diagnostics } = read(`a: ${'['.repeat(depth)}${']'.repeat(depth)}\n`);
    assert.equal(none, undefined);
    assert.equal(diagnostics[0]?.code, 'FL1006');
  }
});

test('finds 20,000 keys of one mapping and a repeated one among them in linear time', () => {
  const keys = Array.from({ length: 20_000 }, (_, index) => `k${index}: ${index}\n`).join('');
  const before = performance.now();
  const { diagnostics } = read(`${keys}k7: again\n`);
  assert.equal(diagnostics[0]?.message, 'key "k7" is written twice');
  const found = document(keys);
  for (let index = 0; index < 20_000; index += 10)
    assert.equal((found.origin([`K${index}`]) as { line: number }).line, index + 1);
  assert.ok(performance.now() - before < 10_000);
});

const text = `http:
  routers:
    api: { rule: "Host(\`a\`)", entryPoints: [web, "web2"] }
    empty:
  services:
    - name: x
base: &base
  timeout: 5s
derived:
  <<: *base
alias: *base
`;

const places: readonly (readonly [path: Path, part: 'key' | 'value', expected: string])[] = [
  [['http', 'routers', 'api', 'rule'], 'value', '3:18+11'],
  [['http', 'routers', 'api', 'rule'], 'key', '3:12+4'],
  [['HTTP', 'Routers', 'API', 'RULE'], 'value', '3:18+11'],
  [['http', 'routers', 'api', 'entryPoints', 1], 'value', '3:50+6'],
  [['http', 'routers', 'api'], 'value', '3:10+49'],
  [['http', 'routers'], 'value', '2:3+7'],
  [['http', 'routers', 'empty'], 'value', '4:5+5'],
  [['http', 'routers', 'empty', 'rule'], 'value', '4:5+5'],
  [['http', 'routers', 'nowhere', 'rule'], 'value', '2:3+7'],
  [['http', 'services', 0, 'name'], 'value', '6:13+1'],
  [['derived', 'timeout'], 'value', '8:12+2'],
  [['alias', 'timeout'], 'value', '8:12+2'],
  [[], 'value', '1:1+5'],
];

for (const [path, part, expected] of places) {
  test(`knows the ${part} of ${path.join('.') || 'the root'}`, () => {
    assert.equal(place(text, path, part), expected);
  });
}
