/**
 * Tokens of a rule. Traefik parses a rule as a Go expression, so the lexical rules are Go's: raw strings in back-ticks,
 * interpreted strings in double quotes, comments, and a newline that ends an expression after `)` or a literal
 * (automatic semicolon insertion, Go specification "Semicolons").
 */
import type { Span } from './ast.js';

/** What a token is; operators that rules use are their own kind. */
export type TokenKind =
  | 'name'
  | 'string'
  /** A number: legal Go, useless to a matcher. */
  | 'number'
  | '!'
  | '&&'
  | '||'
  | '('
  | ')'
  | ','
  | '.'
  /** Any other Go operator. */
  | 'operator'
  /** A newline, or a written semicolon, where the expression has to end. */
  | 'newline'
  | ';'
  | 'end';

/** One token, with its place. */
export interface Token {
  readonly kind: TokenKind;
  /** A string without its quotes; otherwise the text as written. */
  readonly text: string;
  readonly span: Span;
}

/** Why the text cannot be read further. */
export interface LexicalFault {
  readonly message: string;
  readonly hint?: string;
  readonly span: Span;
}

/** The tokens of a rule, or the first fault. */
export type Tokens =
  | { readonly tokens: readonly Token[]; readonly fault?: never }
  | { readonly tokens?: never; readonly fault: LexicalFault };

/** Splits a rule into tokens, ending with one of kind `end`; stops at the first fault. */
export function tokenize(text: string): Tokens {
  const tokens: Token[] = [];
  const scanner = new Scanner(text);
  for (;;) {
    const token = scanner.next();
    if ('message' in token) return { fault: token };
    tokens.push(token);
    if (token.kind === 'end') return { tokens };
  }
}

const nameText = /[\p{L}_][\p{L}\p{Nd}_]*/uy;
const numberText = /(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]+|(?:\d[\d_]*)?\.?\d[\d_]*\.?(?:[eE][+-]?\d+)?)i?/y;
/** Longest first, so that `&&` is not read as two `&`. */
const operators = [
  '<<=',
  '>>=',
  '&^=',
  '...',
  '&&',
  '||',
  '<-',
  '++',
  '--',
  '==',
  '!=',
  '<=',
  '>=',
  ':=',
  '<<',
  '>>',
  '&^',
];
const singles = '!(),.+-*/%&|^<>=[]{}:~';
const own = new Set(['!', '&&', '||', '(', ')', ',', '.']);

class Scanner {
  readonly #text: string;
  #at = 0;
  /** The token before lets a newline end the expression. */
  #mayEnd = false;

  constructor(text: string) {
    this.#text = text;
  }

