/**
 * A rule becomes a short program: one instruction per matcher, each with the place to go on at when it holds and when it
 * does not. `!`, `&&` and `||` vanish into these places (De Morgan), which always lie ahead, so a program ends.
 */
import { accept, ops, reject } from '../../snapshot/records.js';
import type { RuleNode } from '../../schema/rule/ast.js';
import { keysOf, type RouteKey } from './keys.js';
import type { RuleProblem } from '../../schema/rule/parser.js';
import { type Instruction, type RuleTables, testOf } from './instruction.js';

/** A rule in the language of the data plane. */
export interface LoweredRule {
  /** Empty only where {@link lowerForIndex} says so. */
  readonly program: readonly Instruction[];
  /** Empty when no request can match. */
  readonly keys: readonly RouteKey[];
}

/** The lowered rule, or why there is none. */
export type Lowering =
  | { readonly lowered: LoweredRule; readonly problem?: never }
  | { readonly lowered?: never; readonly problem: RuleProblem };

/** Places are 16 bits wide and two of them are taken. */
export const mostInstructions = 65_533;

/**
 * Lowers a rule for the index of the data plane, which needs no program where every key of the rule is sufficient: most
 * rules are a host and a path, and their programs would be half of a snapshot.
 */
export function lowerForIndex(rule: RuleNode, tables: RuleTables): Lowering {
  const keys = keysOf(rule, tables);
  return keys.every(({ sufficient }) => sufficient)
    ? { lowered: { program: [], keys } }
    : lowerRule(rule, tables, keys);
}

/** Lowers a rule of the parser. Patterns and networks are added to `tables`, which the snapshot carries. */
export function lowerRule(rule: RuleNode, tables: RuleTables, keys = keysOf(rule, tables)): Lowering {
  const program = programOf(rule, tables);
  if (program.length <= mostInstructions) return { lowered: { program, keys } };
  const message = `the rule needs ${program.length} instructions, at most ${mostInstructions} are possible`;
  return { problem: { kind: 'limit', severity: 'error', message, span: rule.span } };
}

/** Where a program goes on: the number of an instruction, counted from the last one, or its end. */
type Place = number | 'accept' | 'reject';

interface Step {
  readonly test: Omit<Instruction, 'onTrue' | 'onFalse'>;
  readonly onTrue: Place;
  readonly onFalse: Place;
}

/** Instructions are made from the last to the first: a target is known before what jumps to it. */
function programOf(rule: RuleNode, tables: RuleTables): readonly Instruction[] {
  const steps: Step[] = [];
  const start = place(rule, 'accept', 'reject', steps, tables);
  if (typeof start === 'string') return [constant(start === 'accept')];
  // What was made after the start comes before it: a part of the rule that a constant has cut off.
  return steps
    .slice(0, start + 1)
    .reverse()
    .map((step) => resolved(step, start));
}

/** The place at which `node` is decided: it goes on at `onTrue` or at `onFalse`. */
function place(node: RuleNode, onTrue: Place, onFalse: Place, steps: Step[], tables: RuleTables): Place {
  switch (node.type) {
    case 'not':
      return place(node.operand, onFalse, onTrue, steps, tables);
    case 'and':
      return node.operands.reduceRight<Place>((next, operand) => place(operand, next, onFalse, steps, tables), onTrue);
    case 'or':
      return node.operands.reduceRight<Place>((next, operand) => place(operand, onTrue, next, steps, tables), onFalse);
    case 'match': {
      const test = testOf(node, tables);
      if (typeof test === 'boolean') return test ? onTrue : onFalse;
      return steps.push({ test, onTrue, onFalse }) - 1;
    }
  }
}

function resolved({ test, onTrue, onFalse }: Step, start: number): Instruction {
  const target = (to: Place): number => (to === 'accept' ? accept : to === 'reject' ? reject : start - to);
  return { ...test, onTrue: target(onTrue), onFalse: target(onFalse) };
}

const constant = (holds: boolean): Instruction => ({
  op: ops.always,
  onTrue: holds ? accept : reject,
  onFalse: reject,
  operand: 0,
  key: '',
  value: '',
});
