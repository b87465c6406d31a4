/** The few ASN.1 types an X.509 certificate is made of, in their distinguished encoding (ITU-T X.690). */

/** Writes one value: its tag, its length, its content. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, ...lengthOctets(content.length)]), content]);
}

function lengthOctets(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return [0x80 | octets.length, ...octets];
}

/** SEQUENCE, of values that are encoded already. */
export const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
/** SET, of values that are encoded already and in order. */
export const set = (...parts: readonly Uint8Array[]): Buffer => der(0x31, ...parts);
/** OCTET STRING. */
export const octetString = (content: Uint8Array): Buffer => der(0x04, content);
/** UTF8String. */
export const utf8String = (text: string): Buffer => der(0x0c, Buffer.from(text));
/** BOOLEAN. */
export const boolean = (value: boolean): Buffer => der(0x01, Buffer.from([value ? 0xff : 0]));
/** A bit string of whole octets, or one that leaves the last `unused` bits out. */
export const bitString = (content: Uint8Array, unused = 0): Buffer => der(0x03, Buffer.from([unused]), content);
/** A positive integer from its octets, which must not start with a zero. */
export const positiveInteger = (octets: Uint8Array): Buffer =>
  (octets[0] ?? 0) >= 0x80 ? der(0x02, Buffer.from([0]), octets) : der(0x02, octets);

/** An object identifier in dotted form. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): readonly number[] {
  const octets = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) octets.unshift((rest % 128) | 0x80);
  return octets;
}

/** Seconds are kept, fractions dropped. GeneralizedTime from 2050 on, as RFC 5280 section 4.1.2.5 asks. */
export function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/\.\d+|[-:T]/g, '');
  return date.getUTCFullYear() < 2050 ? der(0x17, Buffer.from(digits.slice(2))) : der(0x18, Buffer.from(digits));
}
