import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RuleTables } from '../../../../../lib/compile/rule/instruction.js';
import { withoutCrowds } from '../../../../../lib/compile/rule/crowds.js';
import type { RouteKey } from '../../../../../lib/compile/rule/keys.js';
import { type LoweredRule, lowerRule, mostInstructions } from '../../../../../lib/compile/rule/lower.js';
import type { Match, RuleNode } from '../../../../../lib/schema/rule/ast.js';
import { parseRule } from '../../../../../lib/schema/rule/parser.js';
import { accept, hostKinds, ops, reject } from '../../../../../lib/snapshot/records.js';
import { Random } from '../../../../support/lib/random.js';
import { randomRule, values } from '../../../../support/lib/random-rules.js';
import { keyHolds, programAccepts, type RequestSample, ruleAccepts } from '../../../../support/lib/rule-meaning.js';

function parsed(text: string): RuleNode {
  const { rule, problems } = parseRule(text);
  assert.ok(rule, problems[0]?.message);
  return rule;
}

function lowered(text: string, tables = new RuleTables()): LoweredRule {
  const { lowered } = lowerRule(parsed(text), tables);
  assert.ok(lowered);
  return lowered;
}

/** `op key=value >onTrue:onFalse`, jumps as numbers, accept as +, reject as -. */
function shown({ program }: LoweredRule): readonly string[] {
  const names = new Map<number, string>(Object.entries(ops).map(([name, op]) => [op, name]));
  const target = (to: number): string => (to === accept ? '+' : to === reject ? '-' : String(to));
  return program.map(({ op, key, value, operand, onTrue, onFalse }) =>
    [names.get(op), key, value, operand || '', `>${target(onTrue)}:${target(onFalse)}`]
      .filter((part) => part !== '')
      .join(' '),
  );
}

describe('programs', () => {
  const cases: readonly (readonly [rule: string, ...program: string[]])[] = [
    ['Host(`A.com.`)', 'host a.com >+:-'],
    ['Host(`*.A.com`)', 'hostWildcard .a.com >+:-'],
    ['Host(`*`)', 'always >+:-'],
    ['Host(`*a.com`)', 'always >-:-'],
    ['Header(`Host`, `a.com`)', 'always >-:-'],
    ['!Header(`Host`, `a.com`)', 'always >+:-'],
    ['Header(`X-Kind`, `One`)', 'header x-kind One >+:-'],
    ['Method(`get`)', 'method GET >+:-'],
    ['Query(`K`)', 'queryPresent K >+:-'],
    ['QueryRegexp(`K`)', 'queryPresent K >+:-'],
    ['Query(`K`, `v`)', 'query K v >+:-'],
    ['Path(`/a`) && Method(`GET`)', 'path /a >1:-', 'method GET >+:-'],
    ['Path(`/a`) || Method(`GET`)', 'path /a >+:1', 'method GET >+:-'],
    ['!(Path(`/a`) || Method(`GET`))', 'path /a >-:1', 'method GET >-:+'],
    ['!(Path(`/a`) && Method(`GET`))', 'path /a >1:+', 'method GET >-:+'],
    [
      '(Path(`/a`) || Path(`/b`)) && !(Method(`GET`) && Query(`k`))',
      'path /a >2:1',
      'path /b >2:-',
      'method GET >3:+',
      'queryPresent k >-:+',
    ],
    ['Path(`/a`) && Host(`*`) && Path(`/b`)', 'path /a >1:-', 'path /b >+:-'],
    ['Header(`Host`, `x`) && Path(`/a`) || Path(`/b`)', 'path /b >+:-'],
    ['Host(`*`) || Path(`/a`)', 'always >+:-'],
  ];
  for (const [rule, ...program] of cases) {
    test(rule, () => assert.deepEqual(shown(lowered(rule)), program));
  }
});

