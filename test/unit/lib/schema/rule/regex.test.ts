import assert from 'node:assert/strict';
import { test } from 'node:test';
import { regexProblem } from '../../../../../lib/schema/rule/regex.js';

const accepted = [
  '',
  'a',
  '^/api/v[0-9]+$',
  '(a|b)*',
  '(?i)abc',
  '(?i:abc)',
  '(?:a)',
  '(?P<name>a)',
  '(?<name>a)',
  'a{3}',
  'a{3,}',
  'a{3,5}?',
  'a{',
  'a{,3}',
  'x{a}',
  '[a-z]',
  '[^]a]',
  '[]a]',
  '[-a]',
  '[a-]',
  '[[:alpha:]_]',
  '[\\d\\-]',
  '\\pL',
  '\\p{Greek}',
  '\\p{^Greek}',
  '\\x41',
  '\\x{10FFFF}',
  '\\Qa(b\\E',
  '\\Qa(',
  '\\.',
  '\\/',
  '\\-',
  '\\b\\B\\A\\z',
  '\\012',
  'a|',
  '|',
  '()',
  '(?s).',
  '[a\\]b]',
  '(a*)*',
  'é+',
  '(a{30}){30}',
  '^(?:[a-z0-9-]+\\.)+example\\.com$',
  '[\\x00-\\x7f]',
  '[😀-😂]',
];

test('accepts what RE2 accepts', async (t) => {
  for (const pattern of accepted) await t.test(pattern, () => assert.equal(regexProblem(pattern), undefined));
});

const refused: readonly (readonly [pattern: string, message: string, at: number])[] = [
  ['(?=a)', 'invalid or unsupported Perl syntax: `(?=`', 0],
  ['a(?!b)', 'invalid or unsupported Perl syntax: `(?!`', 1],
  ['(?<=a)', 'invalid or unsupported Perl syntax: `(?<=`', 0],
  ['(?<!a)', 'invalid or unsupported Perl syntax: `(?<!`', 0],
  ['(?>a)', 'invalid or unsupported Perl syntax: `(?>`', 0],
  ['(?#a)', 'invalid or unsupported Perl syntax: `(?#`', 0],
  ['(?P=n)', 'invalid or unsupported Perl syntax: `(?P=`', 0],
  ['(?P<a-b>c)', 'invalid named capture: `(?P`', 0],
  ['(?P<a>b)(?P<a>c)', 'duplicate capture group name: `a`', 8],
  ['(a)\\1', 'invalid escape sequence: `\\1`', 3],
  ['\\Z', 'invalid escape sequence: `\\Z`', 0],
  ['\\k<a>', 'invalid escape sequence: `\\k`', 0],
  ['a\\', 'trailing backslash at end of expression', 1],
  ['*a', 'missing argument to repetition operator: `*`', 0],
  ['a|+', 'missing argument to repetition operator: `+`', 2],
  ['(?i)*', 'missing argument to repetition operator: `*`', 4],
  ['a**', 'invalid nested repetition operator: `**`', 1],
  ['a++', 'invalid nested repetition operator: `++`', 1],
  ['a*{2}', 'invalid nested repetition operator: `*{2}`', 1],
  ['a{1001}', 'invalid repeat count: `{1001}`', 1],
  ['a{3,2}', 'invalid repeat count: `{3,2}`', 1],
  ['(a{40}){40}', 'invalid repeat count: `{40}`', 7],
  ['(a', 'missing closing ): `(a`', 0],
  ['a)', 'unexpected ): `)`', 1],
  ['[a', 'missing closing ]: `[a`', 0],
  ['[z-a]', 'invalid character class range: `z-a`', 1],
  ['[a-\\d]', 'invalid character class range: `a-\\d`', 1],
  ['[[:foo:]]', 'invalid character class range: `[:foo:]`', 1],
  ['[\\b]', 'invalid escape sequence: `\\b`', 1],
  ['('.repeat(201), 'expression nests too deeply: `(`', 200],
];

test('refuses what RE2 has not, at its place', async (t) => {
  for (const [pattern, message, at] of refused) {
    await t.test(pattern.slice(0, 40), () => {
      const found = regexProblem(pattern);
      assert.equal(found?.message, message);
      assert.equal(found.at, at);
    });
  }
});
