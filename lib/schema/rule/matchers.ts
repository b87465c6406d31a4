/** What each matcher of v3 takes: its number of arguments and what they must look like. */
import { isIP } from 'node:net';
import type { MatcherName, Span } from './ast.js';
import type { Token } from './lexer.js';
import type { RuleProblem } from './parser.js';
import { regexProblem } from './regex.js';

/** What is wrong with the value of an argument; a warning when it is legal and can never match. */
export type Check = (value: string, span: Span) => RuleProblem | undefined;

interface Signature {
  readonly arity: readonly number[];
  /** One per argument. */
  readonly checks: readonly (Check | undefined)[];
}

const signatures: Readonly<Record<MatcherName, Signature>> = {
  ClientIP: { arity: [1], checks: [address] },
  Header: { arity: [2], checks: [headerName] },
  HeaderRegexp: { arity: [2], checks: [headerName, regex('HeaderRegexp')] },
  Host: { arity: [1], checks: [host] },
  HostRegexp: { arity: [1], checks: [hostRegexp] },
  Method: { arity: [1], checks: [] },
  Path: { arity: [1], checks: [path] },
  PathPrefix: { arity: [1], checks: [path] },
  PathRegexp: { arity: [1], checks: [regex('PathRegexp')] },
  Query: { arity: [1, 2], checks: [] },
  QueryRegexp: { arity: [1, 2], checks: [undefined, regex('QueryRegexp')] },
};

/** Every finding about the arguments of one call. */
export function argumentProblems(matcher: MatcherName, args: readonly Token[], span: Span): readonly RuleProblem[] {
  const { arity, checks } = signatures[matcher];
  const refused = notTexts(matcher, args, span);
  if (refused !== undefined) return [refused];
  if (!arity.includes(args.length)) return [wrongArity(matcher, arity, args, span)];
  return args.flatMap((arg, index) => checks[index]?.(arg.text, arg.span) ?? []);
}

/** What every matcher of every syntax refuses: no arguments, numbers, empty texts. */
export function notTexts(matcher: string, args: readonly Token[], span: Span): RuleProblem | undefined {
  const number = args.find(({ kind }) => kind === 'number');
  if (number !== undefined) {
    const message = `${matcher} takes text, found the number ${number.text}`;
    return problem('argument', message, number.span, `write \`${number.text}\``);
  }
  if (args.length === 0) return problem('arity', `no args for matcher ${matcher}`, span);
  const empty = args.find(({ text }) => text === '');
  return empty && problem('argument', `empty args for matcher ${matcher}, ${listed(args)}`, empty.span);
}

function wrongArity(matcher: MatcherName, arity: readonly number[], args: readonly Token[], span: Span): RuleProblem {
  const message = `${matcher}: unexpected number of parameters; got ${args.length}, expected one of [${arity.join(' ')}]`;
  const first = args[0];
  const split = args.length > 1 && arity.length === 1 && arity[0] === 1;
  const alternatives = args.map(({ text }) => `${matcher}(\`${text}\`)`).join(' || ');
  return problem('arity', message, first?.span ?? span, split ? `write ${alternatives}` : undefined);
}

/** Arguments as Go prints a list. */
export const listed = (args: readonly Token[]): string => `[${args.map(({ text }) => text).join(' ')}]`;

/** A finding that refuses the rule. */
export function problem(kind: RuleProblem['kind'], message: string, span: Span, hint?: string): RuleProblem {
  return { kind, severity: 'error', message, span, ...(hint === undefined ? {} : { hint }) };
}

/** A finding about something that is legal and makes no sense. */
export const warning = (message: string, span: Span, hint: string): RuleProblem => ({
  kind: 'argument',
  severity: 'warning',
  message,
  span,
  hint,
});

/** Hosts travel in their ASCII form. */
export const isAscii = (value: string): boolean => !/[\u0080-\uffff]/.test(value);

function host(value: string, span: Span): RuleProblem | undefined {
  if (!isAscii(value)) {
    const message = `invalid value ${JSON.stringify(value)} for Host matcher, non-ASCII characters are not allowed`;
    return problem('argument', message, span, punycode(value));
  }
  return neverHost(value, span);
}

/** The warning about a text that is no host, but is compared with one. */
export function neverHost(value: string, span: Span): RuleProblem | undefined {
  if (value.includes('{'))
    return warning('Host takes the braces literally, no request can match', span, 'write HostRegexp(`…`)');
  if (/[/\s]/.test(value) || /:\d+$/.test(value)) {
    const bare = value.replace(/^\w+:\/\//, '').replace(/[:/\s].*$/, '');
    return warning(
      'Host is compared without scheme, port and path, no request can match',
      span,
      `write Host(\`${bare}\`)`,
    );
  }
  if (value.lastIndexOf('*') > 0) {
    return warning('only a leading "*" stands for a label, no request can match', span, 'write HostRegexp(`…`)');
  }
  return undefined;
}

/** The hint to write a host in the form that travels in a request. */
export function punycode(value: string): string {
  const url = URL.canParse(`http://${value}/`) ? new URL(`http://${value}/`).hostname : '';
  return url !== '' && isAscii(url) ? `write ${url}` : 'write the host in its ASCII form (punycode)';
}

function hostRegexp(value: string, span: Span): RuleProblem | undefined {
  if (isAscii(value)) return regex('HostRegexp')(value, span);
  const message = `invalid value ${JSON.stringify(value)} for HostRegexp matcher, non-ASCII characters are not allowed`;
  return problem('argument', message, span, 'write the host in its ASCII form (punycode)');
}

function path(value: string, span: Span): RuleProblem | undefined {
  if (!value.startsWith('/')) {
    return problem('argument', `path ${JSON.stringify(value)} does not start with a '/'`, span, `write \`/${value}\``);
  }
  if (/\{[^}]*:?.*\}/.test(value)) {
    return warning('rule syntax v3 takes the braces literally', span, 'write PathRegexp(`…`) for a pattern');
  }
  if (value.includes('?'))
    return warning('a path holds no query, no request can match', span, 'write Query(`key`, `value`)');
  return undefined;
}

/** Warns of names that no header has. */
export function headerName(value: string, span: Span): RuleProblem | undefined {
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(value))
    return warning(`${JSON.stringify(value)} is no header name, no request can match`, span, 'a token');
  if (value.toLowerCase() !== 'host') return undefined;
  return warning('the Host header is not visible to this matcher, no request can match', span, 'write Host(`…`)');
}

/** The check of a pattern; `matcher` stands in the message, as in Traefik's. */
export function regex(matcher: string): Check {
  return (value, span) => {
    const found = regexProblem(value);
    if (found === undefined) return undefined;
    // Without escapes in between, a place in the value is a place in the rule.
    const plain = span.end - span.start === value.length + 2;
    const start = span.start + 1 + found.at;
    const place = plain ? { start, end: Math.min(start + found.length, span.end) } : span;
    return problem('regex', `compiling ${matcher} matcher: error parsing regexp: ${found.message}`, place, found.hint);
  };
}

/** The check of an address or network. */
export function address(value: string, span: Span): RuleProblem | undefined {
  const [ip = '', bits, ...rest] = value.split('/');
  const family = isIP(ip);
  const width = family === 4 ? 32 : 128;
  const valid = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= width && !ip.includes('%'));
  if (family !== 0 && valid && rest.length === 0) return undefined;
  const message = `initializing IP checker for ClientIP matcher: parsing CIDR trusted IPs ${value}: invalid CIDR address: ${value}`;
  return problem('argument', message, span, 'an address such as 192.0.2.1 or a range such as 192.0.2.0/24');
}
