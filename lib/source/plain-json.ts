/**
 * Reads JSON with the parser of the runtime: 100,000 routers take the YAML library 8 seconds and this a tenth of one.
 *
 * Like the reader of plain YAML it exists for large texts and may refuse anything: at every doubt it gives up (undefined),
 * and the library, which words the findings, reads the text instead. What it returns is what the library returns; a
 * property test compares both.
 */
import { maxDepth } from './limits.js';
import { isMapping } from './path.js';

/**
 * The data of a JSON text whose root is an object; undefined when it is none, or may be read otherwise as YAML. `depth` are
 * the levels around it.
 */
export function readPlainJson(text: string, depth = 0): unknown {
  // Tabs and carriage returns, and lines that only Unicode knows, have rules of their own in YAML.
  if (!/^ *\{/.test(text) || /[\t\r\uFEFF\u0085\u2028\u2029]/.test(text)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const keys = countKeys(value, depth);
  return keys !== undefined && keys === writtenKeys(text) ? value : undefined;
}

/** The keys of all mappings; undefined in the presence of anything that the two readers may see differently. */
function countKeys(value: unknown, depth: number): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && !Object.is(value, -0) ? 0 : undefined;
  if (typeof value !== 'object' || value === null) return 0;
  if (depth >= maxDepth - 1) return undefined;
  const isObject = isMapping(value);
  let count = 0;
  // Neither lists of keys nor of values are made: of a large text they would be most of what is thrown away.
  for (const key in value) {
    const below = countKeys((value as Readonly<Record<string, unknown>>)[key], depth + 1);
    if (below === undefined) return undefined;
    count += below + (isObject ? 1 : 0);
  }
  return count;
}

/** The keys that a text in JSON writes. The parser of the runtime keeps the last of those written twice, without a word. */
function writtenKeys(text: string): number | undefined {
  let count = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at)) {
    const start = at;
    at = endOfString(text, start);
    if (at < 0) return undefined;
    let behind = at;
    while (text.charCodeAt(behind) === 0x20) behind += 1;
    if (text.charCodeAt(behind) !== 0x3a) continue;
    // A key of more characters has to be introduced by "?" in YAML (section 7.4.2).
    if (at - start > 1000) return undefined;
    count += 1;
  }
  return count;
}

/** Behind the string whose first quotation mark is at `start`; -1 when it does not end. */
export function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === 0x5c) escapes += 1;
    if (escapes % 2 === 0) return end + 1;
  }
  return -1;
}
