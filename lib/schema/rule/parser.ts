/**
 * The parser of Traefik's rule languages: Go expressions reduced to calls, `!`, `&&`, `||` and parentheses. What a call
 * means is the business of the dialect.
 *
 * A fault of syntax ends the parse and is reported alone; faults of matchers (unknown name, arity, argument) are all
 * reported. Messages keep Traefik's wording, so that users find what they have read elsewhere.
 */
import type { Match, RuleNode, RuleSyntax, Span } from './ast.js';
import { type Dialect, dialects, unknownMatcher } from './dialect.js';
import { type Token, type TokenKind, tokenize } from './lexer.js';
import { readPlainRule } from './plain-rule.js';
import { nothing } from '../../source/nothing.js';

/** One finding about a rule, placed in its text. */
export interface RuleProblem {
  readonly kind: 'syntax' | 'limit' | 'matcher' | 'arity' | 'argument' | 'regex';
  readonly severity: 'error' | 'warning';
  /** Traefik's text, without the rule repeated. */
  readonly message: string;
  readonly hint?: string;
  readonly span: Span;
  /** The matcher whose call is wrong. */
  readonly matcher?: string;
}

/** `rule` is there unless a problem of severity `error` was found. */
export interface ParsedRule {
  readonly rule?: RuleNode;
  readonly problems: readonly RuleProblem[];
}

/** Bounds of one rule; a rule beyond them is refused. Each costs the data plane time or the parser stack. */
export const ruleLimits = { bytes: 256 * 1024, depth: 64, matchers: 10_000 } as const;

/** Parses one rule of an HTTP router. Never throws. */
export function parseRule(text: string, syntax: RuleSyntax = 'v3'): ParsedRule {
  const plain = syntax === 'v3' ? readPlainRule(text) : undefined;
  return plain === undefined ? parseAnyRule(text, syntax) : { rule: plain, problems: nothing };
}

/** As `parseRule`, by the grammar alone. */
export function parseAnyRule(text: string, syntax: RuleSyntax): ParsedRule {
  if (Buffer.byteLength(text) > ruleLimits.bytes) {
    return refused('limit', `the rule is longer than ${ruleLimits.bytes} bytes`, { start: 0, end: 1 });
  }
  const { tokens, fault } = tokenize(text);
  if (fault !== undefined) return { problems: [{ kind: 'syntax', severity: 'error', ...fault }] };
  const parser = new Parser(tokens, dialects[syntax]);
  try {
    const rule = parser.parse();
    return parser.failed ? { problems: parser.problems } : { rule, problems: parser.problems };
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    return { problems: [fault.problem] };
  }
}

/** Priority of a router that sets none: the bytes of its rule, blanks and quotes included (rules.md section 4). */
export const defaultPriority = (rule: string): number => Buffer.byteLength(rule);

/**
 * The names of all `Host` matchers, lower case, without a trailing dot, in rule order, each once. Operators and negation
 * are ignored, as Traefik does when it chooses TLS options and certificates.
 */
export function hostsOf(rule: RuleNode): readonly string[] {
  // Most rules name one, and a set for it would be most of the work.
  const sole = soleHost(rule);
  if (sole !== undefined) return [hostOf(sole)];
  const hosts = new Set<string>();
  const visit = (node: RuleNode): void => {
    if (node.type === 'not') visit(node.operand);
    else if (node.type !== 'match') node.operands.forEach(visit);
    else if (node.matcher === 'Host') hosts.add(hostOf(node));
  };
  visit(rule);
  return [...hosts];
}

function hostOf({ args: [written = ''] }: Match): string {
  const host = written.toLowerCase();
  return host.endsWith('.') ? host.slice(0, -1) : host;
}

/** The only `Host` of a rule in which nothing is nested. */
function soleHost(rule: RuleNode): Match | undefined {
  if (rule.type === 'match') return rule.matcher === 'Host' ? rule : undefined;
  if (rule.type === 'not') return undefined;
  let found: Match | undefined;
  for (const operand of rule.operands) {
    if (operand.type !== 'match') return undefined;
    if (operand.matcher !== 'Host') continue;
    if (found !== undefined) return undefined;
    found = operand;
  }
  return found;
}

