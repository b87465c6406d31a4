/** Turns decoded configuration into the JSON of the admin API: durations as users write them, secrets hidden. */
import { isSecretPath, redacted, redactText } from '../diagnostics/redact.js';
import { formatDuration } from '../source/duration.js';
import type { Path } from '../source/origin.js';

/** Plain data for JSON.stringify. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Options that hold key material when they do not hold a path. */
const materialKeys: ReadonlySet<string> = new Set(['keyFile', 'key']);

/**
 * A decoded object as JSON. Every bigint is a duration, which all schemas but that of `priority` use it for; what
 * `isSecret` names is hidden as well, because the user kept it out of the file.
 */
export function toJson(value: unknown, isSecret: (path: Path) => boolean, path: Path = []): Json {
  if (value === null || value === undefined) return null;
  if (typeof value === 'bigint') return formatDuration(value);
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value === 'string') return textOf(value, isSecret, path);
  if (Array.isArray(value)) return value.map((item, index) => toJson(item, isSecret, [...path, index]));
  if (typeof value !== 'object') return null;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, toJson(item, isSecret, [...path, key])]));
}

function textOf(text: string, isSecret: (path: Path) => boolean, path: Path): string {
  const key = path.findLast((part) => typeof part === 'string');
  const material = typeof key === 'string' && materialKeys.has(key) && text.includes('-----BEGIN');
  return material || isSecretPath(path) || isSecret(path) ? redacted : redactText(text);
}
