/** Writes the C++ twin of the table of counters. */
import { counters, firstReason } from '../../lib/observability/counters.js';
import { reasons } from '../../lib/observability/reasons.js';
import { constantName, cppBanner, cppString, type GeneratedFile } from './file.js';
import { fingerprintOf } from './records.js';

const layout = (): string => counters.map(({ name, kind }) => `${kind} ${name}`).join('\n');

/** Fingerprint of the order and meaning of the counters. */
export const statsFingerprint = (): bigint => fingerprintOf(layout());

export function countersHeader(): GeneratedFile {
  const text = [
    cppBanner,
    '#include <cstddef>',
    '#include <cstdint>\n',
    '#include "base/error.h"\n',
    'namespace fairlead::stats {\n',
    '/// What a worker counts; the enumerator is the index of its number.',
    'enum class Counter : std::uint16_t {',
    ...counters.map(({ name, help }) => `  ${constantName(name)},  // ${help}`),
    '  kCount',
    '};',
    'inline constexpr std::size_t kCounterCount = static_cast<std::size_t>(Counter::kCount);',
    `static_assert(static_cast<std::size_t>(Reason::kCount) == ${reasons.length}, "lib/observability/reasons.ts and Reason differ");\n`,
    '/// The counter of that reason.',
    'constexpr Counter reason_counter(Reason reason) {',
    `  return static_cast<Counter>(${firstReason} + static_cast<std::uint16_t>(reason));`,
    '}\n',
    'inline constexpr const char* kCounterNames[kCounterCount] = {',
    ...counters.map(({ name }) => `    ${cppString(name)},`),
    '};\n',
    '/// Gauges go down again.',
    'inline constexpr bool kCounterIsGauge[kCounterCount] = {',
    ...counters.map(({ name, kind }) => `    ${kind === 'gauge'},  // ${name}`),
    '};\n',
    '}  // namespace fairlead::stats\n',
  ].join('\n');
  return { path: 'native/stats/generated/counters.gen.h', text };
}
