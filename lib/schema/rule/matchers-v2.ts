/**
 * The matchers of rule syntax v2, each turned into the tree of v3 leaves that means the same. They take any number of
 * values: hosts, paths, methods and addresses are alternatives, headers and parameters are demands.
 */
import type { LeafName, Match, RuleNode, Span } from './ast.js';
import type { Token } from './lexer.js';
import {
  address,
  type Check,
  headerName,
  isAscii,
  listed,
  neverHost,
  notTexts,
  problem,
  punycode,
  regex,
  warning,
} from './matchers.js';
import type { RuleProblem } from './parser.js';
import { quoteMeta, readTemplate, type TemplateKind } from './template.js';

/** The matchers of v2 in their canonical spelling. */
export const matcherNamesOfV2 = [
  'ClientIP',
  'Headers',
  'HeadersRegexp',
  'Host',
  'HostHeader',
  'HostRegexp',
  'Method',
  'Path',
  'PathPrefix',
  'Query',
] as const;

/** The canonical name of a matcher of v2. */
export type MatcherNameOfV2 = (typeof matcherNamesOfV2)[number];

/** What a call stands for. Where a problem refuses the rule, the node is any. */
export interface Called {
  readonly node: RuleNode;
  readonly problems: readonly RuleProblem[];
}

/** One value, or a key with its value, turned into a leaf. */
interface Part {
  readonly leaf?: Match;
  readonly problem?: RuleProblem | undefined;
}

type Lowering = (args: readonly Token[], span: Span) => readonly Part[];

const lowerings: Readonly<Record<MatcherNameOfV2, { readonly joint: 'and' | 'or'; readonly parts: Lowering }>> = {
  ClientIP: { joint: 'or', parts: each(({ text, span }) => checked('ClientIP', [text], span, range)) },
  Headers: { joint: 'and', parts: pairs('Header', headerName) },
  HeadersRegexp: { joint: 'and', parts: pairs('HeaderRegexp', headerName, regex('HeadersRegexp')) },
  Host: { joint: 'or', parts: each(host) },
  HostHeader: { joint: 'or', parts: each(host) },
  HostRegexp: { joint: 'or', parts: each(hostTemplate) },
  Method: { joint: 'or', parts: each(({ text, span }) => leaf('Method', [text], span)) },
  Path: { joint: 'or', parts: each((arg) => path(arg, 'Path', 'path')) },
  PathPrefix: { joint: 'or', parts: each((arg) => path(arg, 'PathPrefix', 'pathPrefix')) },
  Query: { joint: 'and', parts: query },
};

/** The tree of one call, and everything that is wrong with it. */
export function callOfV2(matcher: MatcherNameOfV2, args: readonly Token[], span: Span): Called {
  const refused = notTexts(matcher, args, span);
  if (refused !== undefined) return { node: anyLeaf(span), problems: [refused] };
  const { joint, parts } = lowerings[matcher];
  const made = parts(args, span);
  const leaves = made.flatMap(({ leaf: one }) => one ?? []);
  const problems = made.flatMap(({ problem: one }) => one ?? []);
  const [first = anyLeaf(span)] = leaves;
  return { node: leaves.length < 2 ? first : { type: joint, operands: leaves, span }, problems };
}

const anyLeaf = (span: Span): Match => ({ type: 'match', matcher: 'Host', args: [], span });

const match = (matcher: LeafName, args: readonly string[], span: Span): Match => ({
  type: 'match',
  matcher,
  args,
  span,
});

const leaf = (matcher: LeafName, args: readonly string[], span: Span): Part => ({ leaf: match(matcher, args, span) });

function checked(matcher: LeafName, args: readonly string[], span: Span, ...checks: readonly Check[]): Part {
  const found = checks.flatMap((check, index) => check(args[index] ?? '', span) ?? []);
  return { ...leaf(matcher, args, span), problem: found.find(({ severity }) => severity === 'error') ?? found[0] };
}

function each(one: (arg: Token) => Part): Lowering {
  return (args) => args.map(one);
}

function pairs(matcher: LeafName, ...checks: readonly Check[]): Lowering {
  return (args, span) => {
    if (args.length % 2 === 1) return [{ problem: oddNumber(args, span, 'write a name and a value each time') }];
    return args.flatMap((key, index) => {
      const value = args[index + 1];
      if (index % 2 === 1 || value === undefined) return [];
      const [ofName, ofValue] = checks;
      const wrong = ofValue?.(value.text, value.span) ?? ofName?.(key.text, key.span);
      return { ...leaf(matcher, [key.text, value.text], key.span), problem: wrong };
    });
  };
}

