/** Turns offsets of a text into lines and columns. */
import type { SourceText, TextOrigin } from './origin.js';

/** The start offset of each line of a text; found once, then a binary search per question. */
export class LineTable {
  readonly #starts: number[] = [0];
  readonly #source: SourceText;

  constructor(source: SourceText) {
    this.#source = source;
    const { text } = source;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#starts.push(at + 1);
  }

  /** The place of `length` characters from `offset`, cut at the end of the line; at least one character. */
  place(offset: number, length: number): TextOrigin {
    const { text } = this.#source;
    const bounded = Math.max(0, Math.min(offset, text.length));
    const line = this.#lineOf(bounded);
    const start = this.#starts[line] ?? 0;
    const next = this.#starts[line + 1];
    const end = text[(next ?? 0) - 2] === '\r' ? (next ?? 0) - 2 : next === undefined ? text.length : next - 1;
    const visible = Math.max(1, Math.min(length, end - bounded));
    return { kind: 'text', source: this.#source, line: line + 1, column: bounded - start + 1, length: visible };
  }

  #lineOf(offset: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