describe('keys', () => {
  const hostMarks = ['any', '', '*', '…', '~'] as const;
  const pathMarks = ['any', '', '', '~'] as const;
  /**
   * `host path`, `any` where nothing is asked, suffixes and prefixes with `…`, patterns with `~`, and `?` when the program
   * must still run.
   */
  const shownKey = ({ hostKind, pathKind, host, path, sufficient }: RouteKey): string =>
    `${hostMarks[hostKind] ?? ''}${host} ${pathMarks[pathKind] ?? ''}${path}${pathKind === 2 ? '…' : ''}${sufficient ? '' : ' ?'}`;

  const cases: readonly (readonly [rule: string, ...keys: string[]])[] = [
    ['Host(`a.com`)', 'a.com any'],
    ['Host(`*.a.com`)', '*.a.com any'],
    ['Host(`*`)', 'any any'],
    ['Path(`/a`)', 'any /a'],
    ['PathPrefix(`/a`)', 'any /a…'],
    ['Method(`GET`)', 'any any ?'],
    ['Host(`a.com`) && PathPrefix(`/a`)', 'a.com /a…'],
    ['Host(`a.com`) && PathPrefix(`/a`) && Method(`GET`)', 'a.com /a… ?'],
    ['PathPrefix(`/a`) && Path(`/ab`)', 'any /ab'],
    ['PathPrefix(`/a`) && PathPrefix(`/ab`)', 'any /ab…'],
    ['Host(`*.a.com`) && Host(`x.a.com`)', 'x.a.com any'],
    ['Host(`a.com`) || Host(`b.com`)', 'a.com any', 'b.com any'],
    ['(Host(`a.com`) || Host(`b.com`)) && (Path(`/a`) || Path(`/b`))', 'a.com /a', 'a.com /b', 'b.com /a', 'b.com /b'],
    ['Host(`a.com`) || Host(`b.com`) && Method(`GET`)', 'a.com any', 'b.com any ?'],
    ['Host(`a.com`) || Path(`/a`) && Host(`a.com`)', 'a.com any'],
    ['Host(`a.com`) || Host(`*.com`)', '*.com any'],
    ['Host(`a.com`) || Method(`GET`)', 'a.com any', 'any any ?'],
    ['!Host(`a.com`)', 'any any ?'],
    ['!Host(`a.com`) && Path(`/a`)', 'any /a ?'],
    ['!(!Host(`a.com`) || Method(`GET`))', 'a.com any ?'],
    ['!Host(`*`)'],
    ['Host(`a.com`) && Host(`b.com`)'],
    ['Path(`/a`) && PathPrefix(`/b`)'],
    ['HostRegexp(`^a`) && Path(`/a`)', '~^a /a ?'],
    ['HostRegexp(`^a`)', '~^a any ?'],
    ['!HostRegexp(`^a`)', 'any any ?'],
    ['HostRegexp(`^[a-z]+\\.a\\.com$`)', '….a.com any ?'],
    ['HostRegexp(`(?i)^a\\.COM$`)', '…a.com any ?'],
    ['HostRegexp(`\\.a\\.com$`) && Host(`x.a.com`)', 'x.a.com any ?'],
    ['HostRegexp(`\\.a\\.com$`) && Host(`b.com`)', 'b.com any ?'],
    ['HostRegexp(`\\.a\\.com$`) && Host(`*.a.com`)', '*.a.com any ?'],
    ['HostRegexp(`\\.com$`) && HostRegexp(`^a`)', '….com any ?'],
    ['HostRegexp(`\\.com$`) || Host(`a.com`)', '….com any ?', 'a.com any'],
    ['HostRegexp(`^b\\.com$`) || HostRegexp(`^b.com$`)', '…b.com any ?', '…com any ?'],
    ['PathRegexp(`^/api/v[0-9]+`)', 'any /api/v… ?'],
    ['PathRegexp(`^/[a-z]+$`)', 'any ~^/[a-z]+$ ?'],
    ['PathRegexp(`x`) && PathPrefix(`/a`)', 'any /a… ?'],
    ['PathRegexp(`^/a/[0-9]`) && Path(`/a/1`)', 'any /a/1 ?'],
    ['PathRegexp(`^/a/[0-9]`) && PathPrefix(`/b`)'],
    ['Host(`a.com`) && PathRegexp(`^/a/[0-9]`)', 'a.com /a/… ?'],
  ];
  for (const [rule, ...keys] of cases) {
    test(rule, () => assert.deepEqual(lowered(rule).keys.map(shownKey), keys));
  }

  const flattened: readonly (readonly [rule: string, ...keys: string[]])[] = [
    ['Host(`a.com`)', 'a.com any'],
    ['Host(`a.com`) && Host(`b.com`)', 'a.com any ?'],
    ['Host(`*.com`) && Host(`b.org`) && Path(`/a`)', 'b.org /a ?'],
    ['Host(`*.com`) && Host(`a.com`)', 'a.com any'],
    ['Path(`/a`) && PathPrefix(`/b`)'],
    ['(Host(`a.com`) || Host(`b.com`)) && Host(`c.com`)', 'a.com any ?', 'b.com any ?'],
  ];
  for (const [rule, ...keys] of flattened) {
    test(`${rule} of a request with two hosts`, () =>
      assert.deepEqual(lowered(rule, new RuleTables(true)).keys.map(shownKey), keys));
  }

  const either = (count: number, matcher: (index: number) => string): string =>
    `(${Array.from({ length: count }, (_, index) => matcher(index)).join(' || ')})`;
  const host = (index: number): string => `Host(\`h${index}.com\`)`;
  const path = (index: number): string => `Path(\`/p${index}\`)`;

  test('a hundred hosts stay a hundred keys', () => assert.equal(lowered(either(100, host)).keys.length, 100));

  test('too many pairs leave the hosts to stand for both', () => {
    const { keys } = lowered(`${either(20, path)} && ${either(10, host)}`);
    assert.equal(keys.length, 10);
    assert.ok(keys.every(({ hostKind, pathKind, sufficient }) => hostKind === 1 && pathKind === 0 && !sufficient));
  });

  test('a rule with more hosts than an index should hold is tried for every request', () => {
    assert.deepEqual(lowered(either(1025, host)).keys.map(shownKey), ['any any ?']);
  });
});

