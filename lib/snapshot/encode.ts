/**
 * Writes values in the layout of their records. Each type is compiled once to a function that knows its offsets: a large
 * configuration has millions of fields.
 */
import { align, type Alignment } from '../source/alignment.js';
import { finish, type Work } from '../work.js';
import { type Field, type Fields, layoutOf, type RecordType, type Value } from './wire.js';

/** Writes one value at an offset. */
type Putter = (out: Writer, value: unknown, at: number) => void;

const recordPutters = new WeakMap<RecordType<Fields>, Putter>();

/** Encodes one record; the root starts at offset 0. Throws RangeError for a number outside its field. */
export const encode = <F extends Fields>(type: RecordType<F>, value: Value<RecordType<F>>): Uint8Array =>
  finish(encoding(type, value));

/**
 * A list of records that are told apart by objects: where the same object stands in the list that was encoded before, the
 * bytes of before are taken, but for the fields in `numbers`, which are written for every record.
 */
export interface RecordList<T> {
  readonly tokens: readonly object[];
  readonly value: (at: number) => T;
  readonly numbers: Readonly<Record<string, Uint32Array>>;
}

/** Tokens of records that are made of items: the item itself where its record is that of before when the item is. */
export const tokensOf = (items: readonly object[], isSame: (at: number) => boolean): readonly object[] =>
  firstOther(items.length, isSame) === items.length ? items : items.map((item, at) => (isSame(at) ? item : {}));

/** The items are not looked at: each stands in another place of memory. */
function firstOther(length: number, isSame: (at: number) => boolean): number {
  let at = 0;
  while (at < length && isSame(at)) at++;
  return at;
}

/** What `encoding` takes in place of a value: lists of records of the root may be such as can be taken from before. */
export type Encodable<F extends Fields> = {
  readonly [K in keyof F]:
    Value<F[K]> | (F[K] extends { kind: 'list'; of: RecordType<Fields> } ? RecordList<Value<F[K]['of']>> : never);
};

/** Where the records of a list stand in encoded bytes, and the numbers that were written. */
interface EncodedList {
  readonly tokens: readonly object[];
  readonly numbers: RecordList<unknown>['numbers'];
  readonly heads: number;
  /** What each record refers to begins here; one more for the end of the last. */
  readonly bodies: Uint32Array;
}

/** What was encoded last. */
export class EncodeMemory {
  bytes: Uint8Array = new Uint8Array();
  lists: ReadonlyMap<string, EncodedList> = new Map();
  /** Bytes of earlier that nobody reads any more: the next ones are written over them, which saves the pages of new ones. */
  spare: Uint8Array | undefined;
}

/** As `encode`, in turns; what it encodes is remembered. */
export function* encoding<F extends Fields>(
  type: RecordType<F>,
  value: Encodable<F>,
  memory = new EncodeMemory(),
): Work<Uint8Array> {
  const { size, align: alignment, fields } = layoutOf(type);
  const out = new Writer(memory.bytes.length, memory.spare);
  memory.spare = undefined;
  const root = out.reserve(size, alignment);
  const lists = new Map<string, EncodedList>();
  for (const [name, field, offset] of fields) {
    const own = value[name] as unknown;
    if (field.kind !== 'list' || field.of.kind !== 'record') putterOf(field)(out, own, root + offset);
    else {
      const list = Array.isArray(own) ? asRecordList(own) : (own as RecordList<unknown>);
      lists.set(name, yield* new ListEncoding(out, field.of, list, memory, memory.lists.get(name)).run(root + offset));
    }
    yield;
  }
  memory.bytes = out.bytes();
  memory.lists = lists;
  return memory.bytes;
}

/** Nothing of a plain list can be recognised. */
const asRecordList = (values: readonly unknown[]): RecordList<unknown> => ({
  tokens: values.map(() => ({})),
  value: (at) => values[at],
  numbers: {},
});

/** What records refer to begins at multiples of this, so that it can be moved as it is. */
const bodyAlignment = 8;
/** Records written, or copied, before others may have a turn. */
const [writtenAtOnce, copiedAtOnce] = [64, 4096];

/**
 * The records of one list of the root: the records themselves, then what each of them refers to. Nothing refers to what
 * belongs to another record, so that a stretch of records can be copied: only the distance between the two parts changes.
 */
class ListEncoding {
  readonly #out: Writer;
  readonly #type: RecordType<Fields>;
  readonly #list: RecordList<unknown>;
  readonly #source: Uint8Array;
  readonly #before: EncodedList | undefined;
  readonly #size: number;
  /** Offsets of the fields that are written for every record, with their values of now and of before. */
  readonly #numbers: readonly { readonly offset: number; readonly now: Uint32Array; readonly before: Uint32Array }[];

