#include "router/host_index.h"

#include "base/hash.h"
#include "router/host_name.h"

namespace fairlead::router {

HostIndex::HostIndex(std::size_t exact, std::size_t wildcards) {
  exact_.reserve(exact);
  wildcards_.reserve(wildcards);
  scopes_.emplace_back();
}

std::uint32_t HostIndex::add(wire::HostKind kind, std::string_view host) {
  if (kind == wire::HostKind::kAny) return 0;
  HashTable& table = kind == wire::HostKind::kExact ? exact_ : wildcards_;
  const std::uint64_t hash = hash_bytes(host);
  const std::uint32_t known = table.find(hash, [&](std::uint32_t scope) { return scopes_[scope].host == host; });
  if (known != HashTable::kAbsent) return known;
  const auto added = static_cast<std::uint32_t>(scopes_.size());
  scopes_.emplace_back().host = host;
  table.insert(hash, added);
  return added;
}

const Scope* HostIndex::find(const HashTable& table, std::string_view host) const {
  const std::uint32_t found =
      table.find(hash_bytes(host), [&](std::uint32_t scope) { return scopes_[scope].host == host; });
  return found == HashTable::kAbsent ? nullptr : &scopes_[found];
}

const Scope* HostIndex::wildcard(std::string_view host) const {
  if (wildcards_.empty()) return nullptr;
  const std::string_view parent = parent_domain(host);
  return parent.empty() ? nullptr : find(wildcards_, parent);
}

}  // namespace fairlead::router
