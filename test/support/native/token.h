// Tokens for tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace fairlead::test {

/// The value of an Authorization field with a token that nobody signed (RFC 7519, section 6).
inline std::string bearer(std::string_view payload) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text = "Bearer e30.";
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char byte : payload) {
    bits = (bits << 8 | static_cast<std::uint8_t>(byte)) & 0xffff;
    for (held += 8; held >= 6;) text += kAlphabet[bits >> (held -= 6) & 63];
  }
  if (held > 0) text += kAlphabet[bits << (6 - held) & 63];
  return text + ".c2ln";
}

}  // namespace fairlead::test