const refused = (kind: RuleProblem['kind'], message: string, span: Span): ParsedRule => ({
  problems: [{ kind, severity: 'error', message, span }],
});

/** Carries the one fault that ends a parse up to `parseRule`; it never leaves this file. */
class Fault extends Error {
  readonly problem: RuleProblem;

  constructor(problem: RuleProblem) {
    super(problem.message);
    this.problem = problem;
  }
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #dialect: Dialect;
  #at = 0;
  #depth = 0;
  #matchers = 0;
  readonly problems: RuleProblem[] = [];

  constructor(tokens: readonly Token[], dialect: Dialect) {
    this.#tokens = tokens;
    this.#dialect = dialect;
  }

  get failed(): boolean {
    return this.problems.some(({ severity }) => severity === 'error');
  }

  parse(): RuleNode {
    const rule = this.#expression();
    const newline = this.#take('newline');
    const rest = this.#peek();
    if (rest.kind === 'end') return rule;
    const hint =
      newline === undefined ? joinHint(rest) : 'a newline after ")" ends the rule: end the line before with && or ||';
    return this.#fail(`expected 'EOF', found ${shown(rest)}`, rest.span, hint);
  }

  /** `||` binds weakest. */
  #expression(): RuleNode {
    return this.#junction('or', '||', () => this.#junction('and', '&&', () => this.#unary()));
  }

  #junction(type: 'and' | 'or', operator: '&&' | '||', operand: () => RuleNode): RuleNode {
    const first = operand();
    const operands = [first];
    while (this.#take(operator) !== undefined) operands.push(operand());
    this.#refuseOperator();
    if (operands.length === 1) return first;
    return { type, operands, span: { start: first.span.start, end: operands.at(-1)?.span.end ?? first.span.end } };
  }

  /** Go has more operators than a rule may use. */
  #refuseOperator(): void {
    const { kind, text, span } = this.#peek();
    if (kind !== 'operator') return;
    const hint = text === '&' ? 'write &&' : text === '|' ? 'write ||' : 'a rule joins matchers with &&, || and !';
    this.#fail(`${text} is not supported`, span, hint);
  }

  #unary(): RuleNode {
    const not = this.#take('!');
    if (not === undefined) return this.#primary();
    const operand = this.#nested(not.span, () => this.#unary());
    return { type: 'not', operand, span: { start: not.span.start, end: operand.span.end } };
  }

  #primary(): RuleNode {
    const token = this.#next();
    switch (token.kind) {
      case '(':
        return this.#parenthesised(token);
      case 'name':
        return this.#call(token);
      case 'string':
      case 'number':
        return this.#fail('a rule is made of matchers, found a literal', token.span, literalHint(token));
      case 'operator':
        return this.#fail(`${token.text} is not supported`, token.span, 'a rule joins matchers with &&, || and !');
      default:
        return this.#fail(
          `expected operand, found ${shown(token)}`,
          token.span,
          'a matcher such as Host(`example.com`)',
        );
    }
  }

  #parenthesised(open: Token): RuleNode {
    const inner = this.#nested(open.span, () => this.#expression());
    if (this.#take(')') === undefined) this.#failAt(`expected ')', found`, joinHint(this.#peek()));
    return inner;
  }

  #call(name: Token): RuleNode {
    const parts = [name.text];
    while (this.#take('.') !== undefined) parts.push(this.#expect('name', 'expected selector, found').text);
    const matcher = parts.join('.');
    if (this.#take('(') === undefined) {
      const known = this.#dialect.canonical(matcher);
      this.#fail(`${matcher} is not defined`, name.span, known === undefined ? undefined : `write ${known}(\`…\`)`);
    }
    const args = this.#args();
    const span = { start: name.span.start, end: this.#before().span.end };
    return this.#match(matcher, name.span, args, span);
  }

  #args(): readonly Token[] {
    const args: Token[] = [];
    while (this.#peek().kind !== ')') {
      args.push(this.#argument());
      if (this.#take(',') !== undefined) continue;
      if (this.#peek().kind !== ')') this.#argumentsBroken();
    }
    this.#next();
    return args;
  }

  #argument(): Token {
    const token = this.#next();
    if (token.kind === 'string' || token.kind === 'number') return token;
    if (token.kind === 'name') return this.#unquoted(token);
    return this.#fail(`expected operand, found ${shown(token)}`, token.span);
  }

  /** `Host(a.com)`: a value without its quotes. */
  #unquoted({ text, span }: Token): never {
    let written = text;
    while (this.#take('.') !== undefined) written += `.${this.#next().text}`;
    this.#fail(
      `${written} is not defined`,
      { start: span.start, end: this.#before().span.end },
      `write \`${written}\` between back-ticks`,
    );
  }

  #argumentsBroken(): never {
    const { kind, span } = this.#peek();
    if (kind === 'newline') {
      this.#fail(
        "missing ',' before newline in argument list",
        span,
        'close the parenthesis on the line of the last argument',
      );
    }
    if (kind === 'end') this.#fail("expected ')', found 'EOF'", span, 'close the argument list');
    this.#fail("missing ',' in argument list", span);
  }

  #match(written: string, nameSpan: Span, args: readonly Token[], span: Span): RuleNode {
    this.#matchers += this.#dialect.leaves(args);
    if (this.#matchers > ruleLimits.matchers) {
      throw new Fault({
        kind: 'limit',
        severity: 'error',
        message: `the rule has more than ${ruleLimits.matchers} matchers`,
        span,
      });
    }
    const matcher = this.#dialect.canonical(written);
    if (matcher === undefined) {
      this.problems.push(unknownMatcher(this.#dialect, written, nameSpan));
      // Stands for any other: the rule is refused, but the rest of it is still checked.
      return { type: 'match', matcher: 'Host', args: [], span };
    }
    const { node, problems } = this.#dialect.call(matcher, args, span);
    this.problems.push(...problems.map((problem) => ({ ...problem, matcher })));
    return node;
  }

  #nested(at: Span, parse: () => RuleNode): RuleNode {
    this.#depth += 1;
    if (this.#depth > ruleLimits.depth) {
      const message = `the rule nests deeper than ${ruleLimits.depth} levels`;
      throw new Fault({ kind: 'limit', severity: 'error', message, span: at });
    }
    const node = parse();
    this.#depth -= 1;
    return node;
  }

  #peek(): Token {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new RangeError('the token list ends with "end"');
    return token;
  }

  #next(): Token {
    const token = this.#peek();
    if (token.kind !== 'end') this.#at += 1;
    return token;
  }

  #before(): Token {
    return this.#tokens[this.#at - 1] ?? this.#peek();
  }

  #take(kind: TokenKind): Token | undefined {
    return this.#peek().kind === kind ? this.#next() : undefined;
  }

  #expect(kind: TokenKind, message: string): Token {
    return this.#take(kind) ?? this.#failAt(message);
  }

  #failAt(message: string, hint?: string): never {
    return this.#fail(`${message} ${shown(this.#peek())}`, this.#peek().span, hint);
  }

  #fail(message: string, span: Span, hint?: string): never {
    throw new Fault({ kind: 'syntax', severity: 'error', message, span, ...(hint === undefined ? {} : { hint }) });
  }
}

/** A token as Go's parser names it. */
function shown({ kind, text }: Token): string {
  if (kind === 'end') return "'EOF'";
  if (kind === 'newline') return 'newline';
  return kind === 'string' ? `string ${JSON.stringify(text)}` : kind === 'name' ? text : `'${text}'`;
}

const words: Readonly<Record<string, string>> = { and: '&&', or: '||', not: '!' };

function joinHint(token: Token): string | undefined {
  const operator = words[token.text.toLowerCase()];
  if (token.kind === 'name' && operator !== undefined) return `write ${operator}`;
  if (token.kind === ')') return 'a parenthesis too many';
  if (token.kind === 'end') return 'close the parenthesis';
  if (token.kind === ',' || token.kind === ';') return 'write || or && between matchers';
  return token.kind === 'name' || token.kind === '!' || token.kind === '('
    ? 'write && or || between matchers'
    : undefined;
}

function literalHint({ kind, text }: Token): string {
  return kind === 'string' && text.startsWith('/') ? `write PathPrefix(\`${text}\`)` : `write Host(\`${text}\`)`;
}
