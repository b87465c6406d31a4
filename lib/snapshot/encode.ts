/**
 * Writes values in the layout of their records. Each type is compiled once to a function that knows its offsets: a large
 * configuration has millions of fields.
 */
import { type Field, type Fields, layoutOf, type RecordType, type Value } from './wire.js';

/** Writes one value at an offset. */
type Putter = (out: Writer, value: unknown, at: number) => void;

const recordPutters = new WeakMap<RecordType<Fields>, Putter>();

/** Encodes one record; the root starts at offset 0. Throws RangeError for a number outside its field. */
export function encode<F extends Fields>(type: RecordType<F>, value: Value<RecordType<F>>): Uint8Array {
  const { size, align } = layoutOf(type);
  const out = new Writer();
  putterOf(type)(out, value, out.reserve(size, align));
  return out.bytes();
}

const unsigned = (bits: 8 | 16 | 32): Putter => {
  const most = 2 ** bits - 1;
  return (out, value, at) => {
    const number = value as number;
    if (!(number >= 0 && number <= most && Number.isInteger(number))) outside(value, `u${bits}`);
    out.number(number, bits, at);
  };
};

const scalars: Readonly<Record<'bool' | 'u8' | 'u16' | 'u32' | 'u64' | 'i64' | 'text', Putter>> = {
  bool: (out, value, at) => out.number(value === true ? 1 : 0, 8, at),
  u8: unsigned(8),
  u16: unsigned(16),
  u32: unsigned(32),
  u64: (out, value, at) => out.wide(value as bigint | number, 0n, 2n ** 64n - 1n, at),
  i64: (out, value, at) => out.wide(value as bigint | number, -(2n ** 63n), 2n ** 63n - 1n, at),
  text: (out, value, at) => out.text(value as string, at),
};

/** The function that writes values of a type. */
function putterOf(type: Field): Putter {
  if (type.kind === 'list') return listPutter(type.of);
  if (type.kind !== 'record') return scalars[type.kind];
  const known = recordPutters.get(type);
  if (known !== undefined) return known;
  const putter = recordPutter(type);
  recordPutters.set(type, putter);
  return putter;
}

function recordPutter(type: RecordType<Fields>): Putter {
  const fields = layoutOf(type).fields.map(([name, field, offset]) => ({ name, put: putterOf(field), offset }));
  return (out, value, at) => {
    const source = value as Readonly<Record<string, unknown>>;
    for (const { name, put, offset } of fields) put(out, source[name], at + offset);
  };
}

function listPutter(of: Field): Putter {
  const { size, align } = layoutOf(of);
  const put = putterOf(of);
  return (out, value, at) => {
    const items = value as readonly unknown[];
    if (items.length === 0) return;
    const target = out.reserve(items.length * size, align);
    out.span(at, target, items.length);
    for (let index = 0; index < items.length; index++) put(out, items[index], target + index * size);
  };
}

function outside(value: unknown, field: string): never {
  throw new RangeError(`${String(value)} does not fit into ${field}`);
}

/** Texts of at most this length are copied character by character, which beats a call into the runtime. */
const longestCopied = 64;

/** Texts that are remembered for sharing. Those that repeat mostly do so nearby; all of them would double the memory. */
const mostTexts = 16_384;
/** Offsets are signed. */
const farthest = 2 ** 31;

class Writer {
  #buffer = Buffer.alloc(64 * 1024);
  #view = new DataView(this.#buffer.buffer, this.#buffer.byteOffset, this.#buffer.length);
  #used = 0;
  readonly #texts = new Map<string, { readonly target: number; readonly size: number }>();

  /** Takes zeroed space and returns its offset. */
  reserve(size: number, align: number): number {
    const at = Math.ceil(this.#used / align) * align;
    this.#used = at + size;
    if (this.#used > this.#buffer.length) this.#grow();
    return at;
  }

  number(value: number, bits: 8 | 16 | 32, at: number): void {
    if (bits === 32) this.#view.setUint32(at, value, true);
    else if (bits === 16) this.#view.setUint16(at, value, true);
    else this.#view.setUint8(at, value);
  }

  /** A 64-bit field; the bounds are those of its type. */
  wide(value: bigint | number, least: bigint, most: bigint, at: number): void {
    if (typeof value === 'number' && value >= 0 && Number.isSafeInteger(value)) {
      this.#view.setUint32(at, value % 0x1_0000_0000, true);
      this.#view.setUint32(at + 4, Math.floor(value / 0x1_0000_0000), true);
      return;
    }
    const wide = BigInt(value);
    if (wide < least || wide > most) outside(value, least === 0n ? 'u64' : 'i64');
    this.#view.setBigUint64(at, BigInt.asUintN(64, wide), true);
  }

  /** A text that was written a short while ago is shared: the host of a rule and of its keys, the path of many rules. */
  text(value: string, at: number): void {
    if (value === '') return;
    const known = this.#texts.get(value);
    if (known !== undefined && at - known.target <= farthest) {
      this.span(at, known.target, known.size);
      return;
    }
    const target = this.#used;
    const size = this.#copy(value, target);
    this.span(at, target, size);
    if (this.#texts.size >= mostTexts) this.#texts.clear();
    this.#texts.set(value, { target, size });
  }

  span(at: number, target: number, length: number): void {
    this.#view.setInt32(at, target - at, true);
    this.#view.setUint32(at + 4, length, true);
  }

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#used);
  }

  /** Appends a text in UTF-8 and returns its size. */
  #copy(value: string, target: number): number {
    this.reserve(value.length, 1);
    if (value.length <= longestCopied && this.#copyAscii(value, target)) return value.length;
    this.#used = target;
    const size = Buffer.byteLength(value);
    this.reserve(size, 1);
    return this.#buffer.write(value, target);
  }

  #copyAscii(value: string, target: number): boolean {
    const buffer = this.#buffer;
    for (let index = 0; index < value.length; index++) {
      const code = value.charCodeAt(index);
      if (code > 0x7f) return false;
      buffer[target + index] = code;
    }
    return true;
  }

  #grow(): void {
    const grown = Buffer.alloc(Math.max(this.#buffer.length * 2, Math.ceil(this.#used / 4096) * 4096));
    this.#buffer.copy(grown);
    this.#buffer = grown;
    this.#view = new DataView(grown.buffer, grown.byteOffset, grown.length);
  }
}
