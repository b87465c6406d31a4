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
  const line = clean(lines, origin.line - 1);
  const tabs = marked.slice(0, origin.column - 1);
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

function cut(text: string, around: number): { readonly text: string; readonly from: number } {
  if (text.length <= widestLine) return { text, from: 0 };
  const from = Math.max(0, Math.min(around - widestLine / 2, text.length - widestLine));
  return { text: text.slice(from, from + widestLine), from };
}

/** Tabs and other control characters would move the caret, or the terminal. */
function expand(text: string): string {
  return text.replaceAll('\t', '  ').replace(/[\u0000-\u001f\u007f-\u009f]/g, '�');
}

/** A line without secrets: values of secret keys, entries of secret lists, key material, hashes, credentials in addresses. */
function clean(lines: readonly string[], index: number): string {
  const text = expand(lines[index] ?? '');
  if (isInsideSecret(lines, index)) return text.replace(/^(\s*(?:-\s+)?).*$/, `$1${redacted}`);
  return redactText(maskValues(text));
}

const keyAndValue =
  /(["']?)([\w.@-]+)\1(\s*[:=]\s*)(\[[^\]]*\]?|\{[^}]*\}?|"(?:[^"\\]|\\.)*"?|'[^']*'?|(?:\$\{[^}]*\}|[^\s,}\]#])(?:\$\{[^}]*\}|[^,}\]#])*)/g;

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
  const text = lines[index] ?? '';
  if (isKeyMaterial(lines, index)) return true;
  let indent = text.search(/\S/);
  if (indent < 0) return false;
  let entry = text.trimStart().startsWith('- ');
  for (let above = index - 1; above >= Math.max(0, index - linesSearched); above--) {
    const line = lines[above] ?? '';
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
  if (!/^\s*[A-Za-z0-9+/=\s-]{16,}$/.test(lines[index] ?? '')) return false;
  for (let above = index; above >= Math.max(0, index - linesSearched); above--) {
    const line = lines[above] ?? '';
    if (line.includes('-----END') && above !== index) return false;
    if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(line)) return true;
  }
  return false;
}
