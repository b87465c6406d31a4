import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import { test } from 'node:test';
import type { DiagnosticCode } from '../../../../lib/diagnostics/codes.js';
import { codes } from '../../../../lib/diagnostics/codes.js';
import { type Diagnostic, diagnose } from '../../../../lib/diagnostics/diagnostic.js';
import { diagnosticToJson, renderDiagnostics, summarise, wantsColor } from '../../../../lib/diagnostics/render.js';
import type { Origin, SourceText } from '../../../../lib/source/origin.js';

const source: SourceText = { name: 'a.yml', text: 'one: 1\n\ttwo: 2\nthree: 3\nfour: 4\n' };
const at = (line: number, column = 1, length = 3, text = source): Origin => ({
  kind: 'text',
  source: text,
  line,
  column,
  length,
});

function finding(origin: Origin, more: Partial<Diagnostic> = {}): Diagnostic {
  return { ...diagnose('FL2001', { message: 'unknown key', path: 'a.b', origin }), ...more };
}

test('shows code, message, place, excerpt, caret, hint and effect', () => {
  const text = renderDiagnostics([finding(at(3, 1, 5), { hint: 'did you mean "tree"?', effect: 'nothing serves' })]);
  assert.equal(
    text,
    `error FL2001 unknown key                                        a.yml:3:1
   1 | one: 1
   2 |   two: 2
   3 | three: 3
     | ^^^^^ did you mean "tree"?
  effect  nothing serves
`,
  );
});

test('puts the caret below the text where a tab stands before it', () => {
  assert.match(renderDiagnostics([finding(at(2, 2, 3))]), /\n {3}2 \| {3}two: 2\n {5}\| {3}\^\^\^\n/);
});

test('sorts by file, line and column, errors first at one place', () => {
  const other = { name: 'b.yml', text: 'x' };
  const sorted = [
    finding(at(1, 1, 1, other)),
    finding(at(3)),
    finding(at(2, 5)),
    finding(at(2, 2), { severity: 'warning' }),
    finding(at(2, 2)),
    finding({ kind: 'flag', flag: '--x' }),
  ];
  const heads = renderDiagnostics(sorted)
    .split('\n')
    .filter((line) => /^(error|warning)/.test(line));
  assert.deepEqual(
    heads.map((line) => line.replace(/ +/g, ' ')),
    [
      'error FL2001 unknown key flag --x',
      'error FL2001 unknown key a.yml:2:2',
      'warning FL2001 unknown key a.yml:2:2',
      'error FL2001 unknown key a.yml:2:5',
      'error FL2001 unknown key a.yml:3:1',
      'error FL2001 unknown key b.yml:1:1',
    ],
  );
});

test('says once what several objects have in common, with every effect', () => {
  const same = ['a', 'b', 'a'].map((name) => finding(at(3), { effect: `${name} is disabled` }));
  const text = renderDiagnostics(same);
  assert.equal(text.match(/error/g)?.length, 1);
  assert.deepEqual(text.match(/effect .*/g), ['effect  a is disabled', 'effect  b is disabled']);
  assert.equal(summarise(same), '1 error');
});

test('caps what it shows and counts the rest', () => {
  const many = Array.from({ length: 12 }, (_, index) => finding({ kind: 'flag', flag: `--x${index}` }));
  const lines = renderDiagnostics(many, { limit: 10 }).trimEnd().split('\n');
  assert.equal(lines.length, 11);
  assert.equal(lines.at(-1), '… and 2 more findings');
});

const places: readonly (readonly [origin: Origin, expected: string])[] = [
  [{ kind: 'flag', flag: '--log.level' }, 'flag --log.level'],
  [{ kind: 'environment', variable: 'TRAEFIK_LOG_LEVEL' }, 'environment TRAEFIK_LOG_LEVEL'],
  [{ kind: 'object', owner: 'createProxy()' }, 'createProxy()'],
];

for (const [origin, expected] of places) {
  test(`names the place ${expected}, and puts the hint on a line of its own`, () => {
    const [head, hint] = renderDiagnostics([finding(origin, { hint: 'try again' })]).split('\n');
    assert.ok(head?.endsWith(`  ${expected}`));
    assert.equal(hint, '  hint    try again');
  });
}

test('cuts a minified line around the place', () => {
  const long = { name: 'a.json', text: `{${'"k": 1, '.repeat(500)}"bad": 2}` };
  const [, line = '', caret = ''] = renderDiagnostics([finding(at(1, long.text.indexOf('"bad"') + 1, 5, long))]).split(
    '\n',
  );
  assert.ok(line.length < 180);
  assert.equal(line.slice(caret.indexOf('^'), caret.lastIndexOf('^') + 1), '"bad"');
});

test('colours change nothing but colours', () => {
  const findings = [finding(at(3), { hint: 'h', effect: 'e' })];
  const colored = renderDiagnostics(findings, { color: true });
  assert.notEqual(colored, renderDiagnostics(findings));
  assert.equal(stripVTControlCharacters(colored), renderDiagnostics(findings));
});

test('as JSON a finding has its place, but not the text it is about', () => {
  assert.deepEqual(diagnosticToJson(finding(at(3), { hint: 'h' })), {
    code: 'FL2001',
    severity: 'error',
    message: 'unknown key',
    path: 'a.b',
    origin: { kind: 'text', file: 'a.yml', line: 3, column: 1, length: 3 },
    hint: 'h',
  });
});

test('counts findings by severity', () => {
  assert.equal(summarise([]), 'no findings');
  assert.equal(
    summarise([finding(at(1)), finding(at(2)), finding(at(1), { severity: 'notice' })]),
    '2 errors, 1 notice',
  );
});

const colorCases: readonly (readonly [isTTY: boolean, environment: Record<string, string>, expected: boolean])[] = [
  [true, {}, true],
  [false, {}, false],
  [true, { NO_COLOR: '1' }, false],
  [true, { NO_COLOR: '' }, true],
  [true, { TERM: 'dumb' }, false],
  [false, { FORCE_COLOR: '1' }, true],
];

for (const [isTTY, environment, expected] of colorCases) {
  test(`${expected ? 'colours' : 'no colours'} for ${isTTY ? 'a terminal' : 'a pipe'} with ${JSON.stringify(environment)}`, () => {
    assert.equal(wantsColor({ isTTY }, environment), expected);
  });
}

test('every code is explained in sentences', () => {
  for (const code of Object.keys(codes) as DiagnosticCode[]) {
    const { title, help } = codes[code];
    assert.match(code, /^FL[1-7]\d{3}$/);
    assert.match(title, /^[^.]+$/, code);
    assert.match(help, /\.$/, code);
  }
});
