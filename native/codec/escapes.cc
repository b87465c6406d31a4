#include "codec/escapes.h"

#include <algorithm>

namespace fairlead::codec {
namespace {

bool needs_escape(char c) { return (path_byte(c) & (kPathRaw | kPathHash)) != 0; }

}  // namespace

bool normalise_escapes(std::string_view path, Arena& arena, std::string_view& normal) {
  const auto raw = static_cast<std::size_t>(std::ranges::count_if(path, needs_escape));
  char* const bytes = arena.array<char>(path.size() + 2 * raw);
  char* to = bytes;
  for (std::size_t at = 0; at < path.size(); ++at) {
    const char c = path[at];
    if (c != '%') {
      if (needs_escape(c)) {
        to = put_escape(to, static_cast<std::uint8_t>(c));
      } else {
        *to++ = c;
      }
      continue;
    }
    const int byte = escape_at(path, at);
    if (byte < 0) return false;
    at += 2;
    if (byte < 128 && is_unreserved(static_cast<char>(byte))) {
      *to++ = static_cast<char>(byte);
    } else {
      to = put_escape(to, static_cast<std::uint8_t>(byte));
    }
  }
  normal = {bytes, static_cast<std::size_t>(to - bytes)};
  return true;
}

}  // namespace fairlead::codec
