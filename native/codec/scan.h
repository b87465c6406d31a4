// Finds the first byte that ends a run of allowed bytes, 16 at a time where the machine can.
//
// Every function stops at the same byte whichever way it is compiled: blocks only skip what the byte test allows.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace fairlead::codec {

/// tchar of RFC 9110 section 5.6.2.
constexpr bool is_token_char(char c) {
  switch (c) {
    case '!':
    case '#':
    case '$':
    case '%':
    case '&':
    case '\'':
    case '*':
    case '+':
    case '-':
    case '.':
    case '^':
    case '_':
    case '`':
    case '|':
    case '~':
      return true;
    default:
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }
}

/// What a field value may hold: everything but controls, and TAB (RFC 9110 section 5.5).
constexpr bool is_text_char(char c) {
  const auto byte = static_cast<std::uint8_t>(c);
  return (byte >= 0x20 && byte != 0x7F) || byte == '\t';
}

/// Printable ASCII without space, the only bytes a request target may hold.
constexpr bool is_visible_char(char c) { return c > 0x20 && c < 0x7F; }

/// unreserved of RFC 3986 section 2.3, all that we take in a host name.
constexpr bool is_host_char(char c) {
  return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '.' || c == '_' ||
         c == '~';
}

namespace detail {

/// One bit for each byte value.
class ByteSet {
 public:
  template <class Predicate>
  constexpr explicit ByteSet(Predicate allowed) {
    for (int c = 0; c < 256; ++c) allowed_[c] = allowed(static_cast<char>(c));
  }
  bool has(char c) const { return allowed_[static_cast<std::uint8_t>(c)]; }

 private:
  bool allowed_[256] = {};
};

inline constexpr ByteSet kTokenSet{is_token_char};

#if defined(__SSE2__) || defined(__aarch64__)
inline constexpr bool kUsesBlocks = true;
#else
inline constexpr bool kUsesBlocks = false;
#endif

using Bytes [[gnu::vector_size(16)]] = std::uint8_t;
using Lanes [[gnu::vector_size(16)]] = std::int8_t;

inline Bytes load(const char* at) {
  Bytes bytes;
  std::memcpy(&bytes, at, sizeof(bytes));
  return bytes;
}

/// Index of the first lane at or behind `from` (0..15) that is set, or 16.
inline std::size_t first_set(Lanes lanes, std::size_t from = 0) {
#if defined(__SSE2__)
  const auto mask = static_cast<std::uint32_t>(_mm_movemask_epi8(std::bit_cast<__m128i>(lanes)));
  return static_cast<std::size_t>(std::countr_zero((mask | 0x10000) & (~std::uint32_t{0} << from)));
#elif defined(__aarch64__)
  // Narrowing by four bits leaves a nibble for each lane; aarch64 has no movemask.
  const auto nibbles = vshrn_n_u16(vreinterpretq_u16_u8(std::bit_cast<uint8x16_t>(lanes)), 4);
  const std::uint64_t mask = vget_lane_u64(vreinterpret_u64_u8(nibbles), 0) & (~std::uint64_t{0} << (4 * from));
  return static_cast<std::size_t>(std::countr_zero(mask)) >> 2;
#else
  while (from < 16 && lanes[from] == 0) ++from;
  return from;
#endif
}

/// Advances `at` to the first byte of [at, end) whose lane `stops(bytes)` sets, or to `end`. `begin` is where readable
/// memory starts: what is left behind the last whole block is read in one that overlaps it. False when there is not
/// even room for that, and the bytes have to be looked at one by one.
template <class Stops>
[[gnu::always_inline]] inline bool skip_blocks(const char* begin, const char*& at, const char* end, Stops stops) {
  if (!kUsesBlocks || end - begin < 16) return false;
  while (end - at >= 16) {
    const std::size_t run = first_set(stops(load(at)));
    at += run;
    if (run != 16) return true;
  }
  if (at != end) at = end - 16 + first_set(stops(load(end - 16)), static_cast<std::size_t>(16 - (end - at)));
  return true;
}

}  // namespace detail

/// First byte in [at, end) that is no tchar. Memory is readable from `begin` on, which is at most `at`.
inline const char* skip_token(const char* begin, const char* at, const char* end) {
  // Letters and dashes make up nearly every name; the table has the last word on the rest.
  detail::skip_blocks(begin, at, end, [](detail::Bytes bytes) -> detail::Lanes {
    const detail::Bytes letter = (bytes | 0x20) - static_cast<std::uint8_t>('a');
    return (letter > 25) & ~(bytes == '-');
  });
  while (at != end && detail::kTokenSet.has(*at)) ++at;
  return at;
}

/// First byte in [at, end) that may not be in a field value; CR among others. `begin` as for skip_token().
inline const char* skip_text(const char* begin, const char* at, const char* end) {
  const bool skipped = detail::skip_blocks(begin, at, end, [](detail::Bytes bytes) -> detail::Lanes {
    return ((bytes < 0x20) & ~(bytes == '\t')) | (bytes == 0x7F);
  });
  while (!skipped && at != end && is_text_char(*at)) ++at;
  return at;
}

/// First byte in [at, end) that is not printable ASCII, space among others. `begin` as for skip_token().
inline const char* skip_visible(const char* begin, const char* at, const char* end) {
  const bool skipped =
      detail::skip_blocks(begin, at, end, [](detail::Bytes bytes) -> detail::Lanes { return (bytes - 0x21) > 0x5D; });
  while (!skipped && at != end && is_visible_char(*at)) ++at;
  return at;
}

/// First byte in [at, end) that is in no host name: letters, digits, "-", ".", "_" and "~" are. `begin` as for
/// skip_token().
inline const char* skip_host(const char* begin, const char* at, const char* end) {
  const bool skipped = detail::skip_blocks(begin, at, end, [](detail::Bytes bytes) -> detail::Lanes {
    const detail::Bytes letter = (bytes | 0x20) - static_cast<std::uint8_t>('a');
    const detail::Bytes digit = bytes - static_cast<std::uint8_t>('0');
    return (letter > 25) & (digit > 9) & ~((bytes == '-') | (bytes == '.') | (bytes == '_') | (bytes == '~'));
  });
  while (!skipped && at != end && is_host_char(*at)) ++at;
  return at;
}

/// True for a non-empty run of tchars.
inline bool is_token(std::string_view text) {
  const char* const end = text.data() + text.size();
  return !text.empty() && skip_token(text.data(), text.data(), end) == end;
}

}  // namespace fairlead::codec
