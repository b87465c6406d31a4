/** The two languages of rules: the names of their matchers, and what a call of one stands for. */
import { didYouMean } from '../../diagnostics/suggest.js';
import { matcherNames, type MatcherName, type RuleNode, type RuleSyntax, type Span } from './ast.js';
import type { Token } from './lexer.js';
import { argumentProblems, problem } from './matchers.js';
import { type Called, callOfV2, matcherNamesOfV2, type MatcherNameOfV2 } from './matchers-v2.js';
import type { RuleProblem } from './parser.js';

/** What the parser asks of a syntax. */
export interface Dialect {
  readonly names: readonly string[];
  /** The matcher of a written name, if that spelling is accepted. */
  canonical(written: string): string | undefined;
  /** How many leaves a call has at most, for the limit of a rule. */
  leaves(args: readonly Token[]): number;
  /** The tree that a call stands for, and everything that is wrong with it; `matcher` is canonical. */
  call(matcher: string, args: readonly Token[], span: Span): Called;
  /** Names that are right elsewhere, in lower case, with what to write instead. */
  readonly elsewhere: Readonly<Record<string, string>>;
}

/** Traefik accepts four spellings of a name: as documented, lower case, upper case, and title case of the lower one. */
function spellingsOf<N extends string>(names: readonly N[]): ReadonlyMap<string, N> {
  const spelled = names.flatMap((name) => {
    const lower = name.toLowerCase();
    const title = lower.charAt(0).toUpperCase() + lower.slice(1);
    return [name, lower, lower.toUpperCase(), title].map((spelling) => [spelling, name] as const);
  });
  return new Map(spelled);
}

const ofTcp = {
  hostsni: 'HostSNI is for tcp routers; an http router takes Host',
  hostsniregexp: 'HostSNIRegexp is for tcp routers; an http router takes HostRegexp',
};

const v3Spellings = spellingsOf(matcherNames);
const v3: Dialect = {
  names: matcherNames,
  canonical: (written) => v3Spellings.get(written),
  leaves: () => 1,
  call(matcher, args, span) {
    const name = matcher as MatcherName;
    const node: RuleNode = {
      type: 'match',
      matcher: name,
      args: args.map(({ text }) => text),
      span,
    };
    return { node, problems: argumentProblems(name, args, span) };
  },
  elsewhere: {
    ...ofTcp,
    headers: 'rule syntax v3 says Header',
    headersregexp: 'rule syntax v3 says HeaderRegexp',
    hostheader: 'rule syntax v3 says Host',
  },
};

const v2Spellings = spellingsOf(matcherNamesOfV2);
const v2: Dialect = {
  names: matcherNamesOfV2,
  canonical: (written) => v2Spellings.get(written),
  leaves: (args) => Math.max(1, args.length),
  call: (matcher, args, span) => callOfV2(matcher as MatcherNameOfV2, args, span),
  elsewhere: {
    ...ofTcp,
    header: 'rule syntax v2 says Headers',
    headerregexp: 'rule syntax v2 says HeadersRegexp',
    pathregexp: 'rule syntax v2 says Path(`/{name:pattern}`)',
    queryregexp: 'rule syntax v2 says Query(`key={name:pattern}`)',
  },
};

/** By the name of the syntax. */
export const dialects: Readonly<Record<RuleSyntax, Dialect>> = { v2, v3 };

/** The finding for a name that no matcher of the dialect has. */
export function unknownMatcher({ names, elsewhere }: Dialect, written: string, span: Span): RuleProblem {
  const close = didYouMean(written, names) ?? `one of ${names.join(', ')}`;
  const hint = elsewhere[written.toLowerCase()] ?? close;
  return problem('matcher', `unsupported function: ${written}`, span, hint);
}
