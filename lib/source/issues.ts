/** Turns what zod found into findings in our words, with a code, a place and a suggestion. */
import type { z } from 'zod';
import { codes, type DiagnosticCode } from '../diagnostics/codes.js';
import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.js';
import { isSecretPath, redacted } from '../diagnostics/redact.js';
import { didYouMean, oneOf } from '../diagnostics/suggest.js';
import { kindOf, quoted } from './describe.js';
import type { Document, Path } from './origin.js';
import { formatPath, nameOf, valueAt } from './path.js';

type Issue = z.core.$ZodIssue;

interface Wording {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly effect?: string | undefined;
  /** Whether the key itself is wrong. */
  readonly key?: boolean;
  /** Whether the finding is about the key's absence, and so shown at the object it is missing from. */
  readonly missing?: boolean;
}

/** The finding for one issue of data that stands at `base` in the document. */
export function issueDiagnostic(issue: Issue, data: unknown, base: Path, document: Document): Diagnostic {
  const own = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  const path = [...base, ...own];
  const value = valueAt(data, own);
  const secret = isSecretPath(path) || document.isSecret?.(path) === true;
  const { code, message, hint, effect, missing, key } = word(issue, path, value, secret);
  const place = missing === true ? path.slice(0, -1) : path;
  const origin = document.origin(place, missing === true || key === true ? 'key' : 'value');
  return diagnose(code, { message, path, origin, hint, effect });
}

function word(issue: Issue, path: Path, value: unknown, secret: boolean): Wording {
  const name = nameOf(path);
  const shown = secret ? redacted : quoted(value);
  if (issue.code === 'custom') return custom(issue, name, secret);
  if (
    value === undefined &&
    (issue.code === 'invalid_type' || issue.code === 'invalid_value' || issue.code === 'invalid_union')
  ) {
    const where = path.length > 1 ? ` in ${formatPath(path.slice(0, -1))}` : '';
    return { code: 'FL2003', message: `${name} is required${where}`, missing: true };
  }
  switch (issue.code) {
    case 'invalid_value':
      return choice(issue.values, name, value, shown);
    case 'too_small':
      return { code: 'FL2005', message: `${name} ${tooSmall(issue)}` };
    case 'too_big':
      return { code: 'FL2005', message: `${name} ${tooBig(issue)}` };
    case 'invalid_type':
      return { code: 'FL2002', message: `${name} must be ${typeName(issue.expected)}, not ${kind(value, shown)}` };
    case 'invalid_format':
      return { code: 'FL2006', message: `${name} ${format(issue)}, not ${shown}` };
    case 'not_multiple_of':
      return { code: 'FL2005', message: `${name} must be a multiple of ${issue.divisor}` };
    case 'invalid_union':
      return union(issue, name, value, shown);
    case 'unrecognized_keys':
      return { code: 'FL2001', message: `unknown key ${issue.keys.map((key) => `"${key}"`).join(', ')} in ${name}` };
    default:
      return { code: 'FL2006', message: `${name} is malformed` };
  }
}

/** What a schema may say about its issue: code, hint and effect of the finding; `part: 'key'` puts it at the key. */
type Param = 'code' | 'hint' | 'effect' | 'part';

function custom(issue: Extract<Issue, { code: 'custom' }>, name: string, secret: boolean): Wording {
  const { code, hint, effect, part } = (issue.params ?? {}) as Readonly<Record<Param, unknown>>;
  const known = typeof code === 'string' && Object.hasOwn(codes, code) ? (code as DiagnosticCode) : 'FL2007';
  return {
    code: known,
    message: issue.message.startsWith('must ') ? `${name} ${issue.message}` : issue.message,
    // Some hints repeat the value.
    hint: typeof hint === 'string' && !secret ? hint : undefined,
    effect: typeof effect === 'string' ? effect : undefined,
    key: part === 'key',
  };
}

function choice(values: readonly unknown[], name: string, value: unknown, shown: string): Wording {
  const hint = didYouMean(String(value), values.map(String));
  return { code: 'FL2004', message: `${name} must be ${oneOf(values)}, not ${shown}`, hint };
}

function tooSmall(issue: Extract<Issue, { code: 'too_small' }>): string {
  const least = `${issue.inclusive === true ? 'at least' : 'more than'} ${issue.minimum}`;
  switch (issue.origin) {
    case 'string':
      return issue.minimum === 1 ? 'must not be empty' : `must have ${least} characters`;
    case 'array':
    case 'set':
      return issue.minimum === 1 ? 'must have at least one entry' : `must have ${least} entries`;
    default:
      return `must be ${least}`;
  }
}

function tooBig(issue: Extract<Issue, { code: 'too_big' }>): string {
  const most = `${issue.inclusive === true ? 'at most' : 'less than'} ${issue.maximum}`;
  switch (issue.origin) {
    case 'string':
      return `must have ${most} characters`;
    case 'array':
    case 'set':
      return `must have ${most} entries`;
    default:
      return `must be ${most}`;
  }
}

function kind(value: unknown, shown: string): string {
  return typeof value === 'number' ? shown : kindOf(value);
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'an integer',
  bigint: 'an integer',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping of keys',
  record: 'a mapping of names',
};

function typeName(expected: string): string {
  return typeNames[expected] ?? expected;
}

function format(issue: Extract<Issue, { code: 'invalid_format' }>): string {
  if (issue.message.startsWith('must ')) return issue.message;
  const { prefix, suffix } = issue as { prefix?: string; suffix?: string };
  if (issue.format === 'starts_with' && prefix !== undefined) return `must begin with "${prefix}"`;
  if (issue.format === 'ends_with' && suffix !== undefined) return `must end with "${suffix}"`;
  return issue.format === 'regex' ? `must match ${issue.pattern ?? 'its pattern'}` : `must be a valid ${issue.format}`;
}

/** A union of scalars: the finding lists what would have been accepted. */
function union(issue: Extract<Issue, { code: 'invalid_union' }>, name: string, value: unknown, shown: string): Wording {
  const options = issue.errors.flat().filter(({ path }) => path.length === 0);
  const types = options.flatMap((option) => (option.code === 'invalid_type' ? [typeName(option.expected)] : []));
  const values = options.flatMap((option) => (option.code === 'invalid_value' ? option.values : []));
  const wanted = [...new Set([...types, ...(values.length > 0 ? [oneOf(values)] : [])])].join(' or ');
  return {
    code: 'FL2002',
    message: `${name} must be ${wanted === '' ? 'something else' : wanted}, not ${kind(value, shown)}`,
  };
}
