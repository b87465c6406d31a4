/** Writes the C++ twins of the wire records: structs, their verify(), and the numbers both sides share. */
import { createHash } from 'node:crypto';
import { middlewares } from '../../lib/middlewares/index.js';
import {
  accept,
  deniedCharacters,
  hostKinds,
  limitKeys,
  none,
  ops,
  pathKinds,
  probeModes,
  reject,
  serviceKinds,
  strategies,
} from '../../lib/snapshot/records.js';
import { snapshot } from '../../lib/snapshot/root.js';
import { type Field, type Fields, layoutOf, type RecordType } from '../../lib/snapshot/wire.js';
import { constantName, cppBanner, cppHex, type GeneratedFile, snakeCase } from './file.js';

const scalarTypes: Readonly<Record<Exclude<Field['kind'], 'list' | 'record'>, string>> = {
  bool: 'Bool',
  u8: 'std::uint8_t',
  u16: 'std::uint16_t',
  u32: 'std::uint32_t',
  u64: 'std::uint64_t',
  i64: 'std::int64_t',
  text: 'Text',
};

function cppType(type: Field): string {
  if (type.kind === 'list') return `List<${cppType(type.of)}>`;
  return type.kind === 'record' ? type.name : scalarTypes[type.kind];
}

const needsVerify = (type: Field): boolean => ['bool', 'text', 'list', 'record'].includes(type.kind);

function struct(type: RecordType<Fields>): string {
  const fields = Object.entries(type.fields);
  const checks = fields.filter(([, field]) => needsVerify(field)).map(([name]) => `${snakeCase(name)}.verify(bounds)`);
  const verify =
    checks.length === 0
      ? ['  bool verify(const Bounds&) const { return true; }']
      : ['  bool verify(const Bounds& bounds) const {', `    return ${checks.join(' &&\n           ')};`, '  }'];
  return [
    `struct ${type.name} {`,
    ...fields.map(([name, field]) => `  ${cppType(field)} ${snakeCase(name)};`),
    '',
    ...verify,
    '};',
    `static_assert(sizeof(${type.name}) == ${layoutOf(type).size});`,
  ].join('\n');
}

/** Every record reachable from `type`, dependencies first. */
function reachable(type: Field, seen = new Map<string, RecordType<Fields>>()): Map<string, RecordType<Fields>> {
  if (type.kind === 'list') reachable(type.of, seen);
  if (type.kind === 'record' && !seen.has(type.name)) {
    for (const field of Object.values(type.fields)) reachable(field, seen);
    seen.set(type.name, type);
  }
  return seen;
}

const enumeration = (name: string, underlying: string, values: Readonly<Record<string, number>>): string =>
  [
    `enum class ${name} : ${underlying} {`,
    ...Object.entries(values).map(([key, value]) => `  ${constantName(key)} = ${value},`),
    '};',
  ].join('\n');

const bits = (prefix: string, values: Readonly<Record<string, number>>): string =>
  Object.entries(values)
    .map(([key, value]) => `inline constexpr std::uint32_t ${prefix}${constantName(key).slice(1)} = ${value};`)
    .join('\n');

/** Everything whose change makes an old snapshot unreadable: layouts and the meaning of the numbers in them. */
function declarations(): string {
  const kinds = Object.fromEntries(middlewares.map(({ wire }, index) => [wire.name, index]));
  return [
    `inline constexpr std::uint32_t kNone = 0x${none.toString(16)};`,
    `inline constexpr std::uint16_t kAccept = 0x${accept.toString(16)};`,
    `inline constexpr std::uint16_t kReject = 0x${reject.toString(16)};\n`,
    enumeration('Op', 'std::uint16_t', ops),
    enumeration('HostKind', 'std::uint8_t', hostKinds),
    enumeration('PathKind', 'std::uint8_t', pathKinds),
    enumeration('ServiceKind', 'std::uint8_t', serviceKinds),
    enumeration('LimitKey', 'std::uint8_t', limitKeys),
    enumeration('Strategy', 'std::uint8_t', strategies),
    enumeration('ProbeMode', 'std::uint8_t', probeModes),
    enumeration('MiddlewareKind', 'std::uint16_t', kinds),
    bits('kDenied', deniedCharacters),
    '',
    [...reachable(snapshot).values()].map(struct).join('\n\n'),
  ].join('\n');
}

/** The first 64 bits of the hash of a layout; compiled into both sides and compared at load. */
export const fingerprintOf = (layout: string): bigint =>
  createHash('sha256').update(layout).digest().readBigUInt64LE(0);

/** Fingerprint of the wire records. */
export const wireFingerprint = (): bigint => fingerprintOf(declarations());

export function recordsHeader(): GeneratedFile {
  const body = declarations();
  const text = [
    cppBanner,
    '#include <cstdint>\n',
    '#include "snapshot/wire.h"\n',
    'namespace fairlead::wire {\n',
    `inline constexpr std::uint64_t kFingerprint = ${cppHex(fingerprintOf(body))};`,
    body,
    '\n}  // namespace fairlead::wire\n',
  ].join('\n');
  return { path: 'native/snapshot/generated/records.gen.h', text };
}
