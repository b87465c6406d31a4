/** A schema as a table in Markdown: one row per key that can be written. */
import type { z } from 'zod';
import { type JsonSchema, jsonSchemaOf } from './json-schema.js';

/** A table; cells may hold anything but line breaks. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** The keys of a schema with type, default and meaning; nested keys with dots, entries of lists with `[n]`. */
export function keyTable(schema: z.ZodType): string {
  const json = jsonSchemaOf(schema);
  const rows = json.properties === undefined ? rowsOf('', json, false) : keyRows('', json);
  const shown = rows.filter(([key]) => key !== '``');
  if (shown.length > 0) return table(['Key', 'Type', 'Default', 'Meaning'], shown);
  return meaningOf(json);
}

type Row = readonly [key: string, type: string, fallback: string, meaning: string];

function keyRows(prefix: string, { properties = {}, required = [] }: JsonSchema): readonly Row[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const key = prefix === '' ? name : `${prefix}.${name}`;
    return rowsOf(key, schema, required.includes(name));
  });
}

function rowsOf(key: string, schema: JsonSchema, isRequired: boolean): readonly Row[] {
  const own: Row = [`\`${key}\``, typeOf(schema), defaultOf(schema, isRequired), meaningOf(schema)];
  const { items, additionalProperties } = schema;
  if (items?.properties !== undefined) return [own, ...keyRows(`${key}[n]`, items)];
  if (typeof additionalProperties === 'object') {
    const entry = key === '' ? '<name>' : `${key}.<name>`;
    return additionalProperties.properties === undefined ? [own] : [own, ...keyRows(entry, additionalProperties)];
  }
  return [own, ...keyRows(key, schema)];
}

/** The type in a word or two. */
function typeOf(schema: JsonSchema): string {
  const named = schema['x-type'];
  if (typeof named === 'string') return named;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (schema.type === 'array') return `list of ${schema.items === undefined ? 'anything' : typeOf(schema.items)}`;
  if (schema.type === 'object') return typeof schema.additionalProperties === 'object' ? 'mapping' : 'object';
  if (schema.type === 'string') return 'text';
  if (typeof schema.type === 'string') return schema.type;
  return schema.type?.join(' or ') ?? '';
}

function defaultOf(schema: JsonSchema, isRequired: boolean): string {
  if (isRequired) return 'required';
  const { default: value } = schema;
  if (value === undefined || (typeof value === 'object' && !Array.isArray(value))) return '';
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

function meaningOf(schema: JsonSchema): string {
  const description = schema.description ?? '';
  if (schema['x-not-yet'] === true) return `${description} *Not supported yet.*`.trim();
  const reason = schema['x-without-effect'];
  return typeof reason === 'string' ? `${description} *Without effect: ${reason}.*`.trim() : description;
}
