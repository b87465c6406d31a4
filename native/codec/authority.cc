#include "codec/authority.h"

#include <algorithm>

#include "base/ascii.h"
#include "net/address.h"

namespace fairlead::codec {
namespace {

// The longest name DNS can carry, with its trailing dot.
constexpr std::size_t kLongestHost = 254;
constexpr std::size_t kLongestPort = 5;

constexpr bool is_host_char(char c) {
  return ascii::is_digit(c) || ascii::is_alpha(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

bool is_port(std::string_view text) {
  if (text.size() > kLongestPort) return false;
  unsigned value = 0;
  for (char c : text) {
    if (!ascii::is_digit(c)) return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value <= 65535;
}

/// Non-empty labels and at most one trailing dot, so that cutting it leaves a normal form.
bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > kLongestHost || text.front() == '.') return false;
  char before = '\0';
  for (char c : text) {
    if (!is_host_char(c) || (c == '.' && before == '.')) return false;
    before = c;
  }
  return true;
}

/// "[" IPv6 "]" without zone; no IPvFuture, nobody speaks it.
bool is_literal(std::string_view text) {
  if (text.size() < 4 || text.back() != ']') return false;
  const std::string_view inside = text.substr(1, text.size() - 2);
  if (inside.find('%') != std::string_view::npos || inside.find(':') == std::string_view::npos) return false;
  return net::IpAddress::parse(inside).has_value();
}

}  // namespace

bool parse_authority(std::string_view text, Authority& authority) {
  const bool literal = text.starts_with('[');
  const std::size_t host_end = literal ? text.find(']') : text.find(':');
  if (literal && host_end == std::string_view::npos) return false;
  authority.host = text.substr(0, literal ? host_end + 1 : host_end);
  std::string_view rest = text.substr(authority.host.size());
  if (!(literal ? is_literal(authority.host) : is_host_name(authority.host))) return false;
  authority.port = rest.empty() ? rest : rest.substr(1);
  return rest.empty() || (rest.front() == ':' && is_port(authority.port));
}

std::string_view canonical_host(std::string_view host, Arena& arena) {
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  if (host.ends_with('.')) host.remove_suffix(1);
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (std::ranges::none_of(host, is_upper)) return host;
  char* lower = arena.array<char>(host.size());
  std::ranges::transform(host, lower, ascii::lower);
  return {lower, host.size()};
}

}  // namespace fairlead::codec
