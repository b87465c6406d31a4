import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cidrOf } from '../../../../lib/snapshot/cidr.js';

const v4 = (low: bigint, bits: number) => ({ high: 0n, low: 0xffff_0000_0000n | low, bits });

const networks = [
  ['192.0.2.1', v4(0xc000_0201n, 128)],
  ['10.0.0.0/8', v4(0x0a00_0000n, 104)],
  ['10.1.2.3/8', v4(0x0a01_0203n, 104)],
  ['0.0.0.0/0', v4(0n, 96)],
  ['255.255.255.255/32', v4(0xffff_ffffn, 128)],
  ['::', { high: 0n, low: 0n, bits: 128 }],
  ['::1', { high: 0n, low: 1n, bits: 128 }],
  ['::/0', { high: 0n, low: 0n, bits: 0 }],
  ['2001:db8::/32', { high: 0x2001_0db8_0000_0000n, low: 0n, bits: 32 }],
  ['2001:DB8:1:2:3:4:5:6', { high: 0x2001_0db8_0001_0002n, low: 0x0003_0004_0005_0006n, bits: 128 }],
  ['1::8', { high: 0x0001_0000_0000_0000n, low: 8n, bits: 128 }],
  ['1:2:3:4:5:6:7::', { high: 0x0001_0002_0003_0004n, low: 0x0005_0006_0007_0000n, bits: 128 }],
  ['::ffff:192.0.2.1', v4(0xc000_0201n, 128)],
  ['64:ff9b::192.0.2.1/96', { high: 0x0064_ff9b_0000_0000n, low: 0xc000_0201n, bits: 96 }],
  ['fe80::1%eth0', { high: 0xfe80_0000_0000_0000n, low: 1n, bits: 128 }],
] as const;

for (const [text, expected] of networks) {
  test(`reads ${text}`, () => assert.deepEqual(cidrOf(text), expected));
}

for (const text of [
  '',
  'example.com',
  '10.0.0.0/33',
  '::/129',
  '10.0.0.0/',
  '10.0.0.0/x',
  '10.0.0.0/-1',
  '1.2.3',
  '1::2::3',
]) {
  test(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => cidrOf(text), RangeError));
}
