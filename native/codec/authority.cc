#include "codec/authority.h"

#include <algorithm>

#include "base/ascii.h"
#include "codec/scan.h"
#include "net/address.h"

namespace fairlead::codec {
namespace {

// The longest name DNS can carry, with its trailing dot.
constexpr std::size_t kLongestHost = 254;
constexpr std::size_t kLongestPort = 5;

bool is_port(std::string_view text) {
  if (text.size() > kLongestPort) return false;
  unsigned value = 0;
  for (char c : text) {
    if (!ascii::is_digit(c)) return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value <= 65535;
}

/// Bytes of the literal at the start of `text`: "[" IPv6 "]" without zone; no IPvFuture, nobody speaks it. 0 when there
/// is none.
std::size_t literal_size(std::string_view text) {
  const std::size_t close = text.find(']');
  if (close == std::string_view::npos) return 0;
  const std::string_view inside = text.substr(1, close - 1);
  if (inside.find('%') != std::string_view::npos || inside.find(':') == std::string_view::npos) return 0;
  return net::IpAddress::parse(inside) ? close + 1 : 0;
}

}  // namespace

bool parse_authority(std::string_view text, Authority& authority) {
  return parse_authority(text, text.data(), authority);
}

bool parse_authority(std::string_view text, const char* readable, Authority& authority) {
  const char* const begin = text.data();
  std::size_t size;
  if (text.starts_with('[')) {
    size = literal_size(text);
  } else {
    size = static_cast<std::size_t>(skip_host(readable, begin, begin + text.size()) - begin);
    if (size > kLongestHost || text.starts_with('.')) return false;
  }
  if (size == 0) return false;
  authority.host = text.substr(0, size);
  authority.port = {};
  if (size == text.size()) return true;
  authority.port = text.substr(size + 1);
  return text[size] == ':' && is_port(authority.port);
}

std::string_view canonical_host(std::string_view host, Arena& arena) {
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  while (host.ends_with('.')) host.remove_suffix(1);
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (std::ranges::none_of(host, is_upper)) return host;
  char* lower = arena.array<char>(host.size());
  std::ranges::transform(host, lower, ascii::lower);
  return {lower, host.size()};
}

}  // namespace fairlead::codec
