/** Example requests of a rule: what a client would send for the rule to take it, made from what the rule asks for. */
import type { ExplainRequest } from '../explain/request.js';
import type { Match, RuleNode } from '../schema/rule/ast.js';
import { sampleOf } from './sample.js';

/** Alternatives of one rule that are followed; most rules have one or two. */
const mostDrafts = 8;

/** What a rule, or part of one, asks for. */
export interface Draft {
  readonly host?: string;
  readonly path?: string;
  readonly method?: string;
  readonly client?: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly query: readonly (readonly [string, string])[];
}

const nothing: Draft = { headers: [], query: [] };

/**
 * What requests that the rule should take are like. Whether it does take them, and who else would, is for the data plane
 * to say.
 */
export const draftsOf = (rule: RuleNode): readonly Draft[] => drafts(rule, false);

/**
 * What passes a router and then one below it. A middleware of the upper one may have taken its prefix away before the
 * lower one sees the path: both are tried.
 */
export function nested(outer: Draft, inner: Draft): readonly Draft[] {
  const together = both(outer, inner);
  if (together === undefined) return [];
  if (outer.path === undefined || inner.path === undefined || inner.path.startsWith(outer.path)) return [together];
  return [together, { ...together, path: `${outer.path.replace(/\/$/, '')}${inner.path}` }];
}

function drafts(node: RuleNode, negated: boolean): readonly Draft[] {
  if (node.type === 'not') return drafts(node.operand, !negated);
  // What must not be is met by chance.
  if (node.type === 'match') return negated ? [nothing] : draftsOfMatch(node);
  const operands = node.operands.map((operand) => drafts(operand, negated));
  if ((node.type === 'or') !== negated) return operands.flat().slice(0, mostDrafts);
  return operands.reduce((left, right) =>
    left.flatMap((a) => right.flatMap((b) => both(a, b) ?? [])).slice(0, mostDrafts),
  );
}

function draftsOfMatch({ matcher, args: [first = '', second = ''] }: Match): readonly Draft[] {
  switch (matcher) {
    case 'Host':
      return [
        first === '*'
          ? nothing
          : { ...nothing, host: first.replace(/^\*/, 'example').replace(/\.$/, '').toLowerCase() },
      ];
    case 'HostRegexp':
      return [{ ...nothing, ...optional('host', sampleOf(first)) }];
    case 'Path':
      return [{ ...nothing, path: first }];
    case 'PathPrefix':
      return [
        { ...nothing, path: first },
        { ...nothing, path: first.endsWith('/') ? `${first}example` : `${first}/example` },
      ];
    case 'PathRegexp':
      return [{ ...nothing, ...optional('path', sampleOf(first)) }];
    case 'Method':
      return [{ ...nothing, method: first.toUpperCase() }];
    case 'Header':
      return [{ ...nothing, headers: [[first, second]] }];
    case 'HeaderRegexp':
      return [{ ...nothing, headers: [[first, sampleOf(second) ?? '']] }];
    case 'Query':
    case 'QueryFirst':
      return [{ ...nothing, query: [[first, second]] }];
    case 'QueryRegexp':
    case 'QueryFirstRegexp':
      return [{ ...nothing, query: [[first, second === '' ? '' : (sampleOf(second) ?? '')]] }];
    case 'ClientIP':
      return [{ ...nothing, client: first.replace(/\/\d+$/, '') }];
    default:
      return [nothing];
  }
}

const optional = (key: 'host' | 'path', value: string | undefined): Partial<Draft> =>
  value === undefined ? {} : { [key]: value };

/** What satisfies both parts; undefined where they contradict each other. */
function both(a: Draft, b: Draft): Draft | undefined {
  const path = longer(a.path, b.path);
  for (const key of ['host', 'method', 'client'] as const) {
    if (a[key] !== undefined && b[key] !== undefined && a[key] !== b[key]) return undefined;
  }
  return {
    ...a,
    ...b,
    ...optional('path', path),
    headers: [...a.headers, ...b.headers],
    query: [...a.query, ...b.query],
  };
}

/** A prefix and what lies below it are met by the latter. */
function longer(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a.startsWith(b) ? a : b;
}

/** A request that is like that, to one door. */
export function requestOf(
  draft: Draft,
  { entryPoint, tls }: { readonly entryPoint: string; readonly tls: boolean },
): ExplainRequest {
  const { host = 'example.invalid', path = '/', method, client, headers, query } = draft;
  const rooted = path.startsWith('/') ? path : `/${path}`;
  const escaped = rooted.replace(/[\s?#\0-\x1f\x7f-\uffff]+/g, (text) => encodeURIComponent(text));
  const pairs = query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  return {
    url: `${tls ? 'https' : 'http'}://${host}${escaped}${pairs.length === 0 ? '' : `?${pairs.join('&')}`}`,
    entryPoint,
    nearMisses: 0,
    ...(method !== undefined && { method }),
    ...(client !== undefined && { client }),
    ...(headers.length > 0 && {
      headers: headers.map(([name, value]) => [name, value.replace(/[\0\r\n]/g, ' ')] as const),
    }),
  };
}
