/** Writes the fingerprints that the loader compares, once for each side of the border. */
import { statsFingerprint } from './counters.js';
import { cppBanner, cppHex, type GeneratedFile, tsBanner } from './file.js';
import { wireFingerprint } from './records.js';

export function abiHeader(): GeneratedFile {
  const text = [
    cppBanner,
    '#include <cstdint>\n',
    'namespace fairlead::bindings {\n',
    '/// Layout of the records of a snapshot.',
    `inline constexpr std::uint64_t kWireFingerprint = ${cppHex(wireFingerprint())};`,
    '/// Order and meaning of the counters.',
    `inline constexpr std::uint64_t kStatsFingerprint = ${cppHex(statsFingerprint())};\n`,
    '}  // namespace fairlead::bindings\n',
  ].join('\n');
  return { path: 'bindings/generated/abi.gen.h', text };
}

export function fingerprintModule(): GeneratedFile {
  const text = [
    tsBanner,
    '',
    '/** Layout of the records of a snapshot; the first field of every snapshot. */',
    `export const fingerprint = 0x${wireFingerprint().toString(16)}n;`,
    '/** Order and meaning of the counters. */',
    `export const statsFingerprint = 0x${statsFingerprint().toString(16)}n;`,
    '',
  ].join('\n');
  return { path: 'lib/snapshot/generated/fingerprint.ts', text };
}