  next(): Token | LexicalFault {
    const ended = this.#skipBlank();
    if (ended !== undefined) return ended;
    const start = this.#at;
    const char = this.#codePoint();
    if (char === '') return this.#atEnd();
    if (char === '(' || char === ')' || char === ',') return this.#token(char, start, 1, char === ')');
    const name = this.#name(start);
    if (name !== undefined) return name;
    if (/\d/.test(char) || (char === '.' && /\d/.test(this.#text.charAt(start + 1)))) return this.#number(start);
    if (char === '`') return this.#rawString(start);
    if (char === '"') return this.#quotedString(start);
    if (char === "'") return this.#singleQuoted(start);
    if (char === ';') return this.#token(';', start, 1, false);
    return this.#operator(start, char);
  }

  /** Skips blanks and comments; a newline among them that ends the expression is returned. */
  #skipBlank(): Token | LexicalFault | undefined {
    for (;;) {
      const start = this.#at;
      const char = this.#text.charAt(start);
      if (char > ' ' && char !== '/') return undefined;
      if (char === '\n' && this.#mayEnd) return this.#token('newline', start, 1, false);
      if (char === ' ' || char === '\t' || char === '\r' || char === '\n') {
        this.#at += 1;
      } else if (this.#text.startsWith('//', start)) {
        const end = this.#text.indexOf('\n', start);
        this.#at = end === -1 ? this.#text.length : end;
      } else if (this.#text.startsWith('/*', start)) {
        const end = this.#text.indexOf('*/', start + 2);
        if (end === -1) return this.#fault('comment not terminated', start, start + 2);
        this.#at = end + 2;
        if (this.#mayEnd && this.#text.slice(start, end).includes('\n'))
          return this.#token('newline', this.#at, 0, false);
      } else {
        return undefined;
      }
    }
  }

  #atEnd(): Token {
    return this.#token('end', this.#text.length, 0, false);
  }

  #name(start: number): Token | undefined {
    nameText.lastIndex = start;
    const found = nameText.exec(this.#text);
    return found === null ? undefined : this.#token('name', start, found[0].length, true);
  }

  #number(start: number): Token {
    numberText.lastIndex = start;
    const found = numberText.exec(this.#text);
    return this.#token('number', start, found?.[0].length ?? 1, true);
  }

  #rawString(start: number): Token | LexicalFault {
    const end = this.#text.indexOf('`', start + 1);
    if (end === -1)
      return this.#fault('raw string literal not terminated', start, this.#text.length, 'close it with a back-tick');
    const value = this.#text.slice(start + 1, end).replaceAll('\r', '');
    return this.#string(value, start, end + 1);
  }

  #quotedString(start: number): Token | LexicalFault {
    const unterminated = () =>
      this.#fault('string literal not terminated', start, this.#at, 'close it with a double quote');
    const bytes = new ByteText();
    this.#at = start + 1;
    for (;;) {
      const char = this.#codePoint();
      if (char === '' || char === '\n') return unterminated();
      if (char === '"') break;
      if (char === '\\') {
        const fault = this.#escape(bytes);
        if (fault !== undefined) return fault;
      } else {
        bytes.addText(char);
        this.#at += char.length;
      }
    }
    const value = bytes.text();
    const end = this.#at + 1;
    return value === undefined
      ? this.#fault('string literal is not valid UTF-8', start, end)
      : this.#string(value, start, end);
  }

  /** Reads one escape at the current place (Go specification "String literals"). */
  #escape(into: ByteText): LexicalFault | undefined {
    const start = this.#at;
    const found = escapeText.exec(this.#text.slice(start, start + 10));
    if (found === null) {
      const hint = 'write the pattern between back-ticks, where a backslash stands for itself';
      return this.#fault('unknown escape sequence', start, start + 2, hint);
    }
    const [all, short, octal, hex, unicode, longUnicode] = found;
    this.#at += all.length;
    if (short !== undefined) into.addText(shortEscapes[short] ?? short);
    const byte = octal === undefined ? hex && Number.parseInt(hex, 16) : Number.parseInt(octal, 8);
    const point = Number.parseInt(unicode ?? longUnicode ?? '0', 16);
    if (typeof byte === 'number' && byte > 255) return this.#fault('octal escape is above 255', start, this.#at);
    if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) {
      return this.#fault('escape sequence is invalid Unicode code point', start, this.#at);
    }
    if (typeof byte === 'number') into.addByte(byte);
    if (unicode !== undefined || longUnicode !== undefined) into.addText(String.fromCodePoint(point));
    return undefined;
  }

  #singleQuoted(start: number): LexicalFault {
    const close = this.#text.indexOf("'", start + 1);
    const end = close === -1 ? this.#text.length : close + 1;
    const inner = this.#text.slice(start + 1, close === -1 ? undefined : close);
    const message = close === -1 ? 'rune literal not terminated' : 'single quotes do not make a string';
    return this.#fault(message, start, end, `write \`${inner}\` between back-ticks`);
  }

  #operator(start: number, char: string): Token | LexicalFault {
    const found =
      (this.#text.startsWith('&& ', start) ? '&&' : undefined) ??
      operators.find((operator) => this.#text.startsWith(operator, start)) ??
      (singles.includes(char) ? char : undefined);
    if (found === undefined)
      return this.#fault(`illegal character ${JSON.stringify(char)}`, start, start + char.length);
    const closes = found === ')' || found === ']' || found === '}' || found === '++' || found === '--';
    return this.#token(own.has(found) ? (found as TokenKind) : 'operator', start, found.length, closes);
  }

  #string(value: string, start: number, end: number): Token {
    this.#at = end;
    this.#mayEnd = true;
    return { kind: 'string', text: value, span: { start, end } };
  }

  #token(kind: TokenKind, start: number, length: number, mayEnd: boolean): Token {
    this.#at = start + length;
    this.#mayEnd = mayEnd;
    return { kind, text: this.#text.slice(start, this.#at), span: { start, end: this.#at } };
  }

  #fault(message: string, start: number, end: number, hint?: string): LexicalFault {
    const span = { start, end: Math.max(start, Math.min(end, this.#text.length)) };
    return hint === undefined ? { message, span } : { message, hint, span };
  }

  /** The character at the current place, a surrogate pair as one; empty at the end. */
  #codePoint(): string {
    const point = this.#text.codePointAt(this.#at);
    return point === undefined ? '' : String.fromCodePoint(point);
  }
}

const escapeText = /^\\(?:([abfnrtv\\"])|([0-7]{3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/;
const shortEscapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** Text built from characters and single bytes: `\xc3\xa9` is one letter. */
class ByteText {
  readonly #parts: Buffer[] = [];

  addText(text: string): void {
    this.#parts.push(Buffer.from(text, 'utf8'));
  }

  addByte(byte: number): void {
    this.#parts.push(Buffer.from([byte]));
  }

  /** Undefined when the bytes are not UTF-8. */
  text(): string | undefined {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(this.#parts));
    } catch {
      return undefined;
    }
  }
}
