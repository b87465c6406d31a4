// The name a client asks for, and tables of such names.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/ascii.h"
#include "snapshot/generated/records.gen.h"

namespace fairlead::tls {

/// The host name in the body of a server_name extension (RFC 6066 section 3): lower case, without trailing dot. Empty
/// when there is none or the body is malformed; the library refuses the latter by itself.
inline std::string parse_server_name(std::span<const std::uint8_t> body) {
  // list length (2), type host_name (1), name length (2), name
  constexpr std::size_t kPrefix = 5;
  if (body.size() <= kPrefix || body[2] != 0) return {};
  const std::size_t length = static_cast<std::size_t>(body[3]) << 8 | body[4];
  if (length > body.size() - kPrefix) return {};
  std::string name(reinterpret_cast<const char*>(body.data()) + kPrefix, length);
  std::transform(name.begin(), name.end(), name.begin(), ascii::lower);
  if (name.ends_with('.')) name.pop_back();
  return name;
}

/// Names to positions, exact and by one-label wildcard (`*.example.com`). The first to claim a name keeps it. The names
/// belong to the snapshot, which must outlive the table.
class NameTable {
 public:
  void add(std::string_view name, std::uint32_t position) {
    if (name.starts_with("*.")) {
      wildcard_.try_emplace(name.substr(1), position);
    } else {
      exact_.try_emplace(name, position);
    }
  }
  /// The smallest position among the matches, or wire::kNone: for lists in order of preference.
  std::uint32_t first(std::string_view name) const { return std::min(find(exact_, name), find_wildcard(name)); }
  /// The exact match, else that by wildcard, else wire::kNone.
  std::uint32_t closest(std::string_view name) const {
    const std::uint32_t exact = find(exact_, name);
    return exact != wire::kNone ? exact : find_wildcard(name);
  }

 private:
  using Table = std::unordered_map<std::string_view, std::uint32_t>;
  static std::uint32_t find(const Table& table, std::string_view name) {
    const auto found = table.find(name);
    return found == table.end() ? wire::kNone : found->second;
  }
  std::uint32_t find_wildcard(std::string_view name) const {
    const std::size_t dot = name.find('.');
    return dot == std::string_view::npos || dot == 0 ? wire::kNone : find(wildcard_, name.substr(dot));
  }

  Table exact_;
  Table wildcard_;
};

}  // namespace fairlead::tls
