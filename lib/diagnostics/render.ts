/** Writes findings for people (with an excerpt and a caret) and for programs (JSON). */
import { styleText } from 'node:util';
import type { Origin } from '../source/origin.js';
import type { Diagnostic, Severity } from './diagnostic.js';
import { excerptOf } from './excerpt.js';

/** How findings are printed. */
export interface RenderOptions {
  /** Colours for a terminal. */
  readonly color?: boolean;
  /** At most this many findings are written out; the rest is counted. */
  readonly limit?: number;
}

/** More findings than this scroll out of sight. */
const defaultLimit = 100;
/** The column at which places stand, when the message leaves room. */
const placeColumn = 64;

type Style = Parameters<typeof styleText>[0];

const styles: Readonly<Record<Severity, Style>> = {
  error: ['bold', 'red'],
  warning: ['bold', 'yellow'],
  notice: ['bold', 'cyan'],
};

/** All findings as text, sorted by file and place, each with its excerpt; ends with a newline unless empty. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], options: RenderOptions = {}): string {
  const limit = options.limit ?? defaultLimit;
  const sorted = sortDiagnostics(collapse(diagnostics));
  const blocks = sorted.slice(0, limit).map((diagnostic) => renderDiagnostic(diagnostic, options));
  const hidden = sorted.length - blocks.length;
  if (hidden > 0) blocks.push(`… and ${hidden} more ${hidden === 1 ? 'finding' : 'findings'}`);
  return blocks.map((block) => `${block}\n`).join('');
}

/** One finding as text, without a final newline. */
export function renderDiagnostic(diagnostic: Diagnostic, options: RenderOptions = {}): string {
  const paint = painter(options.color === true);
  const { code, severity, message, origin, hint, effect } = diagnostic;
  const head = `${severity} ${code} ${message}`;
  const place = placeOf(origin);
  const gap = place === '' ? '' : ' '.repeat(Math.max(2, placeColumn - head.length));
  const lines = [
    `${paint(styles[severity], `${severity} ${code}`)} ${paint('bold', message)}${gap}${paint('cyan', place)}`,
  ];
  lines.push(...excerpt(origin, hint, paint));
  for (const line of effect?.split('\n') ?? []) lines.push(`  ${paint('dim', 'effect')}  ${line}`);
  return lines.join('\n');
}

function excerpt(origin: Origin, hint: string | undefined, paint: Paint): string[] {
  const part = origin.kind === 'text' ? excerptOf(origin) : undefined;
  if (part === undefined) return hint === undefined ? [] : [`  ${paint('dim', 'hint')}    ${hint}`];
  const width = Math.max(2, String(part.lines.at(-1)?.number ?? 0).length);
  const lines = part.lines.map(
    ({ number, text }) => `  ${paint('dim', `${String(number).padStart(width)} |`)}${text === '' ? '' : ` ${text}`}`,
  );
  const caret = `${' '.repeat(part.column)}${paint('red', '^'.repeat(part.length))}`;
  lines.push(`  ${paint('dim', `${' '.repeat(width)} |`)} ${caret}${hint === undefined ? '' : ` ${hint}`}`);
  return lines;
}

/** Where a finding is, in one word: `file:line:column`, a flag, a variable, or who handed the value over. */
export function placeOf(origin: Origin): string {
  switch (origin.kind) {
    case 'text':
      return `${origin.source.name}:${origin.line}:${origin.column}`;
    case 'flag':
      return `flag ${origin.flag}`;
    case 'environment':
      return `environment ${origin.variable}`;
    case 'object':
      return origin.owner;
    case 'default':
      return '';
  }
}

/** `2 errors, 1 warning`; "no findings" when there are none. */
export function summarise(diagnostics: readonly Diagnostic[]): string {
  const distinct = collapse(diagnostics);
  const parts = (['error', 'warning', 'notice'] as const).flatMap((severity) => {
    const count = distinct.filter((diagnostic) => diagnostic.severity === severity).length;
    return count === 0 ? [] : [`${count} ${severity}${count === 1 ? '' : 's'}`];
  });
  return parts.length === 0 ? 'no findings' : parts.join(', ');
}

/**
 * One finding for those that say the same about the same place, with all their effects, one per line: a mistake in a
 * router that several entry points serve is one mistake.
 */
export function collapse(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const distinct = new Map<string, Diagnostic>();
  for (const diagnostic of diagnostics) {
    const { code, severity, message, origin, effect } = diagnostic;
    const key = [code, severity, message, placeOf(origin), origin.kind === 'text' ? '' : diagnostic.path].join('\0');
    const known = distinct.get(key);
    const effects = [known?.effect, effect].filter((text) => text !== undefined);
    const all = [...new Set(effects.flatMap((text) => text.split('\n')))].join('\n');
    distinct.set(key, { ...(known ?? diagnostic), ...(all !== '' && { effect: all }) });
  }
  return [...distinct.values()];
}

/** The findings by file name, line and column; those without a text first, errors before warnings at one place. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return diagnostics.toSorted(
    (a, b) =>
      compare(fileOf(a.origin), fileOf(b.origin)) ||
      lineOf(a.origin) - lineOf(b.origin) ||
      columnOf(a.origin) - columnOf(b.origin) ||
      rank[a.severity] - rank[b.severity],
  );
}

const rank: Readonly<Record<Severity, number>> = { error: 0, warning: 1, notice: 2 };

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function fileOf(origin: Origin): string {
  return origin.kind === 'text' ? origin.source.name : '';
}

function lineOf(origin: Origin): number {
  return origin.kind === 'text' ? origin.line : 0;
}

function columnOf(origin: Origin): number {
  return origin.kind === 'text' ? origin.column : 0;
}

/** The shape of one finding under `--json`; changes only by adding keys. */
export interface DiagnosticJson {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly path: string;
  readonly origin:
    | {
        readonly kind: 'text';
        readonly file: string;
        readonly line: number;
        readonly column: number;
        readonly length: number;
      }
    | { readonly kind: 'flag' | 'environment' | 'object' | 'default'; readonly name?: string };
  readonly hint?: string;
  readonly effect?: string;
}

/** One finding as plain data, without the text it is about. */
export function diagnosticToJson(diagnostic: Diagnostic): DiagnosticJson {
  return { ...diagnostic, origin: originToJson(diagnostic.origin) };
}

function originToJson(origin: Origin): DiagnosticJson['origin'] {
  switch (origin.kind) {
    case 'text': {
      const { source, line, column, length } = origin;
      return { kind: 'text', file: source.name, line, column, length };
    }
    case 'flag':
      return { kind: 'flag', name: origin.flag };
    case 'environment':
      return { kind: 'environment', name: origin.variable };
    case 'object':
      return { kind: 'object', name: origin.owner };
    case 'default':
      return { kind: 'default' };
  }
}

type Paint = (style: Style, text: string) => string;

function painter(color: boolean): Paint {
  // The caller has decided about colours; styleText must not decide again by its own stream.
  return (style, text) => (color && text !== '' ? styleText(style, text, { validateStream: false }) : text);
}

/** Whether a stream wants colours: a terminal, unless NO_COLOR is set (no-color.org), or FORCE_COLOR asks for them. */
export function wantsColor(
  stream: { readonly isTTY?: boolean },
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  if ((environment['NO_COLOR'] ?? '') !== '') return false;
  if ((environment['FORCE_COLOR'] ?? '0') !== '0') return true;
  return stream.isTTY === true && environment['TERM'] !== 'dumb';
}
