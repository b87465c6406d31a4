/** Addresses and networks as the data plane compares them. */
import { isIP } from 'node:net';
import type { cidr } from './records.js';
import type { Value } from './wire.js';

/** The wire form of a network: IPv4 is IPv4-mapped IPv6 with 96 bits in front. */
export type Cidr = Value<typeof cidr>;

/**
 * The wire form of an address or a network in CIDR notation; a bare address is a network of one. A zone identifier is
 * dropped, bits behind the prefix need not be zero. Throws RangeError for text that is neither: callers have validated.
 */
export function cidrOf(text: string): Cidr {
  const slash = text.indexOf('/');
  const address = slash === -1 ? text : text.slice(0, slash);
  const family = isIP(address);
  const width = family === 4 ? 32 : 128;
  const prefix = slash === -1 ? width : prefixLength(text.slice(slash + 1));
  if (family === 0 || !(prefix <= width)) throw new RangeError(`not an address or network: ${text}`);
  const value = family === 4 ? (0xffffn << 32n) | v4(address) : v6(address);
  return { high: value >> 64n, low: value & 0xffff_ffff_ffff_ffffn, bits: prefix + 128 - width };
}

const prefixLength = (digits: string): number => (/^\d{1,3}$/.test(digits) ? Number(digits) : Number.NaN);

const v4 = (address: string): bigint => address.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);

function v6(address: string): bigint {
  const bare = address.replace(/%.*$/, '');
  const [head = '', tail] = bare.split('::');
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const gap = Array.from({ length: 8 - before.length - after.length }, () => 0n);
  return [...before, ...gap, ...after].reduce((sum, group) => (sum << 16n) | group, 0n);
}

/** The 16-bit groups of a part of an IPv6 address; a dotted tail makes two. */
function groups(part: string): readonly bigint[] {
  if (part === '') return [];
  return part.split(':').flatMap((group) => {
    if (!group.includes('.')) return BigInt(`0x${group}`);
    const dotted = v4(group);
    return [dotted >> 16n, dotted & 0xffffn];
  });
}
