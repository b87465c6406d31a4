/**
 * Reads the rules that most routers have: `Host`, `Path` and `PathPrefix` with one ordinary text each, joined by `&&` alone or
 * by `||` alone. The parser makes a dozen tokens of such a rule, and 100,000 routers have 100,000 of them.
 *
 * It gives up (undefined) at everything else and at every doubt; what it returns is what the parser returns, which a property
 * test compares.
 */
import type { Match, MatcherName, RuleNode, Span } from './ast.js';

/** Longer rules have limits that the parser knows. */
const longest = 4096;

const ordinaryHost = /^[\w.-]+$/;
const ordinaryPath = /^\/[\w./~-]*$/;

const ampersand = 0x26;
const bar = 0x7c;
const blank = 0x20;

/** The rule, of which nothing needs to be said; undefined when that is not certain. */
export function readPlainRule(text: string): RuleNode | undefined {
  if (text.length > longest) return undefined;
  const first = matchAt(text, 0);
  if (first === undefined || first.span.end === text.length) return first;
  const operands: Match[] = [];
  const operator = text.charCodeAt(first.span.end + 1);
  if (operator !== ampersand && operator !== bar) return undefined;
  for (let match: Match | undefined = first; ;) {
    operands.push(match);
    const { end }: Span = match.span;
    if (end === text.length) break;
    match = isOperator(text, end, operator) ? matchAt(text, end + operatorLength) : undefined;
    if (match === undefined) return undefined;
  }
  // A list that has grown has room for more, which is most of what a rule takes of memory.
  const exact = operands.slice();
  return { type: operator === bar ? 'or' : 'and', operands: exact, span: { start: 0, end: text.length } };
}

/** Of an operator between two blanks. */
const operatorLength = 4;

const isOperator = (text: string, at: number, character: number): boolean =>
  text.charCodeAt(at) === blank &&
  text.charCodeAt(at + 1) === character &&
  text.charCodeAt(at + 2) === character &&
  text.charCodeAt(at + 3) === blank;

function matchAt(text: string, at: number): Match | undefined {
  if (text.startsWith('Host(`', at)) return matchOf(text, at, 'Host', ordinaryHost);
  if (text.startsWith('PathPrefix(`', at)) return matchOf(text, at, 'PathPrefix', ordinaryPath);
  return text.startsWith('Path(`', at) ? matchOf(text, at, 'Path', ordinaryPath) : undefined;
}

function matchOf(text: string, start: number, matcher: MatcherName, ordinary: RegExp): Match | undefined {
  const from = start + matcher.length + '(`'.length;
  const to = text.indexOf('`', from);
  const argument = text.slice(from, Math.max(from, to));
  if (text[to + 1] !== ')' || !ordinary.test(argument)) return undefined;
  return { type: 'match', matcher, args: [argument], span: { start, end: to + 2 } };
}
