import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { defaultPriority, hostsOf, parseRule, ruleLimits } from '../../../../../lib/schema/rule/parser.js';
import { repeatable } from '../../../../support/lib/properties.js';
import { shown } from '../../../../support/lib/rule-tree.js';

const accepted: readonly (readonly [rule: string, tree: string])[] = [
  ['Host(`a.com`)', 'Host(a.com)'],
  ['Host("a.com")', 'Host(a.com)'],
  ['host(`a`)', 'Host(a)'],
  ['HOST(`a`)', 'Host(a)'],
  ['Pathprefix(`/a`)', 'PathPrefix(/a)'],
  ['PATHPREFIX(`/a`)', 'PathPrefix(/a)'],
  ['Clientip(`10.0.0.1`)', 'ClientIP(10.0.0.1)'],
  ['Host(`a`) && Path(`/b`)', 'and(Host(a) Path(/b))'],
  ['Host(`a`) || Host(`b`) && Path(`/c`)', 'or(Host(a) and(Host(b) Path(/c)))'],
  ['(Host(`a`) || Host(`b`)) && Path(`/c`)', 'and(or(Host(a) Host(b)) Path(/c))'],
  ['Host(`a`) || Host(`b`) || Host(`c`)', 'or(Host(a) Host(b) Host(c))'],
  ['!Host(`a`) && Path(`/`)', 'and(not(Host(a)) Path(/))'],
  ['!(Host(`a`) && Path(`/`))', 'not(and(Host(a) Path(/)))'],
  ['!!Host(`a`)', 'not(not(Host(a)))'],
  ['Host(`a`)\n', 'Host(a)'],
  ['\n  Host(`a`) &&\n  Path(`/`)\n', 'and(Host(a) Path(/))'],
  ['Host(\n`a`,)', 'Host(a)'],
  ['(\nHost(`a`))', 'Host(a)'],
  ['Host(`a`) // comment', 'Host(a)'],
  ['Host(`a`) /* b */ && /* c\nd */ Path(`/`)', 'and(Host(a) Path(/))'],
  ['Header(`X-A`, `b,c`)', 'Header(X-A,b,c)'],
  ['Path("/caf\\u00e9")', 'Path(/café)'],
  ['Path("/caf\\xc3\\xa9")', 'Path(/café)'],
  ['Path("/\\101\\t\\"")', 'Path(/A\t")'],
  ['Path(`/\\d`)', 'Path(/\\d)'],
  ['Path(`/a\r\nb`)', 'Path(/a\nb)'],
  ['Query(`a`)', 'Query(a)'],
  ['Query(`a`, `b`)', 'Query(a,b)'],
  ['QueryRegexp(`a`, `^b`)', 'QueryRegexp(a,^b)'],
  ['HeaderRegexp(`X-A`, `^b`)', 'HeaderRegexp(X-A,^b)'],
  ['PathRegexp(`a$`)', 'PathRegexp(a$)'],
  ['HostRegexp(`^.+\\.a\\.com$`)', 'HostRegexp(^.+\\.a\\.com$)'],
  ['ClientIP(`2001:db8::/32`)', 'ClientIP(2001:db8::/32)'],
  ['ClientIP(`fe80::1%eth0`)', 'ClientIP(fe80::1%eth0)'],
  ['Method(`get`)', 'Method(get)'],
  ['Host(`*`) && Host(`*.a.com`)', 'and(Host(*) Host(*.a.com))'],
];

test('accepts the v3 grammar', async (t) => {
  for (const [rule, tree] of accepted) {
    await t.test(JSON.stringify(rule), () => {
      const parsed = parseRule(rule);
      assert.deepEqual(parsed.problems, []);
      assert.equal(shown(parsed.rule), tree);
    });
  }
});

