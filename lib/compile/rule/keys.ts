/**
 * Route keys: what the index of the data plane finds a rule by, derived from its host and path matchers.
 *
 * The keys of a rule cover every request it can match. One that is `sufficient` covers nothing else, so that the rule
 * needs no further test where it holds. An empty list means that no request can match.
 */
import { hostKinds, ops, pathKinds, type routeKey } from '../../snapshot/records.js';
import type { Value } from '../../snapshot/wire.js';
import type { RuleNode } from '../../schema/rule/ast.js';
import { type RuleTables, type Test, testOf } from './instruction.js';

/** A necessary condition of a rule, as the snapshot holds it. */
export type RouteKey = Value<typeof routeKey>;

/** Keys of one rule; a rule that would need more is tried for every request. */
const mostKeys = 1024;
/** Pairs tried when two alternatives meet under `&&`; beyond it, the more selective of them stands for both. */
const mostPairs = 64;

/** The keys of a rule, in its order. */
export function keysOf(rule: RuleNode, tables: RuleTables): readonly RouteKey[] {
  return keys(rule, false, tables);
}

const any: RouteKey = { hostKind: hostKinds.any, pathKind: pathKinds.any, sufficient: true, host: '', path: '' };
const undecided: RouteKey = { ...any, sufficient: false };

/** `negated` is pushed to the leaves (De Morgan), where it leaves nothing that could be looked up. */
function keys(node: RuleNode, negated: boolean, tables: RuleTables): readonly RouteKey[] {
  if (node.type === 'not') return keys(node.operand, !negated, tables);
  if (node.type === 'match') return keysOfTest(testOf(node, tables), negated);
  const operands = node.operands.map((operand) => keys(operand, negated, tables));
  return (node.type === 'and') === negated ? union(operands) : operands.reduce(intersection);
}

function keysOfTest(test: Test, negated: boolean): readonly RouteKey[] {
  if (typeof test === 'boolean') return test === negated ? [] : [any];
  if (negated) return [undecided];
  switch (test.op) {
    case ops.host:
      return [{ ...any, hostKind: hostKinds.exact, host: test.value }];
    case ops.hostWildcard:
      return [{ ...any, hostKind: hostKinds.wildcard, host: test.value }];
    case ops.path:
      return [{ ...any, pathKind: pathKinds.exact, path: test.value }];
    case ops.pathPrefix:
      return [{ ...any, pathKind: pathKinds.prefix, path: test.value }];
    default:
      return [undecided];
  }
}

function union(lists: readonly (readonly RouteKey[])[]): readonly RouteKey[] {
  const all = distinct(lists.flat());
  return all.length > mostKeys ? [undecided] : all;
}

function intersection(left: readonly RouteKey[], right: readonly RouteKey[]): readonly RouteKey[] {
  if (Math.min(left.length, right.length) > 1 && left.length * right.length > mostPairs) {
    return moreSelective(left, right).map((key) => ({ ...key, sufficient: false }));
  }
  return distinct(left.flatMap((a) => right.flatMap((b) => both(a, b) ?? [])));
}

/** The requests that two keys share, if there can be any. */
function both(a: RouteKey, b: RouteKey): RouteKey | undefined {
  const host = hostCovers(a, b) ? b : hostCovers(b, a) ? a : undefined;
  const path = pathCovers(a, b) ? b : pathCovers(b, a) ? a : undefined;
  if (host === undefined || path === undefined) return undefined;
  const { hostKind, host: hostText } = host;
  const { pathKind, path: pathText } = path;
  return { hostKind, pathKind, sufficient: a.sufficient && b.sufficient, host: hostText, path: pathText };
}

/** Every host of `b` is one of `a`. */
function hostCovers(a: RouteKey, b: RouteKey): boolean {
  if (a.hostKind === hostKinds.any) return true;
  if (a.hostKind === b.hostKind) return a.host === b.host;
  if (a.hostKind !== hostKinds.wildcard || b.hostKind !== hostKinds.exact) return false;
  const dot = b.host.indexOf('.');
  return dot > 0 && b.host.slice(dot) === a.host;
}

/** Every path of `b` is one of `a`. */
function pathCovers(a: RouteKey, b: RouteKey): boolean {
  if (a.pathKind === pathKinds.any) return true;
  if (a.pathKind === pathKinds.prefix) return b.pathKind !== pathKinds.any && b.path.startsWith(a.path);
  return b.pathKind === pathKinds.exact && a.path === b.path;
}

/** Without the keys that another one makes superfluous; long lists only lose their duplicates. */
function distinct(list: readonly RouteKey[]): readonly RouteKey[] {
  if (list.length < 2) return list;
  const different = new Map<string, RouteKey>();
  for (const key of list) {
    const name = `${key.hostKind}${key.host} ${key.pathKind}${key.path}`;
    if (!different.has(name) || key.sufficient) different.set(name, key);
  }
  const found = [...different.values()];
  if (found.length > mostPairs) return found;
  return found.filter((key) => !found.some((other) => other !== key && replaces(other, key)));
}

const replaces = (other: RouteKey, key: RouteKey): boolean =>
  hostCovers(other, key) && pathCovers(other, key) && (other.sufficient || !key.sufficient);

/** The list whose weakest key says most; of equals the shorter one. */
function moreSelective(left: readonly RouteKey[], right: readonly RouteKey[]): readonly RouteKey[] {
  const weakest = (list: readonly RouteKey[]): number => Math.min(...list.map(selectivity));
  const difference = weakest(left) - weakest(right);
  return difference > 0 || (difference === 0 && left.length <= right.length) ? left : right;
}

const hostWeights = [0, 6, 3];
const pathWeights = [0, 2, 1];
const selectivity = ({ hostKind, pathKind }: RouteKey): number =>
  (hostWeights[hostKind] ?? 0) + (pathWeights[pathKind] ?? 0);
