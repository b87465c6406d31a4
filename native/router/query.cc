#include "router/query.h"

#include <algorithm>
#include <cstddef>

#include "base/ascii.h"

namespace fairlead::router {
namespace {

constexpr std::string_view kSeparators = "&;";

// Writes the decoded form of `text` to `out`, which holds as many bytes, and returns its size or -1 for a broken escape.
std::ptrdiff_t unescape(std::string_view text, char* out) {
  char* to = out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      *to++ = text[i] == '+' ? ' ' : text[i];
      continue;
    }
    if (text.size() - i < 3) return -1;
    const int high = ascii::hex_value(text[i + 1]);
    const int low = ascii::hex_value(text[i + 2]);
    if (high < 0 || low < 0) return -1;
    *to++ = static_cast<char>(high * 16 + low);
    i += 2;
  }
  return to - out;
}

// Replaces `text` by its decoded form; false for a broken escape.
bool decode(std::string_view& text, Arena& arena) {
  if (text.find_first_of("%+") == std::string_view::npos) return true;
  char* out = arena.array<char>(text.size());
  const std::ptrdiff_t size = unescape(text, out);
  if (size < 0) return false;
  text = {out, static_cast<std::size_t>(size)};
  return true;
}

bool parse(std::string_view piece, QueryParameter& parameter, Arena& arena) {
  if (piece.empty()) return false;
  const std::size_t equals = piece.find('=');
  parameter.key = piece.substr(0, equals);
  parameter.value = equals == std::string_view::npos ? std::string_view() : piece.substr(equals + 1);
  return decode(parameter.key, arena) && decode(parameter.value, arena);
}

}  // namespace

std::span<const QueryParameter> decode_query(std::string_view query, Arena& arena) {
  if (query.empty()) return {};
  const auto separators =
      std::count_if(query.begin(), query.end(), [](char c) { return kSeparators.find(c) != std::string_view::npos; });
  auto* parameters = arena.array<QueryParameter>(static_cast<std::size_t>(separators) + 1);
  std::size_t count = 0;
  for (std::string_view rest = query;;) {
    const std::size_t end = rest.find_first_of(kSeparators);
    QueryParameter parameter;
    if (parse(rest.substr(0, end), parameter, arena)) new (&parameters[count++]) QueryParameter(parameter);
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return {parameters, count};
}

}  // namespace fairlead::router
