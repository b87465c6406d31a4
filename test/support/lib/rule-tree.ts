import type { RuleNode } from '../../../lib/schema/rule/ast.js';

/** A tree of a rule as text: operators before their operands; `refused` when there is none. */
export function shown(node: RuleNode | undefined): string {
  if (node === undefined) return 'refused';
  if (node.type === 'match') return `${node.matcher}(${node.args.join(',')})`;
  if (node.type === 'not') return `not(${shown(node.operand)})`;
  return `${node.type}(${node.operands.map(shown).join(' ')})`;
}
