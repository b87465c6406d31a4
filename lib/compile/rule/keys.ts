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
import { hostEnd, pathStart } from './pattern-key.js';

/**
 * A necessary condition of a rule, as the snapshot holds it. A key of kind suffix or prefix that stands for a pattern, of
 * which it is the literal part, knows the pattern as well: where too many share that part, they are told apart by it.
 */
export type RouteKey = Value<typeof routeKey> & { readonly hostPattern?: string; readonly pathPattern?: string };

/** Keys of one rule; a rule that would need more is tried for every request. */
const mostKeys = 1024;
/** Pairs tried when two alternatives meet under `&&`; beyond it, the more selective of them stands for both. */
const mostPairs = 64;

/** The keys of a rule, in its order. */
export function keysOf(rule: RuleNode, tables: RuleTables): readonly RouteKey[] {
  const sole = plainKey(rule, tables);
  return sole === undefined ? keys(rule, false, tables) : [sole];
}

/** The key of a host and a path, which nearly all rules are: to make lists of one key meet would be most of the work. */
function plainKey(rule: RuleNode, tables: RuleTables): RouteKey | undefined {
  if (rule.type !== 'and' || rule.operands.length !== 2) return undefined;
  let host: Test | undefined;
  let path: Test | undefined;
  for (const operand of rule.operands) {
    if (operand.type !== 'match') return undefined;
    if (operand.matcher === 'Host') host = testOf(operand, tables);
    else if (operand.matcher === 'Path' || operand.matcher === 'PathPrefix') path = testOf(operand, tables);
  }
  if (typeof host !== 'object' || typeof path !== 'object') return undefined;
  return {
    hostKind: host.op === ops.host ? hostKinds.exact : hostKinds.wildcard,
    pathKind: path.op === ops.path ? pathKinds.exact : pathKinds.prefix,
    sufficient: true,
    host: host.value,
    path: path.value,
  };
}

const any: RouteKey = { hostKind: hostKinds.any, pathKind: pathKinds.any, sufficient: true, host: '', path: '' };
const undecided: RouteKey = { ...any, sufficient: false };

/** `negated` is pushed to the leaves (De Morgan), where it leaves nothing that could be looked up. */
function keys(node: RuleNode, negated: boolean, tables: RuleTables): readonly RouteKey[] {
  if (node.type === 'not') return keys(node.operand, !negated, tables);
  if (node.type === 'match') return keysOfTest(testOf(node, tables), negated, tables);
  const operands = node.operands.map((operand) => keys(operand, negated, tables));
  return (node.type === 'and') === negated
    ? union(operands)
    : operands.reduce((left, right) => intersection(left, right, tables.flattensHosts));
}

function keysOfTest(test: Test, negated: boolean, tables: RuleTables): readonly RouteKey[] {
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
    case ops.hostRegexp:
      return [ofHostPattern(tables.patterns[test.operand] ?? '')];
    case ops.pathRegexp:
      return [ofPathPattern(tables.patterns[test.operand] ?? '')];
    default:
      return [undecided];
  }
}

function ofHostPattern(source: string): RouteKey {
  const end = hostEnd(source);
  if (end === '') return { ...undecided, hostKind: hostKinds.pattern, host: source };
  return { ...undecided, hostKind: hostKinds.suffix, host: end, hostPattern: source };
}

/** Every path begins with a slash, so that one alone tells nothing. */
function ofPathPattern(source: string): RouteKey {
  const start = pathStart(source);
  if (start.length < 2) return { ...undecided, pathKind: pathKinds.pattern, path: source };
  return { ...undecided, pathKind: pathKinds.prefix, path: start, pathPattern: source };
}

function union(lists: readonly (readonly RouteKey[])[]): readonly RouteKey[] {
  const all = distinct(lists.flat());
  return all.length > mostKeys ? [undecided] : all;
}

function intersection(left: readonly RouteKey[], right: readonly RouteKey[], flattens: boolean): readonly RouteKey[] {
  if (Math.min(left.length, right.length) > 1 && left.length * right.length > mostPairs) {
    return moreSelective(left, right).map((key) => ({ ...key, sufficient: false }));
  }
  const [a, b] = [left[0], right[0]];
  // Most lists have one key.
  if (left.length === 1 && right.length === 1 && a !== undefined && b !== undefined) {
    const shared = both(a, b, flattens);
    return shared === undefined ? [] : [shared];
  }
  return distinct(left.flatMap((one) => right.flatMap((other) => both(one, other, flattens) ?? [])));
}

/**
 * The requests that two keys share, if there can be any. A request that is flattened has two hosts, and may have one for
 * each key: then the more selective key is as necessary as both.
 */
