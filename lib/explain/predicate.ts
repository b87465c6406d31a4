/** Tests of a rule in the words of the rule, with what the request had instead. */
import { RuleTables, testOf } from '../compile/rule/instruction.js';
import type { FailingTest } from '../engine/answer.js';
import type { Match, RuleNode } from '../schema/rule/ast.js';
import { ops } from '../snapshot/records.js';

/** A test that failed. */
export interface Failed {
  /** As written in the rule; with `!` where it holds and must not. */
  readonly predicate: string;
  /** What the request has in that place, in words. */
  readonly found: string;
}

type OpName = keyof typeof ops;
const names = new Map<number, OpName>(Object.entries(ops).map(([name, op]) => [op, name as OpName]));

const quoted = (text: string): string => (text.includes('`') ? JSON.stringify(text) : `\`${text}\``);

/** `rule` is the text that `tree` was parsed from. */
export function failed(test: FailingTest, rule: string, tree: RuleNode | undefined): Failed {
  const written = tree === undefined ? undefined : leaves(tree).find((leaf) => means(leaf, test));
  const predicate = written === undefined ? canonical(test) : rule.slice(written.span.start, written.span.end);
  return { predicate: test.held ? `!${predicate}` : predicate, found: foundIn(test) };
}

function leaves(node: RuleNode): readonly Match[] {
  if (node.type === 'match') return [node];
  return node.type === 'not' ? leaves(node.operand) : node.operands.flatMap(leaves);
}

/** Whether a matcher of the rule was lowered to this very test. */
function means(leaf: Match, { op, key = '', value }: FailingTest): boolean {
  const tables = new RuleTables();
  const lowered = testOf(leaf, tables);
  if (typeof lowered === 'boolean' || lowered.op !== op || lowered.key !== key) return false;
  if (op === ops.clientIp) return value === leaf.args[0] || value.replace(/\/(32|128)$/, '') === leaf.args[0];
  return (tables.patterns[lowered.operand] ?? lowered.value) === value;
}

/** Where the rule spells it in a way of its own. */
function canonical({ op, key = '', value }: FailingTest): string {
  const name = names.get(op) ?? 'always';
  switch (name) {
    case 'hostWildcard':
      return `Host(${quoted(`*${value}`)})`;
    case 'clientIp':
      return `ClientIP(${quoted(value)})`;
    case 'queryPresent':
      return `Query(${quoted(key)})`;
    case 'queryFirst':
    case 'queryFirstRegexp':
      return `Query(${quoted(`${key}=${value}`)})`;
    case 'header':
    case 'headerRegexp':
    case 'query':
    case 'queryRegexp':
      return `${capital(name)}(${quoted(key)}, ${quoted(value)})`;
    default:
      return `${capital(name)}(${quoted(value)})`;
  }
}

const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

function foundIn({ op, key = '', found }: FailingTest): string {
  const name = names.get(op) ?? 'always';
  const values = found.map((value) => `"${value}"`).join(' and ');
  if (name.startsWith('host')) return found[0] === '' ? 'the request has no host' : `the host is ${values}`;
  if (name.startsWith('path')) return `the path is ${values}`;
  if (name.startsWith('header')) return found.length === 0 ? `there is no header ${key}` : `header ${key} is ${values}`;
  if (name.startsWith('query'))
    return found.length === 0 ? `there is no parameter ${key}` : `parameter ${key} is ${values}`;
  if (name === 'method') return `the method is ${found[0] ?? ''}`;
  if (name === 'clientIp') return `the client is ${found[0] ?? ''}`;
  return 'no request can match it';
}
