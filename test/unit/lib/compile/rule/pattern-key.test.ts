import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostEnd, pathStart } from '../../../../../lib/compile/rule/pattern-key.js';

const ends: readonly (readonly [pattern: string, end: string])[] = [
  ['^a\\.com$', 'a.com'],
  ['(?i)^A\\.com$', 'a.com'],
  ['^[a-z]+\\.a\\.com$', '.a.com'],
  ['^.+\\.a\\.com$', '.a.com'],
  ['(^|\\.)a\\.com$', 'a.com'],
  ['x*a$', 'a'],
  ['ab?c$', 'c'],
  ['ab{2}c$', 'c'],
  ['ab{2,}$', ''],
  ['a+$', ''],
  ['a$|b$', ''],
  ['(a|b)c$', 'c'],
  ['a.b$', 'b'],
  ['a[.]b$', 'b'],
  ['a[]$]b$', 'b'],
  ['a[[:alpha:]]b$', 'b'],
  ['a\\$', ''],
  ['a\\\\$', 'a\\'],
  ['\\x41$', ''],
  ['\\Qa.b\\E$', ''],
  ['\\pL$', ''],
  ['\\d-a$', '-a'],
  ['a(?i)b$', ''],
  ['(?:a)b$', 'b'],
  ['(?P<x>a)b$', 'b'],
  ['a', ''],
  ['$', ''],
  ['', ''],
];
test('the literal end of a pattern for hosts', () => {
  for (const [pattern, end] of ends) assert.equal(hostEnd(pattern), end, pattern);
});

const starts: readonly (readonly [pattern: string, start: string])[] = [
  ['^/api/v[0-9]+', '/api/v'],
  ['^/a$', '/a'],
  ['^/ab?', '/a'],
  ['^/ab*c', '/a'],
  ['^/a(b|c)', '/a'],
  ['^/a|/b', ''],
  ['^(/a|/b)', ''],
  ['(?i)^/a', ''],
  ['^/a\\.b', '/a.b'],
  ['^/é', '/é'],
  ['/a', ''],
  ['^', ''],
];
test('the literal start of a pattern for paths', () => {
  for (const [pattern, start] of starts) assert.equal(pathStart(pattern), start, pattern);
});
