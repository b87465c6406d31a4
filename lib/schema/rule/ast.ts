/**
 * A parsed rule, frozen: the parser makes it, `lower.ts` turns it into the program the data plane runs.
 *
 * `args` hold the text between the quotes as written (escapes resolved, case kept). Lower-casing of hosts, upper-casing
 * of methods, canonical header names and the trailing dot are the business of lowering.
 */

/** The v3 matchers in their canonical spelling (Traefik rule syntax v3). */
export const matcherNames = [
  'ClientIP',
  'Header',
  'HeaderRegexp',
  'Host',
  'HostRegexp',
  'Method',
  'Path',
  'PathPrefix',
  'PathRegexp',
  'Query',
  'QueryRegexp',
] as const;

/** The canonical name of a matcher. */
export type MatcherName = (typeof matcherNames)[number];

/**
 * What a leaf of a rule asks: a matcher of v3, or what only rules of syntax v2 can say, which look at the first value of a
 * query parameter only. Rules of v2 are read into these leaves.
 */
export type LeafName = MatcherName | 'QueryFirst' | 'QueryFirstRegexp';

/** The languages of rules: that of Traefik v3, and the deprecated one of v2. */
export type RuleSyntax = 'v2' | 'v3';

/** A part of the rule text: UTF-16 offsets, `end` is exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Two or more operands, evaluated left to right, short-circuit. `a && b && c` is one node with three operands. */
export interface Junction {
  readonly type: 'and' | 'or';
  readonly operands: readonly RuleNode[];
  readonly span: Span;
}

/** `!` and what it negates. */
export interface Negation {
  readonly type: 'not';
  readonly operand: RuleNode;
  readonly span: Span;
}

/** One leaf with one or two arguments, already checked: arity, no empty text, leading slash, address syntax. */
export interface Match {
  readonly type: 'match';
  readonly matcher: LeafName;
  readonly args: readonly string[];
  /** Of v2, leaves share the span of their argument. */
  readonly span: Span;
}

/** Any node of a rule. */
export type RuleNode = Junction | Negation | Match;
