import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostsOf, parseRule, ruleLimits } from '../../../../../lib/schema/rule/parser.js';
import { shown } from '../../../../support/lib/rule-tree.js';

/** What each matcher of v2 means, in the leaves that the data plane knows. */
const accepted: readonly (readonly [rule: string, tree: string])[] = [
  ['Host(`a.com`)', 'Host(a.com)'],
  ['Host(`a.com`, `b.com`)', 'or(Host(a.com) Host(b.com))'],
  ['HostHeader(`a.com`, `b.com`)', 'or(Host(a.com) Host(b.com))'],
  ['hostheader(`a.com`)', 'Host(a.com)'],
  ['HostRegexp(`a.com`)', 'HostRegexp((?i)^a\\.com$)'],
  ['HostRegexp(`{sub}.a.com`)', 'HostRegexp((?i)^(?:[^.]+)\\.a\\.com$)'],
  ['HostRegexp(`{sub:[a-z]+}.a.com`, `b.com`)', 'or(HostRegexp((?i)^(?:[a-z]+)\\.a\\.com$) HostRegexp((?i)^b\\.com$))'],
  ['HostRegexp(`{any:.+}`)', 'HostRegexp((?i)^(?:.+)$)'],
  ['ClientIP(`10.0.0.0/8`, `::1`)', 'or(ClientIP(10.0.0.0/8) ClientIP(::1))'],
  ['Path(`/a`, `/b`)', 'or(Path(/a) Path(/b))'],
  ['Path(`/a/{id}`)', 'PathRegexp(^/a/(?:[^/]+)$)'],
  ['Path(`/a/{id:[0-9]{3}}/b.html`)', 'PathRegexp(^/a/(?:[0-9]{3})/b\\.html$)'],
  ['PathPrefix(`/a`)', 'PathPrefix(/a)'],
  ['PathPrefix(`/a`, `/{b:b|c}/`)', 'or(PathPrefix(/a) PathRegexp(^/(?:b|c)/))'],
  ['Method(`get`, `POST`)', 'or(Method(get) Method(POST))'],
  ['Headers(`X-A`, `1`)', 'Header(X-A,1)'],
  ['Headers(`X-A`, `1`, `X-B`, `2`)', 'and(Header(X-A,1) Header(X-B,2))'],
  ['HeadersRegexp(`X-A`, `^1`, `X-B`, `2$`)', 'and(HeaderRegexp(X-A,^1) HeaderRegexp(X-B,2$))'],
  ['Query(`a=1`)', 'QueryFirst(a,1)'],
  ['Query(`a=1=2`)', 'QueryFirst(a,1=2)'],
  ['Query(`a=1`, `b=2`)', 'and(QueryFirst(a,1) QueryFirst(b,2))'],
  ['Query(`a=`)', 'QueryFirstRegexp(a,^.*$)'],
  ['Query(`a={any}`)', 'QueryFirstRegexp(a,^(?:.*)$)'],
  ['Query(`a=v{n:[0-9]+}`)', 'QueryFirstRegexp(a,^v(?:[0-9]+)$)'],
  ['Query(`a`, `b`)', 'QueryFirst(a,b)'],
  ['!Host(`a`, `b`) && Path(`/`)', 'and(not(or(Host(a) Host(b))) Path(/))'],
];

test('reads the matchers of v2', async (t) => {
  for (const [rule, tree] of accepted) {
    await t.test(rule, () => {
      const parsed = parseRule(rule, 'v2');
      assert.deepEqual(parsed.problems, []);
      assert.equal(shown(parsed.rule), tree);
    });
  }
});

