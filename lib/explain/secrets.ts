/** Keeps what the user kept out of the configuration files out of explanations as well. */
import { isSecretKey, redacted, redactText } from '../diagnostics/redact.js';
import type { Item } from '../merge/model.js';
import type { Path } from '../source/origin.js';
import type { HeaderField } from './explanation.js';

/** Texts of an object that came from `${env:…}` or `${file:…}`. Shorter ones would be found everywhere. */
const shortestSecret = 3;

/** The secret texts of an object. */
export function secretsOf(item: Item<unknown> | undefined): readonly string[] {
  return item?.document.isSecret === undefined ? [] : texts(item.raw, item, item.path);
}

function texts(value: unknown, item: Item<unknown>, path: Path): readonly string[] {
  if (typeof value === 'string') {
    return value.length >= shortestSecret && item.document.isSecret?.(path) === true ? [value] : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    texts(inner, item, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

/** The field without secrets. */
export function cleaned([name, value]: HeaderField, secrets: readonly string[]): HeaderField {
  if (isSecretKey(name) || secrets.some((secret) => value.includes(secret))) return [name, redacted];
  return [name, redactText(value)];
}
