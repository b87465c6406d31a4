/**
 * A check of regular expressions against the syntax of RE2 and Go (https://github.com/google/re2/wiki/Syntax), so that a
 * pattern for another engine is refused with its place and reason before it reaches the data plane. It is conservative:
 * what passes here may still be refused by RE2 itself (unknown script names, too large a program).
 */

/** Why a regular expression would be refused. */
export interface RegexProblem {
  /** Go's wording, with the offending part between back-ticks. */
  readonly message: string;
  readonly hint?: string;
  /** Where the part begins, in UTF-16 units, and its length. */
  readonly at: number;
  readonly length: number;
}

/** Nesting of groups; Go allows 1000, which the recursion here should not need to. */
const deepest = 200;
/** Largest repeat count, alone or multiplied through nested groups (Go, RE2). */
const mostRepeats = 1000;

/** The first thing in a pattern that RE2 refuses, or undefined. Never throws. */
export function regexProblem(pattern: string): RegexProblem | undefined {
  const checker = new Checker(pattern);
  try {
    checker.all();
    return undefined;
  } catch (refusal) {
    if (refusal instanceof Refusal) return refusal.problem;
    throw refusal;
  }
}

/** Carries the first problem up to `regexProblem`; it never leaves this file. */
class Refusal extends Error {
  readonly problem: RegexProblem;

  constructor(problem: RegexProblem) {
    super(problem.message);
    this.problem = problem;
  }
}

const notInRe2 =
  'RE2 has no look-around, back-references, atomic groups or possessive quantifiers, so that matching stays linear';
const quantifier = /(?:[*+?]|\{(\d+)(?:(,)(\d*))?\})/y;
const groupOpening = /\((?:\?(?:P?<(\w+)>|([imsU]*(?:-[imsU]+)?)([:)]))|(?!\?))/y;
const escape =
  /\\(?:[dDsSwWbBAzafnrtv]|[pP](?:[A-Z]|\{\^?\w+\})|0[0-7]{0,2}|[1-7][0-7]{1,2}|x[0-9a-fA-F]{2}|x\{[0-9a-fA-F]{1,6}\}|[^\p{L}\p{N}\s\u0080-\uffff]|[\t\n\v\f\r ])/uy;
const posixClass = /\[:\^?(?:alnum|alpha|ascii|blank|cntrl|digit|graph|lower|print|punct|space|upper|word|xdigit):\]/y;

class Checker {
  readonly #text: string;
  readonly #names = new Set<string>();
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  all(): void {
    this.#alternatives();
    if (this.#at < this.#text.length)
      this.#refuse('unexpected )', this.#text.slice(this.#at), 0, 'write \\) for the character');
  }

  /** Reads up to `)` or the end; returns the largest product of repeat counts inside. */
  #alternatives(): number {
    let repeats = 1;
    let canRepeat = false;
    while (this.#at < this.#text.length && this.#text[this.#at] !== ')') {
      const counted = this.#quantifier();
      if (counted !== undefined) {
        if (!canRepeat) this.#refuse('missing argument to repetition operator', counted.text, -counted.text.length);
        canRepeat = false;
        continue;
      }
      const inner = this.#atom();
      canRepeat = inner !== undefined;
      if (inner !== undefined) repeats = Math.max(repeats, this.#repeated(inner));
    }
    return repeats;
  }

  /** Reads the quantifier after an atom whose own repeats multiply to `inner`. */
  #repeated(inner: number): number {
    const first = this.#quantifier();
    if (first === undefined) return inner;
    const start = this.#at - first.text.length;
    if (this.#text[this.#at] === '?') this.#at += 1;
    const next = this.#quantifier();
    if (next !== undefined) {
      const text = this.#text.slice(start, this.#at);
      this.#refuse('invalid nested repetition operator', text, -text.length, next.text === '+' ? notInRe2 : undefined);
    }
    const product = inner * first.count;
    if (product > mostRepeats)
      this.#refuse(
        'invalid repeat count',
        first.text,
        start - this.#at,
        `at most ${mostRepeats}, nested ones multiplied`,
      );
    return product;
  }