/** Rule, message, the part of the rule it points at, a part of the hint. */
const refused: readonly (readonly [rule: string, message: string, at: string, hint?: string])[] = [
  ['', "expected operand, found 'EOF'", ''],
  ['Hots(`a`)', 'unsupported function: Hots', 'Hots', 'did you mean "Host"?'],
  ['pathPrefix(`/`)', 'unsupported function: pathPrefix', 'pathPrefix', 'did you mean "PathPrefix"?'],
  ['Headers(`a`, `b`)', 'unsupported function: Headers', 'Headers', 'v3 says Header'],
  ['HostSNI(`a`)', 'unsupported function: HostSNI', 'HostSNI', 'tcp routers'],
  ['a.Host(`a`)', 'unsupported function: a.Host', 'a'],
  ['Host', 'Host is not defined', 'Host', 'write Host('],
  ['Host(a.com)', 'a.com is not defined', 'a.com', 'between back-ticks'],
  ["Host('a.com')", 'single quotes do not make a string', "'a.com'", '`a.com`'],
  ["Host('a", 'rune literal not terminated', "'a"],
  ['Host(`a', 'raw string literal not terminated', '`a'],
  ['Host("a', 'string literal not terminated', '"a'],
  ['Host("a\nb")', 'string literal not terminated', '"a'],
  ['PathRegexp("\\d")', 'unknown escape sequence', '\\d', 'back-ticks'],
  ['Path("/\\ud800")', 'escape sequence is invalid Unicode code point', '\\ud800'],
  ['Path("/\\777")', 'octal escape is above 255', '\\777'],
  ['Path("/\\xff")', 'string literal is not valid UTF-8', '"/\\xff"'],
  ['Host(`a`) /* b', 'comment not terminated', '/*'],
  ['Host(`a`) § Path(`/`)', 'illegal character "§"', '§'],
  ['Host(`a`) Path(`/`)', "expected 'EOF', found Path", 'Path', '&& or ||'],
  ['Host(`a`) and Path(`/`)', "expected 'EOF', found and", 'and', 'write &&'],
  ['Host(`a`), Path(`/`)', "expected 'EOF', found ','", ',', '|| or &&'],
  ['Host(`a`))', "expected 'EOF', found ')'", ')', 'too many'],
  ['(Host(`a`)', "expected ')', found 'EOF'", '', 'close'],
  ['Host(`a`', "expected ')', found 'EOF'", '', 'close'],
  ['Host(`a` `b`)', "missing ',' in argument list", '`b`'],
  ['Host(`a`\n)', "missing ',' before newline in argument list", '\n'],
  ['Host(`a`)\n&& Path(`/`)', "expected 'EOF', found '&&'", '&&', 'newline'],
  ['(Host(`a`)\n)', "expected ')', found newline", '\n'],
  ['Host(`a`) &&', "expected operand, found 'EOF'", ''],
  ['&& Host(`a`)', "expected operand, found '&&'", '&&'],
  ['Host(`a`) & Path(`/`)', '& is not supported', '&', 'write &&'],
  ['Host(`a`) == Path(`/`)', '== is not supported', '=='],
  ['-Host(`a`)', '- is not supported', '-'],
  ['`a`', 'a rule is made of matchers, found a literal', '`a`', 'Host(`a`)'],
  ['"/a"', 'a rule is made of matchers, found a literal', '"/a"', 'PathPrefix(`/a`)'],
  ['Host(1)', 'Host takes text, found the number 1', '1', 'write `1`'],
  ['Host()', 'no args for matcher Host', 'Host()'],
  ['Host(``)', 'empty args for matcher Host, []', '``'],
  ['Query(`a`, ``)', 'empty args for matcher Query, [a ]', '``'],
  [
    'Host(`a`, `b`)',
    'Host: unexpected number of parameters; got 2, expected one of [1]',
    '`a`',
    'Host(`a`) || Host(`b`)',
  ],
  ['Header(`a`)', 'Header: unexpected number of parameters; got 1, expected one of [2]', '`a`'],
  ['Query(`a`,`b`,`c`)', 'Query: unexpected number of parameters; got 3, expected one of [1 2]', '`a`'],
  ['Path(`a`)', 'path "a" does not start with a \'/\'', '`a`', 'write `/a`'],
  ['PathPrefix(`a`)', 'path "a" does not start with a \'/\'', '`a`'],
  [
    'Host(`bücher.de`)',
    'invalid value "bücher.de" for Host matcher, non-ASCII characters are not allowed',
    '`bücher.de`',
    'xn--bcher-kva.de',
  ],
  ['HostRegexp(`é`)', 'invalid value "é" for HostRegexp matcher, non-ASCII characters are not allowed', '`é`'],
  [
    'ClientIP(`10.0.0.0/33`)',
    'initializing IP checker for ClientIP matcher: parsing CIDR trusted IPs 10.0.0.0/33: invalid CIDR address: 10.0.0.0/33',
    '`10.0.0.0/33`',
  ],
  [
    'ClientIP(`10.0.0`)',
    'initializing IP checker for ClientIP matcher: parsing CIDR trusted IPs 10.0.0: invalid CIDR address: 10.0.0',
    '`10.0.0`',
  ],
  [
    'PathRegexp(`^/(?=a)`)',
    'compiling PathRegexp matcher: error parsing regexp: invalid or unsupported Perl syntax: `(?=`',
    '(?=',
    'look-around',
  ],
  ['HeaderRegexp(`X`, `[`)', 'compiling HeaderRegexp matcher: error parsing regexp: missing closing ]: `[`', '['],
];

