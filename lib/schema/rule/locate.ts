/** Finds the place in a configuration file that a part of a scalar's value was written at. */
import type { Origin, SourceText, TextOrigin } from '../../source/origin.js';
import type { Span } from './ast.js';

/**
 * The origin of `span` inside a scalar whose value is `value` and which was written at `origin`.
 *
 * The text from the origin on is walked beside the value, over quotes, escapes, folded lines and the indentation of block
 * scalars of YAML and TOML. Where both cannot be aligned (a reference such as `${env:NAME}` was replaced), the answer
 * is the whole scalar.
 */
export function locate(origin: Origin, value: string, span: Span): Origin {
  if (origin.kind !== 'text' || value === '') return origin;
  const from = offsetOf(origin);
  if (from === undefined) return origin;
  const places = align(origin.source.text, from, value, span.end);
  const start = places?.[span.start];
  const last = places?.[span.end - 1] ?? start;
  if (start === undefined || last === undefined) return origin;
  return placeAt(origin, from, start, Math.max(1, last + 1 - start));
}

/** Where the lines of a text begin; found once, since many findings may stand in one large text. */
const lineStarts = new WeakMap<SourceText, readonly number[]>();

function startsOf(source: SourceText): readonly number[] {
  const known = lineStarts.get(source);
  if (known !== undefined) return known;
  const starts = [0];
  for (let at = source.text.indexOf('\n'); at >= 0; at = source.text.indexOf('\n', at + 1)) starts.push(at + 1);
  lineStarts.set(source, starts);
  return starts;
}

/** The offset that line and column of the origin stand for. */
function offsetOf({ source, line, column }: TextOrigin): number | undefined {
  const start = startsOf(source)[line - 1];
  return start === undefined ? undefined : start + column - 1;
}

/** Behind an opening quote, or at the first line of a block scalar. */
function bodyStart(text: string, from: number): number {
  const head = text.slice(from, from + 3);
  if (head === '"""' || head === "'''") return from + 3;
  if (head.startsWith('"') || head.startsWith("'")) return from + 1;
  if (!/^[|>]/.test(head)) return from;
  const newline = text.indexOf('\n', from);
  return newline === -1 ? text.length : newline + 1;
}

/**
 * The offset in `text` of each of the first `count` characters of `value`, and of the one behind them; undefined when
 * both differ by more than quoting.
 */
function align(text: string, from: number, value: string, count: number): readonly number[] | undefined {
  const places: number[] = [];
  const quote = text.charAt(from);
  let at = bodyStart(text, from);
  for (let index = 0; index < Math.min(count, value.length); index++) {
    const char = value.charAt(index);
    at = skipLayout(text, at, char);
    places.push(at);
    const width = written(text, at, char, quote);
    if (width === 0) return undefined;
    at += width;
  }
  places.push(at);
  return places;
}

const blank = /[ \t\r\n]/;

/** Skips what stands in the file but not in the value: line ends that were folded away and indentation. */
function skipLayout(text: string, from: number, wanted: string): number {
  let at = from;
  if (blank.test(wanted)) return at;
  while (at < text.length && blank.test(text.charAt(at))) at += 1;
  return at;
}

/** How many characters of the file stand for one character of the value; 0 when something else stands there. */
function written(text: string, at: number, char: string, quote: string): number {
  const found = text.charAt(at);
  if (quote === "'" && char === "'" && text.startsWith("''", at)) return 2;
  if (quote === '"' && found === '\\') return escapeWidth(text, at);
  if (found === char) return 1;
  if (char === ' ' && blank.test(found)) return /^\s+/.exec(text.slice(at, at + 4096))?.[0].length ?? 1;
  return 0;
}

function escapeWidth(text: string, at: number): number {
  const long: Readonly<Record<string, number>> = { x: 4, u: 6, U: 10 };
  return long[text.charAt(at + 1)] ?? 2;
}

function placeAt(origin: TextOrigin, from: number, start: number, length: number): TextOrigin {
  const before = origin.source.text.slice(from, start);
  const lines = before.split('\n');
  const last = lines.at(-1) ?? '';
  const line = origin.line + lines.length - 1;
  const column = lines.length === 1 ? origin.column + last.length : last.length + 1;
  return { kind: 'text', source: origin.source, line, column, length };
}