  #quantifier(): { readonly text: string; readonly count: number } | undefined {
    const found = this.#match(quantifier);
    if (found === undefined) return undefined;
    const [text, from, comma, to] = found;
    const low = Number(from ?? 0);
    const high = to === undefined || to === '' ? low : Number(to);
    const bad = comma !== undefined && to !== '' && high < low;
    if (bad || low > mostRepeats || high > mostRepeats) {
      this.#refuse('invalid repeat count', text, -text.length, `at most ${mostRepeats}`);
    }
    return { text, count: Math.max(1, low, high) };
  }

  /** Reads one atom and returns its repeat count; undefined for one that cannot be repeated (`|`, a flag group). */
  #atom(): number | undefined {
    const char = this.#text[this.#at];
    if (char === '(') return this.#group();
    if (char === '[') this.#characterClass();
    else if (char === '\\') this.#escape();
    else this.#at += (this.#text.codePointAt(this.#at) ?? 0) > 0xffff ? 2 : 1;
    return char === '|' ? undefined : 1;
  }

  #group(): number | undefined {
    const start = this.#at;
    const found = this.#match(groupOpening);
    if (found === undefined) this.#badGroup();
    const [, name, , end] = found;
    if (end === ')') return undefined;
    if (name !== undefined && this.#names.has(name))
      this.#refuse('duplicate capture group name', name, start - this.#at);
    if (name !== undefined) this.#names.add(name);
    this.#depth += 1;
    if (this.#depth > deepest) this.#refuse('expression nests too deeply', found[0], start - this.#at);
    const repeats = this.#alternatives();
    if (this.#text[this.#at] !== ')') this.#refuse('missing closing )', this.#text.slice(start), start - this.#at);
    this.#at += 1;
    this.#depth -= 1;
    return repeats;
  }

  #badGroup(): never {
    const opening = /^\(\?(?:P[=>]?|<[=!]?|[^\w)])?/.exec(this.#text.slice(this.#at))?.[0] ?? '(';
    const named = opening === '(?<' || opening === '(?P';
    this.#refuse(
      named ? 'invalid named capture' : 'invalid or unsupported Perl syntax',
      opening,
      0,
      named ? undefined : notInRe2,
    );
  }

  #escape(): void {
    const rest = this.#text.slice(this.#at);
    if (rest === '\\') this.#refuse('trailing backslash at end of expression', '', 0);
    if (rest.startsWith('\\Q')) {
      const end = rest.indexOf('\\E');
      this.#at += end === -1 ? rest.length : end + 2;
      return;
    }
    const found = this.#match(escape);
    if (found !== undefined) return;
    const text = `\\${String.fromCodePoint(rest.codePointAt(1) ?? 0)}`;
    this.#refuse('invalid escape sequence', text, 0, /^\\[1-9k]/.test(text) ? notInRe2 : undefined);
  }

  #characterClass(): void {
    const start = this.#at;
    this.#at += this.#text[start + 1] === '^' ? 2 : 1;
    for (let first = true; first || this.#text[this.#at] !== ']'; first = false) {
      if (this.#at >= this.#text.length) this.#refuse('missing closing ]', this.#text.slice(start), start - this.#at);
      if (this.#match(posixClass) !== undefined) continue;
      if (this.#text.startsWith('[:', this.#at) && this.#text.includes(':]', this.#at)) {
        this.#refuse(
          'invalid character class range',
          this.#text.slice(this.#at, this.#text.indexOf(':]', this.#at) + 2),
          0,
        );
      }
      this.#range();
    }
    this.#at += 1;
  }

  /** Reads `a`, `a-z` or an escape inside brackets. */
  #range(): void {
    const start = this.#at;
    const low = this.#classCharacter();
    if (this.#text[this.#at] !== '-' || this.#text[this.#at + 1] === ']' || low === undefined) return;
    this.#at += 1;
    if (this.#at >= this.#text.length) return;
    const high = this.#classCharacter();
    if (high !== undefined && high >= low) return;
    this.#refuse('invalid character class range', this.#text.slice(start, this.#at), start - this.#at);
  }

  /** The code point of one character of a class; undefined when an escape stands for several. */
  #classCharacter(): number | undefined {
    const start = this.#at;
    if (this.#text[start] !== '\\') {
      const point = this.#text.codePointAt(start) ?? 0;
      this.#at += point > 0xffff ? 2 : 1;
      return point;
    }
    this.#escape();
    const text = this.#text.slice(start + 1, this.#at);
    if (/^[bBAz]$/.test(text)) this.#refuse('invalid escape sequence', `\\${text}`, start - this.#at);
    if (/^[dDsSwWpP]/.test(text)) return undefined;
    if (/^x/.test(text)) return Number.parseInt(text.replace(/[x{}]/g, ''), 16);
    if (/^[0-7]/.test(text)) return Number.parseInt(text, 8);
    return (
      ({ a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 } as Readonly<Record<string, number>>)[text] ?? text.codePointAt(0)
    );
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return undefined;
    this.#at += found[0].length;
    return found;
  }

  /** `offset` is where the offending part begins, from the current place. */
  #refuse(message: string, part: string, offset: number, hint?: string): never {
    const text = part === '' ? message : `${message}: \`${part}\``;
    const length = Math.max(1, part.length);
    throw new Refusal({ message: text, at: this.#at + offset, length, ...(hint === undefined ? {} : { hint }) });
  }
}
