// Finds the first byte that ends a run of allowed bytes, 16 at a time where the machine can.
//
// Every function stops at the same byte whichever way it is compiled: blocks only skip what the byte test allows.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace fairlead::codec::http1 {

/// tchar of RFC 9110 section 5.6.2.
constexpr bool is_token_char(char c) {
  switch (c) {
    case '!': case '#': case '$': case '%': case '&': case '\'': case '*': case '+':
    case '-': case '.': case '^': case '_': case '`': case '|': case '~':
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

/// Index of the first lane that is set, or 16.
inline std::size_t first_set(Lanes lanes) {
#if defined(__SSE2__)
  const auto mask = static_cast<std::uint32_t>(_mm_movemask_epi8(std::bit_cast<__m128i>(lanes)));
  return static_cast<std::size_t>(std::countr_zero(mask | 0x10000));
#elif defined(__aarch64__)
  // Narrowing by four bits leaves a nibble for each lane; aarch64 has no movemask.
  const auto nibbles = vshrn_n_u16(vreinterpretq_u16_u8(std::bit_cast<uint8x16_t>(lanes)), 4);
  const std::uint64_t mask = vget_lane_u64(vreinterpret_u64_u8(nibbles), 0);
  return static_cast<std::size_t>(std::countr_zero(mask)) >> 2;
#else
  std::size_t index = 0;
  while (index < 16 && lanes[index] == 0) ++index;
  return index;
#endif
}

}  // namespace detail

/// First byte in [at, end) that is no tchar.
inline const char* skip_token(const char* at, const char* end) {
  // Letters and dashes make up nearly every name; the table has the last word on the rest.
  while (detail::kUsesBlocks && end - at >= 16) {
    const detail::Bytes bytes = detail::load(at);
    const detail::Bytes letter = (bytes | 0x20) - static_cast<std::uint8_t>('a');
    const std::size_t run = detail::first_set((letter > 25) & (bytes != '-'));
    at += run;
    if (run != 16) break;
  }
  while (at != end && detail::kTokenSet.has(*at)) ++at;
  return at;
}

/// First byte in [at, end) that may not be in a field value; CR among others.
inline const char* skip_text(const char* at, const char* end) {
  while (detail::kUsesBlocks && end - at >= 16) {
    const detail::Bytes bytes = detail::load(at);
    const std::size_t run = detail::first_set(((bytes < 0x20) & (bytes != '\t')) | (bytes == 0x7F));
    at += run;
    if (run != 16) return at;
  }
  while (at != end && is_text_char(*at)) ++at;
  return at;
}

/// First byte in [at, end) that is not printable ASCII, space among others.
inline const char* skip_visible(const char* at, const char* end) {
  while (detail::kUsesBlocks && end - at >= 16) {
    const detail::Bytes bytes = detail::load(at);
    const std::size_t run = detail::first_set((bytes - 0x21) > 0x5D);
    at += run;
    if (run != 16) return at;
  }
  while (at != end && is_visible_char(*at)) ++at;
  return at;
}

}  // namespace fairlead::codec::http1
