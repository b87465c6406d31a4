// Percent-encoding in paths (RFC 3986 section 2).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/arena.h"
#include "base/ascii.h"

namespace fairlead::codec {

/// What a byte means in a path; bits, so that those of a whole path can be gathered.
enum PathByte : std::uint8_t {
  kPathPlain = 0,   // stands for itself
  kPathEscape = 1,  // '%'
  kPathRaw = 2,     // must be escaped: controls, space, non-ASCII, '?' and "<>\^`{|}
  kPathHash = 4,    // '#', which ends a target
  kPathSlash = 8,
  kPathDot = 16,
};

/// unreserved of RFC 3986 section 2.3: the same with and without escape.
constexpr bool is_unreserved(char c) {
  return ascii::is_digit(c) || ascii::is_alpha(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

/// Characters whose escape is kept where rules match: an escaped one is not the same as a literal one.
constexpr bool is_reserved(char c) {
  return c != '\0' && std::string_view(":/?#[]@!$&'()*+,;=%").find(c) != std::string_view::npos;
}

/// PathByte of every byte.
inline constexpr auto kPathBytes = [] {
  std::array<std::uint8_t, 256> kinds{};
  for (int c = 0; c < 256; ++c) {
    const char ch = static_cast<char>(c);
    const bool plain = c < 128 && (is_unreserved(ch) || is_reserved(ch));
    kinds[static_cast<std::size_t>(c)] = plain ? kPathPlain : kPathRaw;
  }
  kinds['%'] = kPathEscape;
  kinds['?'] = kPathRaw;
  kinds['#'] = kPathHash;
  kinds['/'] = kPathSlash;
  kinds['.'] = kPathDot;
  return kinds;
}();
inline std::uint8_t path_byte(char c) { return kPathBytes[static_cast<std::uint8_t>(c)]; }

/// The byte that the two digits behind the '%' at `text[at]` stand for, or -1.
constexpr int escape_at(std::string_view text, std::size_t at) {
  if (text.size() - at < 3) return -1;
  const int high = ascii::hex_value(text[at + 1]);
  const int low = ascii::hex_value(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/// Writes "%XX" with upper-case digits; returns the end.
inline char* put_escape(char* to, std::uint8_t byte) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  *to++ = '%';
  *to++ = kDigits[byte >> 4];
  *to++ = kDigits[byte & 15];
  return to;
}

/// `path` with the escapes of unreserved characters decoded, all others in upper case, and what must be escaped
/// escaped. False when an escape is broken. Copies into `arena`.
bool normalise_escapes(std::string_view path, Arena& arena, std::string_view& normal);

}  // namespace fairlead::codec
