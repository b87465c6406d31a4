import assert from 'node:assert/strict';
import { test } from 'node:test';
import { locate } from '../../../../../lib/schema/rule/locate.js';
import type { TextOrigin } from '../../../../../lib/source/origin.js';

interface Case {
  readonly name: string;
  readonly text: string;
  /** Column of the scalar in line 1. */
  readonly column: number;
  readonly value: string;
  /** Line and column of `Pth`. */
  readonly expected: readonly [line: number, column: number];
}

const cases: readonly Case[] = [
  { name: 'plain', text: 'rule: Host(`a`) && Pth(`/`)', column: 7, value: 'Host(`a`) && Pth(`/`)', expected: [1, 20] },
  {
    name: 'plain with backslashes',
    text: 'rule: P(`\\\\d`) && Pth(`/`)',
    column: 7,
    value: 'P(`\\\\d`) && Pth(`/`)',
    expected: [1, 19],
  },
  {
    name: 'double quotes',
    text: 'rule: "Host(\\"a\\") && Pth(`/`)"',
    column: 7,
    value: 'Host("a") && Pth(`/`)',
    expected: [1, 23],
  },
  {
    name: 'single quotes',
    text: "rule: 'P(`a''b`) && Pth(`/`)'",
    column: 7,
    value: "P(`a'b`) && Pth(`/`)",
    expected: [1, 21],
  },
  {
    name: 'folded',
    text: 'rule: >-\n    Host(`a`) &&\n    Pth(`/`)\n',
    column: 7,
    value: 'Host(`a`) && Pth(`/`)',
    expected: [3, 5],
  },
  {
    name: 'literal',
    text: 'rule: |\n    Host(`a`) &&\n    Pth(`/`)\n',
    column: 7,
    value: 'Host(`a`) &&\nPth(`/`)\n',
    expected: [3, 5],
  },
  {
    name: 'TOML multi-line',
    text: 'rule = """\nHost(`a`) && Pth(`/`)"""',
    column: 8,
    value: 'Host(`a`) && Pth(`/`)',
    expected: [2, 14],
  },
  {
    name: 'replaced reference',
    text: 'rule: Host(`${env:X}`) && Pth(`/`)',
    column: 7,
    value: 'Host(`a`) && Pth(`/`)',
    expected: [1, 7],
  },
];

test('maps a place in a rule to its place in the file', async (t) => {
  for (const { name, text, column, value, expected } of cases) {
    await t.test(name, () => {
      const origin: TextOrigin = { kind: 'text', source: { name: 'a.yml', text }, line: 1, column, length: 1 };
      const start = value.indexOf('Pth');
      const found = locate(origin, value, { start, end: start + 3 });
      assert.ok(found.kind === 'text');
      assert.deepEqual([found.line, found.column], expected);
      assert.equal(found.length, expected[0] === 1 && expected[1] === column ? 1 : 3);
    });
  }
});

test('leaves an origin that is not a text alone', () => {
  const origin = { kind: 'object', owner: 'createProxy' } as const;
  assert.equal(locate(origin, 'Host(`a`)', { start: 0, end: 4 }), origin);
});