test('patterns that share their literal part in a crowd are told apart by the pattern', () => {
  const routers = (count: number) =>
    Array.from({ length: count }, (_, index) => lowered(`HostRegexp(\`^t${index}-.*\\.a\\.com$\`)`));
  const kinds = (count: number) =>
    new Set(withoutCrowds(routers(count)).flatMap(({ keys }) => keys.map((key) => key.hostKind)));
  assert.deepEqual([...kinds(8)], [hostKinds.suffix]);
  assert.deepEqual([...kinds(9)], [hostKinds.pattern]);
  const [first] = withoutCrowds(routers(9));
  assert.equal(first?.keys[0]?.host, '^t0-.*\\.a\\.com$');
});

describe('tables', () => {
  test('hold each pattern and network once, for all rules', () => {
    const tables = new RuleTables();
    const first = lowered('HostRegexp(`a`) && PathRegexp(`b`) && ClientIP(`10.0.0.0/8`)', tables);
    const second = lowered('PathRegexp(`a`) && ClientIP(`10.0.0.0/8`) && ClientIP(`::1`)', tables);
    assert.deepEqual([...tables.patterns].sort(), ['a', 'b']);
    assert.deepEqual(tables.ranges.map(({ bits }) => bits).sort(), [104, 128]);
    assert.equal(tables.patterns[second.program[0]?.operand ?? 9], 'a');
    assert.equal(first.program[2]?.operand, second.program[1]?.operand);
  });
});

test('refuses a rule that needs more instructions than jumps can reach', () => {
  const span = { start: 0, end: 1 };
  const one: Match = { type: 'match', matcher: 'Path', args: ['/'], span };
  const rule = (count: number): RuleNode => ({ type: 'and', operands: Array.from({ length: count }, () => one), span });
  assert.equal(lowerRule(rule(mostInstructions), new RuleTables()).problem, undefined);
  const { problem } = lowerRule(rule(mostInstructions + 1), new RuleTables());
  assert.equal(problem?.kind, 'limit');
  assert.match(problem.message, /65534 instructions/);
});

for (const flattens of [false, true]) {
  const name = `programs and keys mean what the rule means${flattens ? ', for requests with two hosts' : ''}`;
  test(name, () => compareMeanings(flattens));
}

function compareMeanings(flattens: boolean): void {
  const random = new Random(7);
  const accepted = { rules: 0, keys: 0, sufficient: 0 };
  for (let count = 0; count < 2_000; count++) {
    const text = randomRule(random);
    const rule = parsed(text);
    const tables = new RuleTables(flattens);
    const { program, keys } = lowered(text, tables);
    for (let tries = 0; tries < 20; tries++) {
      const request = { ...randomRequest(random), ...(flattens && { flattenedHost: random.pick(values.hosts) }) };
      const expected = ruleAccepts(rule, request);
      const found = keys.filter((key) => keyHolds(key, request));
      const told = withoutCrowds(Array.from({ length: 9 }, () => ({ keys })))[0]?.keys ?? [];
      assert.ok(!expected || told.some((key) => keyHolds(key, request)), `no key in a crowd of ${text}`);
      const context = `${text} for ${JSON.stringify(request)}`;
      assert.equal(programAccepts(program, tables, request), expected, context);
      assert.ok(!expected || found.length > 0, `no key of ${context}`);
      assert.ok(expected || found.every(({ sufficient }) => !sufficient), `a sufficient key of ${context}`);
      accepted.rules += Number(expected);
      accepted.keys += Number(found.length > 0);
      accepted.sufficient += Number(found.some(({ sufficient }) => sufficient));
    }
  }
  for (const often of Object.values(accepted)) assert.ok(often > 2_000, JSON.stringify(accepted));
}

function randomRequest(random: Random): RequestSample {
  const some = <T>(make: () => T): readonly T[] => Array.from({ length: random.below(3) }, make);
  return {
    host: random.chance(5) ? '' : random.pick(values.hosts),
    path: random.pick(values.paths),
    method: random.pick(values.methods),
    headers: some(() => [random.pick(['X-A', 'x-a', 'X-B']), random.pick(['1', '2', 'a, b'])] as const),
    query: some(() => [random.pick(['k', 'l', 'a b']), random.pick(['', 'v', 'v w', '1'])] as const),
    client: random.pick(values.addresses),
  };
}
