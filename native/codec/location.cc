#include "codec/location.h"

#include <cstring>

#include "base/ascii.h"

namespace fairlead::codec {
namespace {

/// True when `reference` starts with a scheme and its colon (RFC 3986 section 3.1).
bool has_scheme(std::string_view reference) {
  if (reference.empty() || !ascii::is_alpha(reference[0])) return false;
  for (const char c : reference) {
    if (c == ':') return true;
    if (!ascii::is_alpha(c) && !ascii::is_digit(c) && c != '+' && c != '-' && c != '.') return false;
  }
  return false;
}

/// Section 5.2.4 for a path that starts with a slash: drops "." and takes "x/.." away.
std::string_view without_dots(Arena& arena, std::string_view path) {
  char* out = arena.array<char>(path.size() + 1);
  std::size_t size = 0;
  while (!path.empty()) {
    const std::size_t end = path.find('/', 1);
    const std::string_view segment = path.substr(0, end);
    path = end == std::string_view::npos ? std::string_view() : path.substr(end);
    const bool parent = segment == "/..";
    if (!parent && segment != "/.") {
      std::memcpy(out + size, segment.data(), segment.size());
      size += segment.size();
      continue;
    }
    while (parent && size > 0 && out[--size] != '/') continue;
    // What ends in a dot segment is a folder.
    if (path.empty()) out[size++] = '/';
  }
  return {out, size};
}

}  // namespace

std::string_view resolve_reference(Arena& arena, std::string_view origin, std::string_view base,
                                   std::string_view reference) {
  if (has_scheme(reference)) return reference;
  if (reference.starts_with("//")) return arena.concat(origin.substr(0, origin.find(':') + 1), reference);

  const std::string_view base_path = base.substr(0, base.find('?'));
  const std::size_t path_end = reference.find_first_of("?#");
  const std::string_view path = reference.substr(0, path_end);
  const std::string_view rest = path_end == std::string_view::npos ? std::string_view() : reference.substr(path_end);
  if (path.empty()) return arena.concat(origin, rest.starts_with('?') ? base_path : base, rest);
  if (path.starts_with('/')) return arena.concat(origin, without_dots(arena, path), rest);
  const std::string_view folder = base_path.substr(0, base_path.rfind('/') + 1);
  return arena.concat(origin, without_dots(arena, arena.concat(folder, path)), rest);
}

}  // namespace fairlead::codec
