import type { Path } from './origin.js';

const plain = /^[\p{L}\p{N}_@$-]+$/u;

/** Writes a path the way users write keys: `http.routers.api.rule`, `servers[0].url`, `routers."a.b".rule`. */
export function formatPath(path: Path): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += (text === '' ? '' : '.') + (plain.test(part) ? part : JSON.stringify(part));
  }
  return text;
}

/** The value at the end of a path, as a message names it: `"address"`, `"trustedIPs[1]"`, `the document`. */
export function nameOf(path: Path): string {
  if (path.length === 0) return 'the document';
  const at = path.findLastIndex((part) => typeof part === 'string');
  return `"${formatPath(path.slice(Math.max(0, at)))}"`;
}

/** The value at `path` inside plain data; `undefined` where there is none. Own properties only. */
export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

/** Whether the value is a mapping: an object that is neither a list nor null. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
