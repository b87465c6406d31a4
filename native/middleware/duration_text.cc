#include "middleware/duration_text.h"

#include <charconv>

namespace fairlead::middleware {
namespace {

constexpr Nanos kMinute = 60 * kSecond;
constexpr Nanos kHour = 60 * kMinute;

/// `value` in units of `unit` nanoseconds (a power of ten), without trailing zeros of the fraction.
std::string_view scaled(Arena& arena, Nanos value, Nanos unit, std::string_view suffix) {
  const std::string_view whole = decimal(arena, value / unit);
  Nanos rest = value % unit;
  if (rest == 0) return arena.concat(whole, suffix);
  char digits[10];
  std::size_t size = 0;
  for (Nanos place = unit / 10; rest > 0; place /= 10) {
    digits[size++] = static_cast<char>('0' + rest / place);
    rest %= place;
  }
  return arena.concat(whole, ".", std::string_view(digits, size), suffix);
}

}  // namespace

std::string_view decimal(Arena& arena, std::uint64_t number) {
  constexpr std::size_t kLongest = 20;
  char* digits = arena.array<char>(kLongest);
  const auto [end, error] = std::to_chars(digits, digits + kLongest, number);
  return {digits, static_cast<std::size_t>(end - digits)};
}

std::string_view duration_text(Arena& arena, Nanos duration) {
  if (duration == 0) return "0s";
  if (duration < kMicrosecond) return scaled(arena, duration, 1, "ns");
  if (duration < kMillisecond) return scaled(arena, duration, kMicrosecond, "\xC2\xB5s");
  if (duration < kSecond) return scaled(arena, duration, kMillisecond, "ms");
  const std::string_view seconds = scaled(arena, duration % kMinute, kSecond, "s");
  if (duration < kMinute) return seconds;
  const std::string_view minutes = decimal(arena, duration % kHour / kMinute);
  if (duration < kHour) return arena.concat(minutes, "m", seconds);
  return arena.concat(decimal(arena, duration / kHour), "h", minutes, "m", seconds);
}

}  // namespace fairlead::middleware