/** Rule, message, the part of the rule it points at, a part of the hint. */
const refused: readonly (readonly [rule: string, message: string, at: string, hint?: string])[] = [
  ['PathRegexp(`a`)', 'unsupported function: PathRegexp', 'PathRegexp', 'Path(`/{name:pattern}`)'],
  ['Header(`a`, `b`)', 'unsupported function: Header', 'Header', 'v2 says Headers'],
  ['HeaderRegexp(`a`, `b`)', 'unsupported function: HeaderRegexp', 'HeaderRegexp', 'v2 says HeadersRegexp'],
  ['QueryRegexp(`a`, `b`)', 'unsupported function: QueryRegexp', 'QueryRegexp', 'Query('],
  ['HostSNI(`a`)', 'unsupported function: HostSNI', 'HostSNI', 'tcp routers'],
  ['Hots(`a`)', 'unsupported function: Hots', 'Hots', 'did you mean "Host"?'],
  ['Host()', 'no args for matcher Host', 'Host()'],
  ['Host(`a`, ``)', 'empty args for matcher Host, [a ]', '``'],
  ['Host(`é`)', 'invalid value "é" for "Host" matcher, non-ASCII characters are not allowed', '`é`', 'xn--9ca'],
  ['HostRegexp(`é`)', 'invalid value "é" for HostRegexp matcher, non-ASCII characters are not allowed', '`é`'],
  ['HostRegexp(`{a`)', 'mux: unbalanced braces in "{a"', '{a'],
  ['HostRegexp(`a}`)', 'mux: unbalanced braces in "a}"', 'a}'],
  ['HostRegexp(`{:a}`)', 'mux: missing name or pattern in "{:a}"', '{:a}'],
  ['HostRegexp(`{a:}.b`)', 'mux: missing name or pattern in "{a:}"', '{a:}'],
  ['HostRegexp(`{}.b`)', 'mux: missing name or pattern in "{}"', '{}'],
  ['Path(`a`)', 'mux: path must start with a slash, got "a"', '`a`', 'write `/a`'],
  ['PathPrefix(`/a`, `b`)', 'mux: path must start with a slash, got "b"', '`b`'],
  ['Path(`/{a:(?=b)}`)', 'error parsing regexp: invalid or unsupported Perl syntax: `(?=`', '(?=', 'look-around'],
  ['Path(`/{a:b)|(c}`)', 'error parsing regexp: unexpected ): `)|(c`', ')|(c'],
  ['Headers(`a`)', 'mux: number of parameters must be multiple of 2, got [a]', 'Headers(`a`)'],
  ['Headers(`a`, `b`, `c`)', 'mux: number of parameters must be multiple of 2, got [a b c]', 'Headers(`a`, `b`, `c`)'],
  ['HeadersRegexp(`a`, `(`)', 'compiling HeadersRegexp matcher: error parsing regexp: missing closing ): `(`', '('],
  ['Query(`a`)', 'mux: number of parameters must be multiple of 2, got [a]', 'Query(`a`)', 'Query(`key=value`)'],
  [
    'ClientIP(`10.0.0.1`, `x`)',
    'could not initialize IP Checker for "ClientIP" matcher: parsing CIDR trusted IPs x: invalid CIDR address: x',
    '`x`',
  ],
];

test('refuses what Traefik refuses in v2, with the place and a hint', async (t) => {
  for (const [rule, message, at, hint] of refused) {
    await t.test(rule, () => {
      const parsed = parseRule(rule, 'v2');
      const [problem] = parsed.problems;
      assert.equal(parsed.rule, undefined);
      assert.equal(problem?.message, message);
      assert.equal(rule.slice(problem.span.start, problem.span.end), at);
      if (hint !== undefined) assert.match(problem.hint ?? '', new RegExp(quoted(hint)));
    });
  }
});

const quoted = (text: string): string => text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');

test('a star is no wildcard in v2: it is compared as it is, and a warning says so', () => {
  const { rule, problems } = parseRule('Host(`*.a.com`)', 'v2');
  assert.equal(shown(rule), 'HostRegexp(^\\*\\.a\\.com$)');
  assert.deepEqual([problems[0]?.severity, problems.length], ['warning', 1]);
});

test('every value counts for the limit of a rule', () => {
  const many = (count: number): string => `Host(${Array.from({ length: count }, (_, at) => `\`h${at}\``).join(', ')})`;
  assert.equal(parseRule(many(ruleLimits.matchers), 'v2').rule?.type, 'or');
  assert.equal(parseRule(many(ruleLimits.matchers + 1), 'v2').problems[0]?.kind, 'limit');
});

test('hosts of a rule are those of its Host matchers', () => {
  const { rule } = parseRule('Host(`A.com.`, `b.com`) && HostRegexp(`c.com`)', 'v2');
  assert.ok(rule);
  assert.deepEqual(hostsOf(rule), ['a.com', 'b.com']);
});
