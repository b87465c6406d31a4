/**
 * Decodes what is written just as its schema wants it: 100,000 routers take the decoder 2 seconds and this a tenth of one.
 *
 * Each schema is compiled once to a function that is sure of nothing but the ordinary: keys in the schema's spelling, values
 * of the schema's types, nothing that deserves a word. At everything else it gives up (`unsure`), and the decoder, which
 * converts and words the findings, reads the value instead. What it returns is what the decoder returns; a property test
 * compares both.
 */
import { z } from 'zod';
import { isMapping } from './path.js';
import { type ObjectShape, type Shape, shapeOf } from './shape.js';

/** Returned for a value that the decoder has to look at. */
export const unsure = Symbol('unsure');

/** The output of a schema for a value, or `unsure`. */
export type QuickDecoder = (value: unknown) => unknown;

type Schema = z.core.$ZodType;
type Def = z.core.$ZodTypes['_zod']['def'];

const known = new WeakMap<Schema, QuickDecoder>();

/** The output of the schema, where `decode` would find nothing to say; else `unsure`. */
export function decodeQuickly<S extends z.ZodType>(schema: S, value: unknown): z.output<S> | typeof unsure {
  return quickDecoderOf(schema)(value) as z.output<S> | typeof unsure;
}

/** The function for a schema; made once and kept as long as the schema. */
function quickDecoderOf(schema: Schema): QuickDecoder {
  const cached = known.get(schema);
  if (cached !== undefined) return cached;
  const made = isRemarkable(shapeOf(schema)) ? () => unsure : compile(schema);
  known.set(schema, made);
  return made;
}

/** Whether the decoder has something to say about every value of the schema. */
const isRemarkable = ({ notYet, withoutEffect }: Shape): boolean => notYet || withoutEffect !== undefined;

function compile(schema: Schema): QuickDecoder {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if ((def.checks?.length ?? 0) > 0) return checked(schema);
  switch (def.type) {
    case 'optional':
    case 'default':
    case 'prefault':
      // What is absent is the business of the object; null and undefined are that of the decoder.
      return quickDecoderOf(def.innerType);
    case 'string':
      return (value) => (typeof value === 'string' ? value : unsure);
    case 'boolean':
      return (value) => (typeof value === 'boolean' ? value : unsure);
    case 'number':
      return numberDecoder(schema, def);
    case 'enum':
      return choiceDecoder(Object.values(def.entries));
    case 'array':
      return listDecoder(quickDecoderOf(def.element));
    case 'record':
      return isPlainText(def.keyType) ? recordDecoder(quickDecoderOf(def.valueType)) : checked(schema);
    case 'object':
      return objectDecoder(schema, def);
    default:
      return checked(schema);
  }
}

/** Leaves the work to the schema itself, for values that the decoder would hand to it unchanged. */
function checked(schema: Schema): QuickDecoder {
  const shape = shapeOf(schema);
  return (value) => {
    if (!isAsWanted(value, shape)) return unsure;
    const parsed = (schema as z.ZodType).safeParse(value);
    return parsed.success ? parsed.data : unsure;
  };
}

/** Whether the decoder would neither convert the value nor say anything about it. */
function isAsWanted(value: unknown, shape: Shape): boolean {
  if (value === null || value === undefined || isRemarkable(shape)) return false;
  switch (shape.kind) {
    case 'text':
      return typeof value === 'string';
    case 'number':
    case 'boolean':
    case 'bigint':
      return typeof value === shape.kind;
    case 'choice':
      return shape.values.includes(value);
    case 'list':
      return Array.isArray(value) && value.every((item) => isAsWanted(item, shape.element));
    case 'record':
      return isMapping(value) && Object.values(value).every((item) => isAsWanted(item, shape.value));
    case 'object':
      return isMapping(value) && Object.entries(value).every(([key, item]) => isMemberAsWanted(key, item, shape));
    case 'union':
    case 'any':
      return typeof value !== 'object';
  }
}

function isMemberAsWanted(key: string, value: unknown, shape: ObjectShape): boolean {
  const member = shape.members.get(key.toLowerCase());
  return member?.name === key && isAsWanted(value, member.shape());
}

function numberDecoder(schema: Schema, def: Def): QuickDecoder {
  const { check, format } = def as { readonly check?: string; readonly format?: string };
  if (check === undefined) return (value) => (Number.isFinite(value) ? value : unsure);
  return format === 'safeint' ? (value) => (Number.isSafeInteger(value) ? value : unsure) : checked(schema);
}

function choiceDecoder(values: readonly unknown[]): QuickDecoder {
  return (value) => (values.includes(value) ? value : unsure);
}

function listDecoder(element: QuickDecoder): QuickDecoder {
  return (value) => {
    if (!Array.isArray(value)) return unsure;
    // A copy has the right length at once; a list that grows has room for a dozen more.
    const list = (value as readonly unknown[]).slice();
    for (let at = 0; at < list.length; at++) {
      const decoded = element(list[at]);
      if (decoded === unsure) return unsure;
      list[at] = decoded;
    }
    return list;
  };
}

const isPlainText = (schema: Schema): boolean => {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  return def.type === 'string' && (def.checks?.length ?? 0) === 0;
};

/** Any mapping will do. */
const asItIs: QuickDecoder = (value) => (isMapping(value) ? value : unsure);

function recordDecoder(inner: QuickDecoder): QuickDecoder {
  return (value) => {
    if (!isMapping(value)) return unsure;
    if (inner === asItIs)
      return Object.values(value).every(isMapping) && !Object.hasOwn(value, '__proto__') ? value : unsure;
    const record: Record<string, unknown> = {};
    for (const key of Object.keys(value)) {
      const decoded = key === '__proto__' ? unsure : inner(value[key]);
      if (decoded === unsure) return unsure;
      record[key] = decoded;
    }
    return record;
  };
}

/** One key of an object, with what its absence means. */
interface Field {
  readonly name: string;
  readonly decode: QuickDecoder;
  readonly absent: 'an error' | 'nothing' | { readonly value: unknown };
}

function objectDecoder(schema: Schema, def: Extract<Def, { type: 'object' }>): QuickDecoder {
  const rest = def.catchall === undefined ? undefined : (def.catchall as z.core.$ZodTypes)._zod.def.type;
  const names = Object.keys(def.shape);
  if (rest === 'unknown' && names.length === 0) return asItIs;
  if (rest !== 'never') return checked(schema);
  let fields: readonly Field[] | undefined;
  return (value) => {
    // Not before it is needed: a schema may contain itself.
    fields ??= names.map((name) => fieldOf(name, def.shape[name] as Schema));
    return isMapping(value) ? decodeMembers(value, fields) : unsure;
  };
}

function fieldOf(name: string, schema: Schema): Field {
  const probe = z.object({ [name]: schema as z.ZodType }).safeParse({});
  const absent = !probe.success ? 'an error' : name in probe.data ? { value: probe.data[name] } : 'nothing';
  return { name, decode: quickDecoderOf(schema), absent };
}

function decodeMembers(value: Record<string, unknown>, fields: readonly Field[]): unknown {
  const decoded: Record<string, unknown> = {};
  let found = 0;
  for (const { name, decode, absent } of fields) {
    const written = value[name];
    if (written === undefined) {
      if (absent === 'an error') return unsure;
      if (absent !== 'nothing') decoded[name] = absent.value;
      continue;
    }
    const member = decode(written);
    if (member === unsure) return unsure;
    decoded[name] = member;
    found += 1;
  }
  for (const key in value) if (Object.hasOwn(value, key)) found -= 1;
  return found === 0 ? decoded : unsure;
}
