/**
 * What the decoder needs to know of a schema, taken from zod once per schema: which keys an object has, where records and
 * lists are, what kind each scalar is. Recursive schemas are followed only as far as a document goes.
 */
import type { z } from 'zod';
import { markOf } from './marks.js';

type Schema = z.core.$ZodType;

/** One key of an object. */
export interface Member {
  readonly name: string;
  readonly shape: () => Shape;
}

interface Common {
  readonly bare: boolean;
  readonly notYet: boolean;
  readonly loss: string | undefined;
  readonly withoutEffect: string | undefined;
}

/** An object with keys that the schema names. */
export interface ObjectShape extends Common {
  readonly kind: 'object';
  /** By lower-case name. */
  readonly members: ReadonlyMap<string, Member>;
  /** Whether other keys are an error (`strictObject`), or pass. */
  readonly strict: boolean;
}
/** A mapping whose keys are names that users choose. */
export interface RecordShape extends Common {
  readonly kind: 'record';
  readonly value: Shape;
}
/** A list of one type. */
export interface ListShape extends Common {
  readonly kind: 'list';
  readonly element: Shape;
}
/** One of several types. */
export interface UnionShape extends Common {
  readonly kind: 'union';
  readonly options: readonly Shape[];
}
/** One of some values. */
export interface ChoiceShape extends Common {
  readonly kind: 'choice';
  readonly values: readonly unknown[];
}
/** A single value. */
export interface ScalarShape extends Common {
  readonly kind: 'text' | 'number' | 'bigint' | 'boolean' | 'any';
}
/** What a schema looks like to who writes it. */
export type Shape = ObjectShape | RecordShape | ListShape | UnionShape | ChoiceShape | ScalarShape;

const known = new WeakMap<Schema, Shape>();

/** The shape of a schema; made once and kept as long as the schema. */
export function shapeOf(schema: Schema): Shape {
  const cached = known.get(schema);
  if (cached !== undefined) return cached;
  const made = makeShape(schema);
  known.set(schema, made);
  return made;
}

function makeShape(schema: Schema): Shape {
  const mark = markOf(schema);
  const inner = unwrap(schema);
  if (inner !== undefined) {
    const shape = shapeOf(inner);
    if (mark === undefined) return shape;
    return {
      ...shape,
      bare: shape.bare || mark.bare === true,
      notYet: shape.notYet || mark.notYet === true,
      loss: shape.loss ?? mark.loss,
      withoutEffect: shape.withoutEffect ?? mark.withoutEffect,
    };
  }
  const common: Common = {
    bare: mark?.bare === true,
    notYet: mark?.notYet === true,
    loss: mark?.loss,
    withoutEffect: mark?.withoutEffect,
  };
  return structure(schema as z.core.$ZodTypes, common);
}

/** The schema inside a wrapper that does not change what users write; undefined when it is no wrapper. */
function unwrap(schema: Schema): Schema | undefined {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'readonly':
    case 'nonoptional':
    case 'catch':
      return def.innerType;
    case 'lazy':
      return def.getter();
    case 'pipe':
      // z.preprocess() is a pipe whose first half is the function.
      return (def.in as z.core.$ZodTypes)._zod.def.type === 'transform' ? def.out : def.in;
    default:
      return undefined;
  }
}

function structure(schema: z.core.$ZodTypes, common: Common): Shape {
  const { def } = schema._zod;
  switch (def.type) {
    case 'object':
      return { kind: 'object', members: membersOf(def.shape), strict: isNever(def.catchall), ...common };
    case 'record':
      return { kind: 'record', value: shapeOf(def.valueType), ...common };
    case 'array':
      return { kind: 'list', element: shapeOf(def.element), ...common };
    case 'union':
      return { kind: 'union', options: def.options.map(shapeOf), ...common };
    case 'enum':
      return { kind: 'choice', values: Object.values(def.entries), ...common };
    case 'literal':
      return { kind: 'choice', values: def.values, ...common };
    case 'string':
    case 'template_literal':
      return { kind: 'text', ...common };
    case 'number':
      return { kind: 'number', ...common };
    case 'bigint':
      return { kind: 'bigint', ...common };
    case 'boolean':
      return { kind: 'boolean', ...common };
    default:
      return { kind: 'any', ...common };
  }
}

function isNever(schema: Schema | undefined): boolean {
  return schema !== undefined && (schema as z.core.$ZodTypes)._zod.def.type === 'never';
}

function membersOf(fields: Readonly<Record<string, Schema>>): ReadonlyMap<string, Member> {
  const members = new Map<string, Member>();
  for (const name of Object.keys(fields)) {
    members.set(name.toLowerCase(), { name, shape: () => shapeOf(fields[name] as Schema) });
  }
  return members;
}
