/** Names values for messages. */
import { redactText } from '../diagnostics/redact.js';

/** Values longer than this are cut in messages: the excerpt shows the line anyway. */
const longestQuoted = 60;

/** What kind of value it is: "text", "a list", "a mapping", … */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  switch (typeof value) {
    case 'string':
      return 'text';
    case 'number':
    case 'bigint':
      return 'a number';
    case 'boolean':
      return String(value);
    default:
      return 'a mapping';
  }
}

/** The value as a message may show it: quoted, cut, without what looks like a secret; else its kind. */
export function quoted(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return kindOf(value);
  const clean = redactText(value);
  return JSON.stringify(clean.length > longestQuoted ? `${clean.slice(0, longestQuoted)}…` : clean);
}
