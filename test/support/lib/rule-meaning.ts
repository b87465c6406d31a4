/** The meaning of rules and programs, written down twice and as plainly as possible: what lowering must preserve. */
import type { RuleNode } from '../../../lib/schema/rule/ast.js';
import type { RouteKey } from '../../../lib/compile/rule/keys.js';
import type { Instruction, RuleTables } from '../../../lib/compile/rule/instruction.js';
import { type Cidr, cidrOf } from '../../../lib/snapshot/cidr.js';
import { accept, ops, reject } from '../../../lib/snapshot/records.js';

/** A request as the data plane sees it: canonical host, routing path, decoded parameters. */
export interface RequestSample {
  readonly host: string;
  /** Where its CNAME records lead to; rules take either. */
  readonly flattenedHost?: string;
  readonly path: string;
  readonly method: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly query: readonly (readonly [key: string, value: string])[];
  readonly client: string;
}

/** RE2 and JavaScript agree on the patterns of the tests, but for flags in front. */
const regex = (source: string): RegExp =>
  source.startsWith('(?i)') ? new RegExp(source.slice(4), 'iu') : new RegExp(source, 'u');

const anyHost = ({ host, flattenedHost }: RequestSample, accepts: (host: string) => boolean): boolean =>
  accepts(host) || (flattenedHost !== undefined && accepts(flattenedHost));

const value = ({ high, low }: Cidr): bigint => (BigInt(high) << 64n) | BigInt(low);
const isV4 = (address: bigint): boolean => address >> 32n === 0xffffn;

function contains(range: Cidr, client: string): boolean {
  const address = value(cidrOf(client));
  const rest = BigInt(128 - range.bits);
  return (!isV4(address) || range.bits >= 96) && value(range) >> rest === address >> rest;
}

/** Whether the rule accepts the request, straight from the tree (rules.md section 2 of the behaviour reference). */
export function ruleAccepts(rule: RuleNode, request: RequestSample): boolean {
  switch (rule.type) {
    case 'not':
      return !ruleAccepts(rule.operand, request);
    case 'and':
      return rule.operands.every((operand) => ruleAccepts(operand, request));
    case 'or':
      return rule.operands.some((operand) => ruleAccepts(operand, request));
    case 'match':
      return matches(rule.matcher, rule.args[0] ?? '', rule.args[1], request);
  }
}

function matches(matcher: string, first: string, second: string | undefined, request: RequestSample): boolean {
  const lines = request.headers.filter(
    ([name]) => name.toLowerCase() === first.toLowerCase() && first.toLowerCase() !== 'host',
  );
  const parameters = request.query.filter(([key]) => key === first).map(([, found]) => found);
  switch (matcher) {
    case 'ClientIP':
      return contains(cidrOf(first), request.client);
    case 'Header':
      return lines.some(([, found]) => found === second);
    case 'HeaderRegexp':
      return lines.some(([, found]) => regex(second ?? '').test(found));
    case 'Host':
      return anyHost(request, (host) => hostMatches(first.toLowerCase(), host));
    case 'HostRegexp':
      return anyHost(request, (host) => regex(first).test(host));
    case 'Method':
      return request.method === first.toUpperCase();
    case 'Path':
      return request.path === first;
    case 'PathPrefix':
      return request.path.startsWith(first);
    case 'PathRegexp':
      return regex(first).test(request.path);
    case 'Query':
      return parameters.includes(second ?? '');
    default:
      return parameters.some((found) => (second === undefined ? found === '' : regex(second).test(found)));
  }
}

function hostMatches(written: string, host: string): boolean {
  if (written === '*') return true;
  if (host === '') return false;
  const wanted = written.replace(/\.$/, '');
  return wanted.startsWith('*') ? host.replace(/^[^.]+/, '*') === wanted && host.includes('.') : host === wanted;
}

const parentOf = (host: string): string | undefined =>
  host.indexOf('.') > 0 ? host.slice(host.indexOf('.')) : undefined;

/** Runs a program, the way the data plane does. */
export function programAccepts(program: readonly Instruction[], tables: RuleTables, request: RequestSample): boolean {
  let at = 0;
  for (;;) {
    const step = program[at];
    if (step === undefined) throw new RangeError(`no instruction ${at}`);
    const next = holds(step, tables, request) ? step.onTrue : step.onFalse;
    if (next === accept) return true;
    if (next === reject) return false;
    if (next <= at) throw new RangeError(`instruction ${at} jumps back to ${next}`);
    at = next;
  }
}

function holds({ op, key, value: text, operand }: Instruction, tables: RuleTables, request: RequestSample): boolean {
  const pattern = (): RegExp => regex(tables.patterns[operand] ?? '');
  const lines = request.headers.filter(([name]) => name.toLowerCase() === key).map(([, found]) => found);
  const parameters = request.query.filter(([name]) => name === key).map(([, found]) => found);
  const range = tables.ranges[operand];
  const answers: Readonly<Record<number, () => boolean>> = {
    [ops.always]: () => true,
    [ops.host]: () => anyHost(request, (host) => host === text),
    [ops.hostWildcard]: () => anyHost(request, (host) => parentOf(host) === text),
    [ops.hostRegexp]: () => anyHost(request, (host) => pattern().test(host)),
    [ops.path]: () => request.path === text,
    [ops.pathPrefix]: () => request.path.startsWith(text),
    [ops.pathRegexp]: () => pattern().test(request.path),
    [ops.method]: () => request.method === text,
    [ops.header]: () => lines.includes(text),
    [ops.headerRegexp]: () => lines.some((found) => pattern().test(found)),
    [ops.query]: () => parameters.includes(text),
    [ops.queryRegexp]: () => parameters.some((found) => pattern().test(found)),
    [ops.queryPresent]: () => parameters.includes(''),
    [ops.queryFirst]: () => parameters[0] === text,
    [ops.queryFirstRegexp]: () => parameters[0] !== undefined && pattern().test(parameters[0]),
    [ops.clientIp]: () => range !== undefined && contains(range, request.client),
  };
  const answer = answers[op];
  if (answer === undefined) throw new RangeError(`no operation ${op}`);
  return answer();
}

/** Whether the request satisfies a key. */
export function keyHolds({ hostKind, pathKind, host, path }: RouteKey, request: RequestSample): boolean {
  const hosts = [
    () => true,
    (has: string) => has === host,
    (has: string) => parentOf(has) === host,
    (has: string) => has.endsWith(host),
    (has: string) => regex(host).test(has),
  ];
  const paths = [
    () => true,
    () => request.path === path,
    () => request.path.startsWith(path),
    () => regex(path).test(request.path),
  ];
  return anyHost(request, (has) => hosts[hostKind]?.(has) === true) && paths[pathKind]?.() === true;
}