const oddNumber = (args: readonly Token[], span: Span, hint: string): RuleProblem =>
  problem('arity', `mux: number of parameters must be multiple of 2, got ${listed(args)}`, span, hint);

const range: Check = (value, span) => {
  const wrong = address(value, span);
  const prefix = 'could not initialize IP Checker for "ClientIP" matcher';
  return wrong && { ...wrong, message: wrong.message.replace(/^.* for ClientIP matcher/, prefix) };
};

/** Hosts have no wildcards here: a star is compared as it is, and no host has one. */
function host({ text, span }: Token): Part {
  if (!isAscii(text)) {
    const message = `invalid value ${JSON.stringify(text)} for "Host" matcher, non-ASCII characters are not allowed`;
    return { problem: problem('argument', message, span, punycode(text)) };
  }
  if (!text.includes('*')) return { ...leaf('Host', [text], span), problem: neverHost(text, span) };
  const hint = 'write HostRegexp(`{label:[^.]+}.example.com`)';
  return {
    ...leaf('HostRegexp', [`^${quoteMeta(text.toLowerCase())}$`], span),
    problem: warning('Host of rule syntax v2 takes "*" literally, no request can match', span, hint),
  };
}

function hostTemplate(arg: Token): Part {
  const { text, span } = arg;
  if (!isAscii(text)) {
    const message = `invalid value ${JSON.stringify(text)} for HostRegexp matcher, non-ASCII characters are not allowed`;
    return { problem: problem('argument', message, span, 'write the host in its ASCII form (punycode)') };
  }
  return template(arg, text, 'host', (literal) => match('Host', [literal], span), 'HostRegexp');
}

function path(arg: Token, literal: 'Path' | 'PathPrefix', kind: TemplateKind): Part {
  const { text, span } = arg;
  if (!text.startsWith('/')) {
    const message = `mux: path must start with a slash, got ${JSON.stringify(text)}`;
    return { problem: problem('argument', message, span, `write \`/${text}\``) };
  }
  return template(arg, text, kind, (plain) => match(literal, [plain], span), 'PathRegexp');
}

/**
 * Each argument is `key=value`. As in Traefik an argument without `=` is half a pair, whose other half is the next
 * argument. Only the first value of a parameter is looked at.
 */
function query(args: readonly Token[], span: Span): readonly Part[] {
  const halves = args.flatMap((arg) => {
    const equals = arg.text.indexOf('=');
    if (equals === -1) return [{ arg, text: arg.text }];
    return [arg.text.slice(0, equals), arg.text.slice(equals + 1)].map((text) => ({ arg, text }));
  });
  if (halves.length % 2 === 1) return [{ problem: oddNumber(args, span, 'write Query(`key=value`)') }];
  return halves.flatMap(({ arg, text: key }, index) => {
    const value = halves[index + 1];
    if (index % 2 === 1 || value === undefined) return [];
    const exact = (literal: string): Match => match('QueryFirst', [key, literal], arg.span);
    return template(value.arg, value.text, 'query', exact, 'QueryFirstRegexp', key);
  });
}

/** The leaf of a template. `text` stands at the end of the argument, behind `key=`. */
function template(
  { text: whole, span }: Token,
  text: string,
  kind: TemplateKind,
  literal: (text: string) => Match,
  matcher: LeafName,
  ...before: readonly string[]
): Part {
  const read = readTemplate(text, kind);
  if (read.problem !== undefined) {
    const { message, hint, at, length, isPattern } = read.problem;
    const start = span.start + 1 + whole.length - text.length + at;
    // Without escapes in between, a place in the value is a place in the rule.
    const plain = span.end - span.start === whole.length + 2;
    const place = plain ? { start, end: Math.min(start + length, span.end) } : span;
    return isPattern
      ? { problem: problem('regex', `error parsing regexp: ${message}`, place, hint) }
      : { problem: problem('argument', message, place, hint) };
  }
  return { leaf: read.pattern === undefined ? literal(read.literal) : match(matcher, [...before, read.pattern], span) };
}
