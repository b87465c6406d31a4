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

/** One matcher call with one or two arguments, already checked: arity, no empty text, leading slash, address syntax. */
export interface Match {
  readonly type: 'match';
  readonly matcher: MatcherName;
  readonly args: readonly string[];
  /** The span of each argument, quotes included; same length as `args`. */
  readonly argSpans: readonly Span[];
  readonly span: Span;
}

/** Any node of a rule. */
export type RuleNode = Junction | Negation | Match;
