#include "codec/cookie.h"

#include <algorithm>

namespace fairlead::codec {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// What browsers send, and Go takes: everything printable but what would end the value.
bool is_value_byte(char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != ';' && c != '\\'; }

std::optional<std::string_view> value_of(std::string_view text) {
  if (text.size() > 1 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  if (!std::ranges::all_of(text, is_value_byte)) return std::nullopt;
  return text;
}

std::optional<std::string_view> find_in(std::string_view field, std::string_view name) {
  while (!field.empty()) {
    const std::size_t end = std::min(field.find(';'), field.size());
    const std::string_view pair = trimmed(field.substr(0, end));
    field.remove_prefix(std::min(end + 1, field.size()));
    if (!pair.starts_with(name)) continue;
    const std::string_view rest = trimmed(pair.substr(name.size()));
    if (!rest.starts_with('=')) continue;
    if (const auto value = value_of(trimmed(rest.substr(1)))) return value;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string_view> find_cookie(const Headers& headers, std::string_view name) {
  for (const Header& header : headers) {
    if (header.id != HeaderId::kCookie) continue;
    if (const auto value = find_in(header.value, name)) return value;
  }
  return std::nullopt;
}

}  // namespace fairlead::codec
