/**
 * The vocabulary in which a compiled configuration is described once, for both languages.
 *
 * A record is laid out as the C++ compiler would lay out a struct of the same fields: natural alignment, little endian.
 * Text and lists are (offset from their own slot, length) pairs of 32 bits each, so C++ reads the buffer in place and
 * needs no base pointer. Equal texts are stored once.
 */
export type Scalar = { readonly kind: 'bool' | 'u8' | 'u16' | 'u32' | 'u64' | 'i64' | 'text' };
export type Field = Scalar | { readonly kind: 'list'; readonly of: Field | RecordType<Fields> } | RecordType<Fields>;
export type Fields = Readonly<Record<string, Field>>;
/** A named struct; its fields keep their order on both sides. */
export interface RecordType<F extends Fields> {
  readonly kind: 'record';
  readonly name: string;
  readonly fields: F;
}

export const bool = { kind: 'bool' } as const;
export const u8 = { kind: 'u8' } as const;
export const u16 = { kind: 'u16' } as const;
export const u32 = { kind: 'u32' } as const;
/** Nanoseconds, identities and byte counts. */
export const u64 = { kind: 'u64' } as const;
export const i64 = { kind: 'i64' } as const;
/** UTF-8, not terminated. */
export const text = { kind: 'text' } as const;
export const list = <const T extends Field | RecordType<Fields>>(of: T) => ({ kind: 'list', of }) as const;
export const record = <const F extends Fields>(name: string, fields: F): RecordType<F> => ({ kind: 'record', name, fields });

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

/** Encodes one record; the root starts at offset 0. Throws RangeError for a number outside its field. */
export function encode<F extends Fields>(type: RecordType<F>, value: Value<RecordType<F>>): Uint8Array {
  const out = new Writer();
  const layout = layoutOf(type);
  out.put(type, value, out.reserve(layout.size, 8));
  return out.bytes();
}

class Writer {
  #buffer = Buffer.alloc(64 * 1024);
  #used = 0;
  readonly #texts = new Map<string, readonly [offset: number, size: number]>();

  /** Takes zeroed space and returns its offset. */
  reserve(size: number, align: number): number {
    const at = roundUp(this.#used, align);
    this.#used = at + size;
    if (this.#used > this.#buffer.length) {
      const grown = Buffer.alloc(Math.max(this.#buffer.length * 2, roundUp(this.#used, 4096)));
      this.#buffer.copy(grown);
      this.#buffer = grown;
    }
    return at;
  }

  put(type: Field, value: unknown, at: number): void {
    switch (type.kind) {
      case 'bool':
        this.#buffer.writeUInt8(value === true ? 1 : 0, at);
        return;
      case 'u8':
        this.#buffer.writeUInt8(value as number, at);
        return;
      case 'u16':
        this.#buffer.writeUInt16LE(value as number, at);
        return;
      case 'u32':
        this.#buffer.writeUInt32LE(value as number, at);
        return;
      case 'u64':
        this.#buffer.writeBigUInt64LE(BigInt(value as bigint | number), at);
        return;
      case 'i64':
        this.#buffer.writeBigInt64LE(BigInt(value as bigint | number), at);
        return;
      case 'text':
        this.#putText(value as string, at);
        return;
      case 'list':
        this.#putList(type.of, value as readonly unknown[], at);
        return;
      case 'record': {
        const source = value as Readonly<Record<string, unknown>>;
        for (const [name, field, offset] of layoutOf(type).fields) this.put(field, source[name], at + offset);
      }
    }
  }

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#used);
  }

  // Offsets are unsigned and count from the slot, so a text that was stored before its slot is stored again.
  #putText(value: string, at: number): void {
    if (value === '') return;
    const known = this.#texts.get(value);
    if (known !== undefined && known[0] > at) {
      this.#span(at, known[0], known[1]);
      return;
    }
    const size = Buffer.byteLength(value);
    const target = this.reserve(size, 1);
    this.#buffer.write(value, target);
    this.#texts.set(value, [target, size]);
    this.#span(at, target, size);
  }

  #putList(of: Field, items: readonly unknown[], at: number): void {
    if (items.length === 0) return;
    const { size, align } = layoutOf(of);
    const target = this.reserve(items.length * size, align);
    this.#span(at, target, items.length);
    items.forEach((item, index) => this.put(of, item, target + index * size));
  }

  #span(at: number, target: number, length: number): void {
    this.#buffer.writeUInt32LE(target - at, at);
    this.#buffer.writeUInt32LE(length, at + 4);
  }
}
