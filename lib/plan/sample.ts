/** A text that a simple pattern matches. */

const classes: Readonly<Record<string, string>> = { d: '1', w: 'a', s: ' ', D: 'a', W: '-', S: 'a' };
/** Longer patterns, and texts, than people write. */
const mostCharacters = 500;

/**
 * The shortest text that comes to mind: first alternatives, one of each repetition. Undefined where the pattern is not of the
 * simple kind. Nobody relies on it: whether it matches is for the data plane to say.
 */
export function sampleOf(pattern: string): string | undefined {
  if (pattern.length > mostCharacters) return undefined;
  const reader = new Reader(pattern.replace(/^\(\?[imsU]+\)/, ''));
  const text = reader.alternatives();
  return reader.isDone && text !== undefined && text.length <= mostCharacters ? text : undefined;
}

class Reader {
  readonly #pattern: string;
  #at = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  get isDone(): boolean {
    return this.#at === this.#pattern.length;
  }

  /** The sample of the first alternative; all are read. */
  alternatives(): string | undefined {
    const first = this.#sequence();
    while (this.#take('|')) {
      if (this.#sequence() === undefined) return undefined;
    }
    return first;
  }

  #sequence(): string | undefined {
    let text = '';
    while (!this.isDone && this.#peek() !== '|' && this.#peek() !== ')') {
      const one = this.#one();
      if (one === undefined) return undefined;
      const times = this.#times();
      if (times === undefined) return undefined;
      text += one.repeat(times);
    }
    return text;
  }

  #one(): string | undefined {
    const char = this.#next();
    if (char === '^' || char === '$') return '';
    if (char === '.') return 'a';
    if (char === '\\') return this.#escape();
    if (char === '[') return this.#set();
    if (char === '(') return this.#group();
    return '*+?{'.includes(char) ? undefined : char;
  }

  #escape(): string | undefined {
    const char = this.#next();
    if (/[bBAz]/.test(char)) return '';
    return classes[char] ?? (/[a-zA-Z0-9]/.test(char) || char === '' ? undefined : char);
  }

  #set(): string | undefined {
    if (this.#peek() === '^') return undefined;
    const first = this.#take('\\') ? this.#escape() : this.#next();
    const end = this.#pattern.indexOf(']', this.#at);
    if (end < 0) return undefined;
    this.#at = end + 1;
    return first;
  }

  #group(): string | undefined {
    if (this.#take('?')) {
      const name = /^(?::|P?<[a-zA-Z0-9_]+>)/.exec(this.#pattern.slice(this.#at));
      if (name === null) return undefined;
      this.#at += name[0].length;
    }
    const text = this.alternatives();
    return this.#take(')') ? text : undefined;
  }

  /** How often what was read is repeated at least, but once rather than never. */
  #times(): number | undefined {
    if (this.#take('?') || this.#take('*') || this.#take('+')) {
      this.#take('?');
      return 1;
    }
    const counted = /^\{(\d+)(?:,\d*)?\}/.exec(this.#pattern.slice(this.#at));
    if (counted === null) return this.#peek() === '{' ? undefined : 1;
    this.#at += counted[0].length;
    this.#take('?');
    return Math.min(mostCharacters, Math.max(1, Number(counted[1])));
  }

  #peek(): string {
    return this.#pattern.charAt(this.#at);
  }
  #next(): string {
    return this.#pattern.charAt(this.#at++);
  }
  #take(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at += 1;
    return true;
  }
}
