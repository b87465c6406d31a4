/** The lines around a place in a configuration text, without the secrets in them. */
import type { SourceText, TextOrigin } from '../source/origin.js';
import { isSecretKey, redacted, redactText } from './redact.js';

/** One line of an excerpt. */
export interface ExcerptLine {
  readonly number: number;
  readonly text: string;
}

/** An excerpt that ends with the line in question. */
export interface Excerpt {
  readonly lines: readonly ExcerptLine[];
  /** The marked place in the last line as it is shown, from 0. */
  readonly column: number;
  readonly length: number;
}

/** Lines shown above the line in question. */
const linesBefore = 2;
/** Longer lines are cut around the marked place, so that a minified text still gives a readable excerpt. */
const widestLine = 160;
/** Longer lines are only looked at around the marked place: secrets are sought by patterns, which costs time. */
const longestSearched = 16 * 1024;
/** Lines searched upwards for the key a list entry belongs to. */
const linesSearched = 200;

/** The excerpt for a place; undefined when the text is not there any more or has no such line. */
export function excerptOf(origin: TextOrigin): Excerpt | undefined {
  const lines = linesOf(origin.source);
  const marked = lines[origin.line - 1];
  if (marked === undefined || origin.source.text === '') return undefined;
  const first = Math.max(0, origin.line - 1 - linesBefore);
  const shown = lines.slice(first, origin.line - 1).map((_, index) => ({
    number: first + index + 1,
    text: cut(clean(lines, first + index), 0).text,
  }));
  const near = within(marked, origin.column - 1, longestSearched);
  const line = clean(lines, origin.line - 1, near.text);
  const tabs = near.text.slice(0, origin.column - 1 - near.from);
  const column = Math.min(expand(tabs).length, line.length);
  const part = cut(line, column);
  const last = { number: origin.line, text: part.text };
  const length = Math.max(1, Math.min(origin.length, part.text.length - (column - part.from)));
  return { lines: [...shown, last], column: column - part.from, length };
}

const split = new WeakMap<SourceText, readonly string[]>();

function linesOf(source: SourceText): readonly string[] {
  const known = split.get(source) ?? source.text.split(/\r?\n/);
  split.set(source, known);
  return known;
}

interface Part {
  readonly text: string;
  readonly from: number;
}

/** The part of a text around a place, at most `width` long. */
function within(text: string, around: number, width: number): Part {
  if (text.length <= width) return { text, from: 0 };
  const from = Math.max(0, Math.min(around - width / 2, text.length - width));
  return { text: text.slice(from, from + width), from };
}

const cut = (text: string, around: number): Part => within(text, around, widestLine);

/** The beginning of a line, as far as it is looked at. */
const beginning = (line: string | undefined): string => (line ?? '').slice(0, longestSearched);

/** Tabs and other control characters would move the caret, or the terminal. */
function expand(text: string): string {
  return text.replaceAll('\t', '  ').replace(/[\u0000-\u001f\u007f-\u009f]/g, '�');
}

/** A line without secrets: values of secret keys, entries of secret lists, key material, hashes, credentials in addresses. */
function clean(lines: readonly string[], index: number, part = beginning(lines[index])): string {
  const text = expand(part);
  if (isInsideSecret(lines, index)) return text.replace(/^(\s*(?:-\s+)?).*$/, `$1${redacted}`);
  return redactText(maskValues(text));
}

// What precedes a name is no part of it, so that each run of such characters is tried once.
const keyAndValue =
  /(["']?)(?<![\w.@-])([\w.@-]+)\1(\s*[:=]\s*)(\[[^\]]*\]?|\{[^}]*\}?|"(?:[^"\\]|\\.)*"?|'[^']*'?|(?:\$\{[^}]*\}|[^\s,}\]#])(?:\$\{[^}]*\}|[^,}\]#])*)/g;

function maskValues(text: string): string {
  return text.replace(keyAndValue, (all, quote: string, key: string, between: string, value: string) => {
    if (!isSecretKey(key)) return all;
    // A reference names where the secret is, which is what the reader needs.
    if (/^["']?\$\{(env|file):[^}]*\}["']?\s*$/.test(value) || /^[|>][+-]?\s*$/.test(value)) return all;
    return `${quote}${key}${quote}${between}${redacted}`;
  });
}

/** Whether the line is a list entry or a continuation below a secret key, or lies within a block of key material. */
function isInsideSecret(lines: readonly string[], index: number): boolean {
  const text = beginning(lines[index]);
  if (isKeyMaterial(lines, index)) return true;
  let indent = text.search(/\S/);
  if (indent < 0) return false;
  let entry = text.trimStart().startsWith('- ');
  for (let above = index - 1; above >= Math.max(0, index - linesSearched); above--) {
    const line = beginning(lines[above]);
    const lineIndent = line.search(/\S/);
    if (lineIndent < 0 || lineIndent > indent || (lineIndent === indent && !entry)) continue;
    const key = /^\s*(?:-\s+)?["']?([\w.@-]+)["']?\s*[:=]\s*(?:[|>][+-]?\d?|\[)?\s*$/.exec(line)?.[1];
    if (key !== undefined && isSecretKey(key)) return true;
    if (lineIndent === indent && line.trimStart().startsWith('- ')) continue;
    indent = lineIndent;
    entry = line.trimStart().startsWith('- ');
    if (indent === 0 && !entry) return false;
  }
  return false;
}

function isKeyMaterial(lines: readonly string[], index: number): boolean {
  if (!/^[A-Za-z0-9+/=\s-]{16,}$/.test(beginning(lines[index]))) return false;
  for (let above = index; above >= Math.max(0, index - linesSearched); above--) {
    const line = lines[above] ?? '';
    if (line.includes('-----END') && above !== index) return false;
    if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(line)) return true;
  }
  return false;
}
