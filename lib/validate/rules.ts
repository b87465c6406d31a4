/** Rules of routers: parsed once here, reported at their place in the file. */
import type { DiagnosticCode } from '../diagnostics/codes.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { RouterItem } from '../merge/model.js';
import type { RuleNode, RuleSyntax } from '../schema/rule/ast.js';
import { locate } from '../schema/rule/locate.js';
import { parseRule, type RuleProblem } from '../schema/rule/parser.js';
import { findingOn } from './finding.js';
import { nothing } from '../source/nothing.js';

const codes: Readonly<Record<RuleProblem['kind'], DiagnosticCode>> = {
  syntax: 'FL4001',
  limit: 'FL4002',
  matcher: 'FL4003',
  arity: 'FL4004',
  argument: 'FL4005',
  regex: 'FL4006',
};

/** The rule of a router, and everything that is wrong with it. */
export function checkRule(
  item: RouterItem,
  rule: string,
  syntax: RuleSyntax,
): { readonly rule?: RuleNode; readonly diagnostics: readonly Diagnostic[] } {
  const parsed = parseRule(rule, syntax);
  if (parsed.rule !== undefined && parsed.problems.length === 0) return { rule: parsed.rule, diagnostics: nothing };
  const diagnostics = parsed.problems.map((problem) => {
    const { kind, severity, message, hint, span } = problem;
    const code = severity === 'warning' ? 'FL4008' : codes[kind];
    const found = findingOn(item, code, {
      message: severity === 'warning' ? message : `error while parsing rule: ${message}`,
      at: ['rule'],
      hint,
      ...(severity === 'warning' && { effect: 'the router is served' }),
    });
    const apiMessage = severity === 'error' ? traefiksWords(rule, problem) : undefined;
    const place = { ...found, origin: locate(found.origin, rule, span) };
    return apiMessage === undefined ? place : { ...place, apiMessage };
  });
  return parsed.rule === undefined ? { diagnostics } : { rule: parsed.rule, diagnostics };
}

/** Traefik repeats the rule at each step that failed. Its own limits have no words there. */
function traefiksWords(rule: string, { kind, message, matcher = '' }: RuleProblem): string | undefined {
  const parsing = `error while parsing rule ${rule}`;
  if (kind === 'limit') return undefined;
  if (kind === 'syntax' || kind === 'matcher') return `${parsing}: parsing rule ${rule}: ${message}`;
  const step = /^(no|empty) args for matcher /.test(message) ? 'checking' : 'adding';
  const reason = message.startsWith(`${matcher}: `) ? message.slice(matcher.length + 2) : message;
  return `${parsing}: adding rule ${rule}: error while ${step} rule ${matcher}: ${reason}`;
}