test('refuses what Traefik refuses, with its text, the place and a hint', async (t) => {
  for (const [rule, message, at, hint] of refused) {
    await t.test(JSON.stringify(rule), () => {
      const parsed = parseRule(rule);
      const [problem] = parsed.problems;
      assert.equal(parsed.rule, undefined);
      assert.equal(problem?.message, message);
      assert.equal(rule.slice(problem.span.start, problem.span.end), at);
      if (hint !== undefined) assert.ok(problem.hint?.includes(hint), problem.hint);
    });
  }
});

test('reports every faulty matcher of a rule at once', () => {
  const { problems } = parseRule('Hots(`a`) && (Path(`b`) || ClientIP(`c`))');
  assert.deepEqual(
    problems.map(({ kind }) => kind),
    ['matcher', 'argument', 'argument'],
  );
});

const suspicious: readonly (readonly [rule: string, hint: string])[] = [
  ['Host(`https://a.com/b`)', 'Host(`a.com`)'],
  ['Host(`a.com:8080`)', 'Host(`a.com`)'],
  ['Host(`a.*.com`)', 'HostRegexp'],
  ['Host(`{sub:[a-z]+}.a.com`)', 'HostRegexp'],
  ['Path(`/{id:[0-9]+}`)', 'PathRegexp'],
  ['Path(`/a?b=c`)', 'Query'],
  ['Header(`Host`, `a`)', 'Host('],
  ['Header(`X A`, `a`)', 'token'],
];

test('warns of a matcher that can match nothing and keeps the rule', async (t) => {
  for (const [rule, hint] of suspicious) {
    await t.test(rule, () => {
      const parsed = parseRule(rule);
      assert.notEqual(parsed.rule, undefined);
      assert.equal(parsed.problems[0]?.severity, 'warning');
      assert.ok(parsed.problems[0].hint?.includes(hint), parsed.problems[0].hint);
    });
  }
});

test('takes a deep but legal rule and refuses one beyond each limit', () => {
  const nested = (depth: number): string => '('.repeat(depth) + 'Host(`a`)' + ')'.repeat(depth);
  const many = (count: number): string => Array.from({ length: count }, () => 'Path(`/`)').join('||');
  assert.equal(shown(parseRule(nested(ruleLimits.depth)).rule), 'Host(a)');
  assert.equal(parseRule(nested(ruleLimits.depth + 1)).problems[0]?.kind, 'limit');
  assert.equal(parseRule('!'.repeat(100_000) + 'Host(`a`)').problems[0]?.kind, 'limit');
  assert.equal(parseRule(many(ruleLimits.matchers)).rule?.type, 'or');
  assert.equal(parseRule(many(ruleLimits.matchers + 1)).problems[0]?.kind, 'limit');
  assert.equal(parseRule(`Path(\`/${'a'.repeat(ruleLimits.bytes)}\`)`).problems[0]?.kind, 'limit');
});

test('the default priority counts the bytes of the rule', () => {
  assert.equal(defaultPriority('Path(`/é`)'), 11);
});

test('collects the hosts of the whole rule, negated ones included', () => {
  const { rule } = parseRule('Host(`B.com`) || !(Host(`a.com.`) && Path(`/`)) || Host(`b.com`) || HostRegexp(`c`)');
  assert.ok(rule);
  assert.deepEqual(hostsOf(rule), ['b.com', 'a.com']);
});

test('answers any text with a tree or an error inside it', () => {
  const words = [
    'Host',
    'PathRegexp',
    'Hots',
    '(',
    ')',
    '`a`',
    '"/b"',
    "'c'",
    '`',
    '"',
    '&&',
    '||',
    '!',
    ',',
    '.',
    ' ',
    '\n',
    '/*',
    '//',
    '0x1',
    '\\',
    '[',
    'é',
    '😀',
  ];
  const text = fc.oneof(
    fc.array(fc.constantFrom(...words), { maxLength: 30 }).map((parts) => parts.join('')),
    fc.string(),
  );
  fc.assert(
    fc.property(text, (rule) => {
      const { rule: tree, problems } = parseRule(rule);
      assert.equal(
        tree === undefined,
        problems.some(({ severity }) => severity === 'error'),
      );
      for (const { span } of problems) assert.ok(span.start >= 0 && span.start <= span.end && span.end <= rule.length);
    }),
    { ...repeatable, numRuns: 3_000 },
  );
});
