/** What a schema says to the decoder beyond its type. Marks survive `.optional()`, `.default()` and `.meta()`. */
import { z } from 'zod';

interface Mark {
  /** `true`, an empty mapping or nothing at all enables the object with its defaults; `false` leaves it out. */
  readonly bare?: boolean;
  /** Known to Traefik, accepted and not acted upon: reported once as FL2010. */
  readonly notYet?: boolean;
  /** What ignoring a `notYet` key costs; that the key is ignored, when left out. */
  readonly loss?: string;
  /** Accepted for compatibility, without effect: reported as FL2011, with the reason. */
  readonly withoutEffect?: string;
}

const marks = z.registry<Mark>();

/** The mark of a schema; undefined for most. */
export function markOf(schema: z.core.$ZodType): Mark | undefined {
  return marks.get(schema);
}

/** An object that Traefik calls "bare key ok": `ping: true` and `--ping` enable it with its defaults. */
export function bare<S extends z.ZodType>(schema: S): S {
  marks.add(schema, { ...marks.get(schema), bare: true });
  return schema;
}

/**
 * A key that is known but not supported by this version. Any value is accepted, one warning names the key and its place,
 * and the output never has it. `loss` says in the warning what that means where it is not obvious.
 */
export function notYet(description: string, loss?: string) {
  const mark = { notYet: true, ...(loss !== undefined && { loss }) };
  return z.unknown().optional().meta({ description }).register(marks, mark);
}

/** A key that is accepted and changes nothing, with the reason for the warning. */
export function withoutEffect<S extends z.ZodType>(schema: S, reason: string): S {
  marks.add(schema, { ...marks.get(schema), withoutEffect: reason });
  return schema;
}
