/** What one matcher of a rule asks of a request, in the words of the wire. */
import { type Cidr, cidrOf } from '../../snapshot/cidr.js';
import { type instruction, ops } from '../../snapshot/records.js';
import type { Value } from '../../snapshot/wire.js';
import type { LeafName, Match } from '../../schema/rule/ast.js';

/** One instruction of a rule's program, as the snapshot holds it. */
export type Instruction = Value<typeof instruction>;

/** An instruction without its targets; a boolean when the answer is the same for every request. */
export type Test = boolean | Omit<Instruction, 'onTrue' | 'onFalse'>;

/** The tables that all rules of one snapshot share; equal entries are stored once. */
export class RuleTables {
  readonly patterns: string[] = [];
  readonly ranges: Cidr[] = [];
  readonly #patternIndexes = new Map<string, number>();
  readonly #rangeIndexes = new Map<string, number>();
  /** How often an index was asked for. */
  asked = 0;
  /** A request may have two hosts: its own, and the one that its CNAME records lead to. A rule takes either. */
  readonly flattensHosts: boolean;

  constructor(flattensHosts = false) {
    this.flattensHosts = flattensHosts;
  }

  /** Index of a regular expression in `patterns`. */
  pattern(source: string): number {
    this.asked += 1;
    return indexOf(source, this.#patternIndexes, () => this.patterns.push(source) - 1);
  }

  /** Index of an address or network in `ranges`. Throws RangeError for text that is neither. */
  range(text: string): number {
    this.asked += 1;
    return indexOf(text, this.#rangeIndexes, () => this.ranges.push(cidrOf(text)) - 1);
  }
}

function indexOf(key: string, known: Map<string, number>, add: () => number): number {
  const index = known.get(key) ?? add();
  known.set(key, index);
  return index;
}

type Lowering = (first: string, second: string | undefined, tables: RuleTables) => Test;

/** Written out: there is one for each matcher of 100,000 routers, and copies are dear. */
const test = (op: number, { operand = 0, key = '', value = '' }: Partial<Omit<Instruction, 'op'>>): Test => ({
  op,
  operand,
  key,
  value,
});

const lowerings: Readonly<Record<LeafName, Lowering>> = {
  ClientIP: (range, _, tables) => test(ops.clientIp, { operand: tables.range(range) }),
  Header: (name, value) => header(name, test(ops.header, { key: name.toLowerCase(), value: value ?? '' })),
  HeaderRegexp: (name, source, tables) =>
    header(name, test(ops.headerRegexp, { key: name.toLowerCase(), operand: tables.pattern(source ?? '') })),
  Host: (host) => hostTest(host.toLowerCase()),
  HostRegexp: (source, _, tables) => test(ops.hostRegexp, { operand: tables.pattern(source) }),
  Method: (method) => test(ops.method, { value: method.toUpperCase() }),
  Path: (path) => test(ops.path, { value: path }),
  PathPrefix: (path) => test(ops.pathPrefix, { value: path }),
  PathRegexp: (source, _, tables) => test(ops.pathRegexp, { operand: tables.pattern(source) }),
  Query: (key, value) => (value === undefined ? test(ops.queryPresent, { key }) : test(ops.query, { key, value })),
  QueryFirst: (key, value) => test(ops.queryFirst, { key, value: value ?? '' }),
  QueryFirstRegexp: (key, source, tables) => test(ops.queryFirstRegexp, { key, operand: tables.pattern(source ?? '') }),
  QueryRegexp: (key, source, tables) =>
    source === undefined
      ? test(ops.queryPresent, { key })
      : test(ops.queryRegexp, { key, operand: tables.pattern(source) }),
};

/** The test of one matcher. Throws RangeError for arguments the parser refuses. */
export function testOf({ matcher, args }: Match, tables: RuleTables): Test {
  return lowerings[matcher](args[0] ?? '', args[1], tables);
}

/** Traefik's server takes Host out of the header before routing, so no rule sees it there. */
const header = (name: string, visible: Test): Test => (name.toLowerCase() === 'host' ? false : visible);

/**
 * `*` alone takes every request, even one without a host; `*.` stands for one label. Traefik replaces the first label of
 * the request's host by `*` and compares, so `*` in front of anything else never matches.
 */
function hostTest(written: string): Test {
  if (written === '*') return true;
  const host = written.endsWith('.') ? written.slice(0, -1) : written;
  if (host === '') return false;
  if (!host.startsWith('*')) return test(ops.host, { value: host });
  return host.startsWith('*.') ? test(ops.hostWildcard, { value: host.slice(1) }) : false;
}
