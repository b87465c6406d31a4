/** Rules of routers: parsed once here, reported at their place in the file. */
import type { DiagnosticCode } from '../diagnostics/codes.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { RouterItem } from '../merge/model.js';
import type { RuleNode } from '../schema/rule/ast.js';
import { locate } from '../schema/rule/locate.js';
import { parseRule, type RuleProblem } from '../schema/rule/parser.js';
import { findingOn } from './finding.js';

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
): { readonly rule?: RuleNode; readonly diagnostics: readonly Diagnostic[] } {
  const parsed = parseRule(rule);
  const diagnostics = parsed.problems.map((problem) => {
    const { kind, severity, message, hint, span } = problem;
    const code = severity === 'warning' ? 'FL4008' : codes[kind];
    const found = findingOn(item, code, {
      message: severity === 'warning' ? message : `error while parsing rule: ${message}`,
      at: ['rule'],
      hint,
      ...(severity === 'warning' && { effect: 'the router is served' }),
    });
    return { ...found, origin: locate(found.origin, rule, span) };
  });
  return { ...(parsed.rule !== undefined && { rule: parsed.rule }), diagnostics };
}
