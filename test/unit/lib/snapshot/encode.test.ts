import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { encode } from '../../../../lib/snapshot/encode.js';
import { bool, i64, layoutOf, list, record, text, u16, u32, u64, u8 } from '../../../../lib/snapshot/wire.js';

/** Reads what C++ reads: a slot is an offset from itself and a length. */
function textAt(bytes: Uint8Array, slot: number): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = slot + view.getInt32(slot, true);
  return Buffer.from(bytes.subarray(start, start + view.getUint32(slot + 4, true))).toString();
}

describe('layout', () => {
  test('aligns fields as a C++ compiler does', () => {
    const inner = record('Inner', { small: u8, wide: u64 });
    const outer = record('Outer', { flag: bool, half: u16, name: text, inner, tail: u8 });
    const { size, align, fields } = layoutOf(outer);
    assert.deepEqual({ size, align }, { size: 40, align: 8 });
    assert.deepEqual(
      fields.map(([name, , offset]) => [name, offset]),
      [
        ['flag', 0],
        ['half', 2],
        ['name', 4],
        ['inner', 16],
        ['tail', 32],
      ],
    );
  });

  test('gives an empty record one byte, as C++ does', () => {
    assert.equal(layoutOf(record('Empty', {})).size, 1);
  });
});

describe('encode', () => {
  test('writes numbers in little endian at their offsets', () => {
    const type = record('Numbers', { a: u8, b: u16, c: u32, d: u64, e: i64, f: bool });
    const bytes = Buffer.from(encode(type, { a: 1, b: 0x0203, c: 0x04050607, d: 2n ** 63n, e: -2, f: true }));
    assert.equal(bytes.toString('hex'), '01000302070605040000000000000080feffffffffffffff0100000000000000');
  });

  test('writes 64-bit numbers given as numbers or bigints alike', () => {
    const type = record('Wide', { value: u64 });
    for (const value of [0, 1, 2 ** 32, 2 ** 53 - 1]) {
      assert.deepEqual(encode(type, { value }), encode(type, { value: BigInt(value) }));
    }
  });

  const misfits = [
    [u8, 256],
    [u8, -1],
    [u16, 65536],
    [u32, 2 ** 32],
    [u32, 1.5],
    [u32, Number.NaN],
    [u64, -1],
    [u64, 2n ** 64n],
    [i64, 2n ** 63n],
    [i64, -(2n ** 63n) - 1n],
  ] as const;
  for (const [type, value] of misfits) {
    test(`refuses ${value} in ${type.kind}`, () => {
      assert.throws(() => encode(record('One', { value: type }), { value }), RangeError);
    });
  }

  test('writes equal texts once', () => {
    const type = record('Texts', { a: text, more: list(text) });
    const once = encode(type, { a: 'example.com', more: [] });
    const again = encode(type, { a: 'example.com', more: ['example.com', 'example.com'] });
    assert.equal(again.length - Math.ceil(once.length / 4) * 4, 16);
    assert.deepEqual(
      [0, again.length - 16, again.length - 8].map((slot) => textAt(again, slot)),
      ['example.com', 'example.com', 'example.com'],
    );
  });

  test('writes texts in UTF-8, short and long, and empty ones without bytes', () => {
    const long = 'é'.repeat(1000);
    const bytes = encode(record('Texts', { a: text, b: text, c: text, d: text }), {
      a: 'abc',
      b: 'naïve €',
      c: long,
      d: '',
    });
    assert.deepEqual(
      [0, 8, 16, 24].map((slot) => textAt(bytes, slot)),
      ['abc', 'naïve €', long, ''],
    );
  });

  test('aligns the items of lists and nests them', () => {
    const item = record('Item', { id: u64, tags: list(text) });
    const bytes = encode(record('Root', { odd: text, items: list(item) }), {
      odd: 'x',
      items: [
        { id: 7, tags: ['a', 'b'] },
        { id: 8, tags: [] },
      ],
    });
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const first = 8 + view.getUint32(8, true);
    assert.equal(first % 8, 0);
    assert.deepEqual([view.getBigUint64(first, true), view.getBigUint64(first + 16, true)], [7n, 8n]);
    const tags = first + 8 + view.getUint32(first + 8, true);
    assert.deepEqual([textAt(bytes, tags), textAt(bytes, tags + 8)], ['a', 'b']);
  });

  test('grows far beyond its first buffer', () => {
    const names = Array.from({ length: 20_000 }, (_, index) => `name-${index}`);
    const bytes = encode(record('Many', { names: list(text) }), { names });
    assert.equal(textAt(bytes, 8 + 19_999 * 8), 'name-19999');
  });
});