  constructor(
    out: Writer,
    type: RecordType<Fields>,
    list: RecordList<unknown>,
    { bytes }: EncodeMemory,
    before: EncodedList | undefined,
  ) {
    this.#out = out;
    this.#type = type;
    this.#list = list;
    this.#source = bytes;
    this.#before = before;
    this.#size = layoutOf(type).size;
    this.#numbers = layoutOf(type).fields.flatMap(([name, , offset]) => {
      const now = list.numbers[name];
      return now === undefined ? [] : [{ offset, now, before: before?.numbers[name] ?? noNumbers }];
    });
  }

  *run(slot: number): Work<EncodedList> {
    const { tokens, numbers } = this.#list;
    const bodies = new Uint32Array(tokens.length + 1);
    if (tokens.length === 0) return { tokens, numbers, heads: 0, bodies };
    const heads = this.#out.reserve(tokens.length * this.#size, layoutOf(this.#type).align);
    this.#out.span(slot, heads, tokens.length);
    const places = align(this.#before?.tokens ?? [], tokens);
    const put = putterOf(this.#type);
    for (let at = 0; at < tokens.length;) {
      const copied = this.#copy(places, at, heads, bodies);
      if (copied === 0) {
        bodies[at] = this.#out.begin(bodyAlignment);
        put(this.#out, this.#list.value(at), heads + at * this.#size);
        for (const { offset, now } of this.#numbers)
          this.#out.number(now[at] ?? 0, 32, heads + at * this.#size + offset);
      }
      at += Math.max(1, copied);
      if (copied > 1 || at % writtenAtOnce === 0) yield;
    }
    bodies[tokens.length] = this.#out.begin(bodyAlignment);
    return { tokens, numbers, heads, bodies };
  }

  /** Copies the records from `at` on that stood one behind the other before; returns how many. */
  #copy(places: Alignment<object>, at: number, heads: number, bodies: Uint32Array): number {
    const first = places.placeOf(at);
    if (this.#before === undefined || first < 0) return 0;
    let count = 1;
    const most = Math.min(copiedAtOnce, this.#list.tokens.length - at);
    while (count < most && places.placeOf(at + count) === first + count) count++;
    const { heads: oldHeads, bodies: oldBodies } = this.#before;
    const [from, to] = [oldBodies[first] ?? 0, oldBodies[first + count] ?? 0];
    const target = this.#out.begin(bodyAlignment);
    this.#out.append(this.#source.subarray(from, to));
    for (let index = 0; index < count; index++) bodies[at + index] = (oldBodies[first + index] ?? 0) - from + target;
    const oldHead = oldHeads + first * this.#size;
    const head = heads + at * this.#size;
    this.#out.overwrite(this.#source.subarray(oldHead, oldHead + count * this.#size), head);
    const moved = target - head - (from - oldHead);
    if (moved !== 0) this.#out.moveSlots(head, count, this.#size, slotsOf(this.#type), moved);
    this.#correctNumbers(at, count, first, heads);
    return count;
  }

  /** Writes the numbers of so many records from `at` on, copied from `first` on, where they are others than before. */
  #correctNumbers(at: number, count: number, first: number, heads: number): void {
    for (const { offset, now, before } of this.#numbers) {
      for (let index = 0; index < count; index++) {
        const number = now[at + index] ?? 0;
        if (number !== before[first + index]) this.#out.number(number, 32, heads + (at + index) * this.#size + offset);
      }
    }
  }
}

const noNumbers = new Uint32Array();

/** Offsets of the texts and lists of a record. */
function slotsOf(type: RecordType<Fields>): readonly number[] {
  return layoutOf(type).fields.flatMap(([, field, offset]) => {
    if (field.kind === 'record') return slotsOf(field).map((inner) => inner + offset);
    return field.kind === 'text' || field.kind === 'list' ? [offset] : [];
  });
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

/** Texts that are remembered for sharing: those that repeat do so nearby, and so few are found sooner by comparing than in a map. */
const mostTexts = 16;
/** Offsets are signed. */
const farthest = 2 ** 31;

/** Bytes of the smallest buffer, and what a snapshot may grow by before its buffer has to. */
const smallestBuffer = 64 * 1024;

class Writer {
  #buffer: Buffer;
  #view: DataView;
  #used = 0;
  /** Texts written lately, a ring; where they stand, and their sizes. */
  readonly #texts: string[] = [];
  readonly #targets = new Float64Array(mostTexts);
  readonly #sizes = new Float64Array(mostTexts);
  #written = 0;

  constructor(expected: number, spare?: Uint8Array) {
    const size = expected + smallestBuffer;
    const room = spare?.buffer.byteLength ?? 0;
    // One that is far too large belongs to a configuration that is gone, and goes as well.
    const fits = spare !== undefined && room >= size && room <= 2 * size;
    this.#buffer = fits ? Buffer.from(spare.buffer).fill(0) : Buffer.alloc(size);
    this.#view = new DataView(this.#buffer.buffer, this.#buffer.byteOffset, this.#buffer.length);
  }

  /** Starts something that can be moved: it shares no text with what was written before. */
  begin(alignment: number): number {
    this.#written = 0;
    return this.reserve(0, alignment);
  }

  append(bytes: Uint8Array): void {
    this.overwrite(bytes, this.reserve(bytes.length, 1));
  }

  overwrite(bytes: Uint8Array, at: number): void {
    this.#buffer.set(bytes, at);
  }

  /** Lets the slots of records point `by` further. */
  moveSlots(at: number, count: number, size: number, slots: readonly number[], by: number): void {
    for (let index = 0; index < count; index++) {
      for (const offset of slots) {
        const slot = at + index * size + offset;
        if (this.#view.getUint32(slot + 4, true) !== 0)
          this.#view.setInt32(slot, this.#view.getInt32(slot, true) + by, true);
      }
    }
  }

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
    for (let slot = Math.min(this.#written, mostTexts) - 1; slot >= 0; slot--) {
      const target = this.#targets[slot] ?? 0;
      if (this.#texts[slot] !== value || at - target > farthest) continue;
      this.span(at, target, this.#sizes[slot] ?? 0);
      return;
    }
    const target = this.#used;
    const size = this.#copy(value, target);
    this.span(at, target, size);
    const slot = this.#written++ % mostTexts;
    this.#texts[slot] = value;
    this.#targets[slot] = target;
    this.#sizes[slot] = size;
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