function both(a: RouteKey, b: RouteKey, flattens: boolean): RouteKey | undefined {
  const hostOf = ({ hostKind }: RouteKey): number => hostKind;
  const shared = narrower(a, b, hostCovers, hostOf, hostWeights);
  const host = shared ?? (flattens ? heavier(a, b, hostOf, hostWeights) : undefined);
  const path = narrower(a, b, pathCovers, ({ pathKind }) => pathKind, pathWeights);
  if (host === undefined || path === undefined) return undefined;
  const { hostKind, host: hostText, hostPattern } = host;
  const { pathKind, path: pathText, pathPattern } = path;
  const sufficient = a.sufficient && b.sufficient && shared !== undefined;
  const key = { hostKind, pathKind, sufficient, host: hostText, path: pathText };
  if (hostPattern === undefined && pathPattern === undefined) return key;
  return {
    ...key,
    ...(hostPattern !== undefined && { hostPattern }),
    ...(pathPattern !== undefined && { pathPattern }),
  };
}

type Covers = (a: RouteKey, b: RouteKey) => boolean;

/**
 * The key whose hosts (or paths) stand for those of both. What patterns match cannot be compared, so that the more
 * selective of both has to do.
 */
function narrower(
  a: RouteKey,
  b: RouteKey,
  covers: Covers,
  kindOf: (key: RouteKey) => number,
  weights: readonly number[],
): RouteKey | undefined {
  if (covers(a, b)) return b;
  if (covers(b, a)) return a;
  const [left, right] = [weights[kindOf(a)] ?? 0, weights[kindOf(b)] ?? 0];
  return Math.min(left, right) < comparable ? heavier(a, b, kindOf, weights) : undefined;
}

/** The more selective key. */
function heavier(a: RouteKey, b: RouteKey, kindOf: (key: RouteKey) => number, weights: readonly number[]): RouteKey {
  return (weights[kindOf(a)] ?? 0) >= (weights[kindOf(b)] ?? 0) ? a : b;
}

/** Every host of `b` is one of `a`. */
function hostCovers(a: RouteKey, b: RouteKey): boolean {
  if (a.hostKind === hostKinds.any) return true;
  if (a.hostKind === b.hostKind) return a.host === b.host;
  if (a.hostKind === hostKinds.suffix) return isNamed(b) && b.host.endsWith(a.host);
  if (a.hostKind !== hostKinds.wildcard || b.hostKind !== hostKinds.exact) return false;
  const dot = b.host.indexOf('.');
  return dot > 0 && b.host.slice(dot) === a.host;
}

const isNamed = ({ hostKind }: RouteKey): boolean => hostKind === hostKinds.exact || hostKind === hostKinds.wildcard;

/** Every path of `b` is one of `a`. */
function pathCovers(a: RouteKey, b: RouteKey): boolean {
  if (a.pathKind === pathKinds.any) return true;
  if (a.pathKind === pathKinds.prefix) return isWritten(b) && b.path.startsWith(a.path);
  return a.pathKind === b.pathKind && a.path === b.path;
}

const isWritten = ({ pathKind }: RouteKey): boolean => pathKind === pathKinds.exact || pathKind === pathKinds.prefix;

/** Without the keys that another one makes superfluous; long lists only lose their duplicates. */
function distinct(list: readonly RouteKey[]): readonly RouteKey[] {
  if (list.length < 2) return list;
  const different = new Map<string, RouteKey>();
  for (const key of list) {
    const name = keyName(key);
    if (!different.has(name) || key.sufficient) different.set(name, key);
  }
  const found = [...different.values()];
  if (found.length > mostPairs) return found;
  return found.filter((key) => !found.some((other) => other !== key && replaces(other, key)));
}

/** A key that may yet become that of its pattern covers less than it seems to. */
const replaces = (other: RouteKey, key: RouteKey): boolean =>
  (other.hostPattern ?? other.pathPattern) === undefined &&
  hostCovers(other, key) &&
  pathCovers(other, key) &&
  (other.sufficient || !key.sufficient);

/** Tells keys apart. */
const keyName = ({ hostKind, host, pathKind, path, hostPattern = '', pathPattern = '' }: RouteKey): string =>
  [hostKind, host, pathKind, path, hostPattern, pathPattern].join('\0');

/** The list whose weakest key says most; of equals the shorter one. */
function moreSelective(left: readonly RouteKey[], right: readonly RouteKey[]): readonly RouteKey[] {
  const weakest = (list: readonly RouteKey[]): number => Math.min(...list.map(selectivity));
  const difference = weakest(left) - weakest(right);
  return difference > 0 || (difference === 0 && left.length <= right.length) ? left : right;
}

/** By kind. Below {@link comparable} are those whose requests cannot be compared with those of others. */
const hostWeights = [0, 6, 3, 0.8, 0.4];
const pathWeights = [0, 2, 1, 0.2];
const comparable = 0.9;
const selectivity = ({ hostKind, pathKind }: RouteKey): number =>
  (hostWeights[hostKind] ?? 0) + (pathWeights[pathKind] ?? 0);
