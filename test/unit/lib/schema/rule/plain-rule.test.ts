import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseAnyRule } from '../../../../../lib/schema/rule/parser.js';
import { readPlainRule } from '../../../../../lib/schema/rule/plain-rule.js';
import { repeatable } from '../../../../support/lib/properties.js';

const plain = [
  'Host(`a.example.com`)',
  'PathPrefix(`/`)',
  'Path(`/a/b.c-d_e~f`)',
  'Host(`A-b_c.d`) && PathPrefix(`/api`)',
  'Host(`a`) || Host(`b`) || Path(`/c`)',
];

test('reads ordinary rules as the parser does', () => {
  for (const rule of plain) {
    const read = readPlainRule(rule);
    assert.ok(read !== undefined, rule);
    assert.deepEqual({ rule: read, problems: [] }, parseAnyRule(rule, 'v3'));
  }
});

const notPlain = [
  ...[
    '',
    'Host',
    'Host(`',
    'Host(`a',
    'Host(`a`',
    'Host(``)',
    'Host(`a`))',
    'Host(`a`) ',
    'Host(`a`) && ',
    '!Host(`a`)',
  ],
  ...['Host(`*.a`)', 'Host(`a:80`)', 'Host(`{a}`)', 'Host(`é.com`)', 'Path(`a`)', 'Path(`/{a}`)', 'Path(`/a?b`)'],
  ...[
    'Host(`a`)&&Path(`/`)',
    'Host(`a`) & Path(`/`)',
    'Host(`a`) && Path(`/`) || Path(`/b`)',
    'Host(`a`) && (Path(`/`))',
  ],
  ...['Host(`a`, `b`)', 'Host("a")', 'host(`a`)', 'Method(`GET`)', 'Host(`a`)\n', 'Host(`a\n`)', 'Path(`/a\r`)'],
];

test('leaves everything else to the parser', () => {
  for (const rule of notPlain) assert.equal(readPlainRule(rule), undefined, rule);
});

/** Pieces of rules, put together without sense: many are rules, and many are nearly some. */
const pieces = fc.constantFrom(
  ...[
    'Host(`a.com`)',
    'Path(`/a`)',
    'PathPrefix(`/b`)',
    'Host(`',
    'Path(`',
    '`)',
    '(`',
    '`',
    '(',
    ')',
    '!',
    ' ',
    '\n',
    '\r',
  ],
  ...[
    ' && ',
    ' || ',
    '&&',
    ' & ',
    '|',
    'Host',
    'a',
    '/',
    '.',
    '-',
    '*',
    '{',
    '}',
    ':8',
    '"',
    ',',
    'é',
    '?',
    'Method(`GET`)',
  ],
);
const joined = fc
  .tuple(fc.array(pieces, { minLength: 1, maxLength: 4 }), fc.constantFrom(' && ', ' || '))
  .map(([parts, by]) => parts.join(by));
const calls = fc.constantFrom('Host(`a.com`)', 'Host(`B`)', 'Path(`/a`)', 'PathPrefix(`/b/c.d`)');
const ordinary = fc
  .tuple(fc.array(calls, { minLength: 1, maxLength: 4 }), fc.constantFrom(' && ', ' || '))
  .map(([parts, by]) => parts.join(by));
const loose = fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join(''));

test('says what the parser says, or nothing', () => {
  let sure = 0;
  fc.assert(
    fc.property(fc.oneof(ordinary, joined, loose), (rule) => {
      const read = readPlainRule(rule);
      if (read === undefined) return;
      sure += 1;
      assert.deepEqual({ rule: read, problems: [] }, parseAnyRule(rule, 'v3'));
    }),
    { ...repeatable, numRuns: 4_000 },
  );
  assert.ok(sure > 300, `it was sure only ${sure} times`);
});
