/**
 * Templates of rule syntax v2: text in which `{name}` or `{name:pattern}` stands for a part that the pattern matches
 * (gorilla/mux). A template is literal text, or becomes one pattern of RE2.
 */
import { type RegexProblem, regexProblem } from './regex.js';

/** What a template is matched against. A prefix need not reach to the end; hosts ignore letter case. */
export type TemplateKind = 'host' | 'path' | 'pathPrefix' | 'query';

/** A template that is understood. */
export type Template =
  | { readonly literal: string; readonly pattern?: never; readonly problem?: never }
  | { readonly pattern: string; readonly literal?: never; readonly problem?: never };

/** Why a template is refused; places as in {@link RegexProblem}. */
export interface Refused {
  readonly problem: RegexProblem & { readonly isPattern: boolean };
}

/** What `{name}` stands for. */
const defaults: Readonly<Record<TemplateKind, string>> = {
  host: '[^.]+',
  path: '[^/]+',
  pathPrefix: '[^/]+',
  query: '.*',
};

/** Reads a template. Never throws. */
export function readTemplate(text: string, kind: TemplateKind): Template | Refused {
  const braces = bracesOf(text);
  if (braces === undefined) return refusal(`mux: unbalanced braces in ${JSON.stringify(text)}`, 0, text.length);
  // A parameter without a value may have any.
  if (kind === 'query' && text === '') return { pattern: '^.*$' };
  if (braces.length === 0 && kind !== 'host') return { literal: text };
  let pattern = kind === 'host' ? '(?i)^' : '^';
  let at = 0;
  for (const { start, end } of braces) {
    const part = partOf(text.slice(start + 1, end - 1), defaults[kind]);
    if (part === undefined) {
      return refusal(`mux: missing name or pattern in ${JSON.stringify(text.slice(start, end))}`, start, end - start);
    }
    const wrong = regexProblem(part.pattern);
    if (wrong !== undefined) return { problem: { ...wrong, at: start + part.at + wrong.at, isPattern: true } };
    pattern += `${quoteMeta(text.slice(at, start))}(?:${part.pattern})`;
    at = end;
  }
  return { pattern: `${pattern}${quoteMeta(text.slice(at))}${kind === 'pathPrefix' ? '' : '$'}` };
}

/** The text as a pattern that matches it and nothing else (Go: regexp.QuoteMeta). */
export const quoteMeta = (text: string): string => text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');

const refusal = (message: string, at: number, length: number): Refused => ({
  problem: { message, at, length, isPattern: false },
});

/** Name and pattern of what stands between braces, and where the pattern begins, counted from the opening brace. */
function partOf(inner: string, otherwise: string): { readonly pattern: string; readonly at: number } | undefined {
  const colon = inner.indexOf(':');
  const name = colon === -1 ? inner : inner.slice(0, colon);
  const pattern = colon === -1 ? otherwise : inner.slice(colon + 1);
  return name === '' || pattern === '' ? undefined : { pattern, at: colon + 2 };
}

interface Braces {
  readonly start: number;
  readonly end: number;
}

/** The outermost braces, which may hold others: `{id:[0-9]{3}}`. Undefined when they do not pair. */
function bracesOf(text: string): readonly Braces[] | undefined {
  const found: Braces[] = [];
  let level = 0;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '{' && ++level === 1) start = at;
    if (char === '}' && --level === 0) found.push({ start, end: at + 1 });
    if (level < 0) return undefined;
  }
  return level === 0 ? found : undefined;
}
