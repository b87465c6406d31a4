/**
 * The vocabulary in which a compiled configuration is described once, for both languages.
 *
 * A record is laid out as the C++ compiler would lay out a struct of the same fields: natural alignment, little endian.
 * Text and lists are (signed offset from their own slot, length) pairs of 32 bits each, so C++ reads the buffer in place and
 * needs no base pointer. Equal texts may share their bytes; lists always lie behind their slot.
 */
export type Scalar = { readonly kind: 'bool' | 'u8' | 'u16' | 'u32' | 'u64' | 'i64' | 'text' };
/** The type of a field. */
export type Field = Scalar | { readonly kind: 'list'; readonly of: Field | RecordType<Fields> } | RecordType<Fields>;
/** Fields by name, in the order of the struct. */
export type Fields = Readonly<Record<string, Field>>;
/** A named struct; its fields keep their order on both sides. */
export interface RecordType<F extends Fields> {
  readonly kind: 'record';
  readonly name: string;
  readonly fields: F;
}

/** One byte, 0 or 1. */
export const bool = { kind: 'bool' } as const;
/** An unsigned number of 8 bits. */
export const u8 = { kind: 'u8' } as const;
/** An unsigned number of 16 bits. */
export const u16 = { kind: 'u16' } as const;
/** An unsigned number of 32 bits. */
export const u32 = { kind: 'u32' } as const;
/** Nanoseconds, identities and byte counts. */
export const u64 = { kind: 'u64' } as const;
/** A signed number of 64 bits. */
export const i64 = { kind: 'i64' } as const;
/** UTF-8, not terminated. */
export const text = { kind: 'text' } as const;
/** Any number of one type. */
export const list = <const T extends Field | RecordType<Fields>>(of: T) => ({ kind: 'list', of }) as const;
/** A struct; `name` is that of the C++ type. */
export const record = <const F extends Fields>(name: string, fields: F): RecordType<F> => ({
  kind: 'record',
  name,
  fields,
});

/** The TypeScript value that encodes to a field. 64-bit fields take a bigint or a safe integer. */
export type Value<T> = T extends { kind: 'u64' | 'i64' }
  ? bigint | number
  : T extends { kind: 'u8' | 'u16' | 'u32' }
    ? number
    : T extends { kind: 'bool' }
      ? boolean
      : T extends { kind: 'text' }
        ? string
        : T extends { kind: 'list'; of: infer Item }
          ? readonly Value<Item>[]
          : T extends RecordType<infer F>
            ? { readonly [K in keyof F]: Value<F[K]> }
            : never;

interface Layout {
  readonly size: number;
  readonly align: number;
  /** Per field: name, type, offset from the start of the record. Empty for scalars. */
  readonly fields: readonly (readonly [string, Field, number])[];
}

const scalarLayouts: Readonly<Record<Exclude<Field['kind'], 'record'>, Layout>> = {
  bool: { size: 1, align: 1, fields: [] },
  u8: { size: 1, align: 1, fields: [] },
  u16: { size: 2, align: 2, fields: [] },
  u32: { size: 4, align: 4, fields: [] },
  u64: { size: 8, align: 8, fields: [] },
  i64: { size: 8, align: 8, fields: [] },
  text: { size: 8, align: 4, fields: [] },
  list: { size: 8, align: 4, fields: [] },
};
const recordLayouts = new WeakMap<RecordType<Fields>, Layout>();

const roundUp = (value: number, to: number): number => Math.ceil(value / to) * to;

/** Size, alignment and field offsets of a type, in bytes. */
export function layoutOf(type: Field): Layout {
  if (type.kind !== 'record') return scalarLayouts[type.kind];
  const known = recordLayouts.get(type);
  if (known !== undefined) return known;
  let end = 0;
  let align = 1;
  const fields = Object.entries(type.fields).map(([name, field]) => {
    const inner = layoutOf(field);
    const offset = roundUp(end, inner.align);
    end = offset + inner.size;
    align = Math.max(align, inner.align);
    return [name, field, offset] as const;
  });
  const layout = { size: roundUp(Math.max(end, 1), align), align, fields };
  recordLayouts.set(type, layout);
  return layout;
}
