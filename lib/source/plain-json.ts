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
  let count = isMapping(value) ? Object.keys(value).length : 0;
  for (const inner of Object.values(value) as readonly unknown[]) {
    const below = countKeys(inner, depth + 1);
    if (below === undefined) return undefined;
    count += below;
  }
  return count;
}

const quoted = /"(?:[^"\\]|\\.)*"( *:)?/g;

/** The keys that the text writes. The parser of the runtime keeps the last of those written twice, without a word. */
function writtenKeys(text: string): number | undefined {
  let count = 0;
  for (const [all, colon] of text.matchAll(quoted)) {
    // A key of more characters has to be introduced by "?" in YAML (section 7.4.2).
    if (colon !== undefined && all.length > 1000) return undefined;
    if (colon !== undefined) count += 1;
  }
  return count;
}
