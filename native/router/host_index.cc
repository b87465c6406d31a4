#include "router/host_index.h"

#include <algorithm>
#include <functional>

#include "base/hash.h"
#include "router/host_name.h"

namespace fairlead::router {

HostIndex::HostIndex(const HostCounts& counts) {
  exact_.reserve(counts.exact);
  wildcards_.reserve(counts.wildcards);
  suffixes_.reserve(counts.suffixes);
  patterns_.reserve(counts.patterns);
  scopes_.emplace_back();
}

HashTable& HostIndex::table(wire::HostKind kind) {
  if (kind == wire::HostKind::kWildcard) return wildcards_;
  if (kind == wire::HostKind::kSuffix) return suffixes_;
  return kind == wire::HostKind::kPattern ? patterns_ : exact_;
}

std::uint32_t HostIndex::add(wire::HostKind kind, std::string_view host) {
  if (kind == wire::HostKind::kAny) return 0;
  HashTable& known_hosts = table(kind);
  const std::uint64_t hash = hash_bytes(host);
  const std::uint32_t known = known_hosts.find(hash, [&](std::uint32_t scope) { return scopes_[scope].host == host; });
  if (known != HashTable::kAbsent) return known;
  const auto added = static_cast<std::uint32_t>(scopes_.size());
  scopes_.emplace_back().host = host;
  known_hosts.insert(hash, added);
  if (kind == wire::HostKind::kSuffix) suffix_lengths_.push_back(host.size());
  if (kind == wire::HostKind::kPattern) pattern_scopes_.push_back(added);
  return added;
}

void HostIndex::finish() {
  // shrink_to_fit() does nothing without exceptions.
  std::vector<Scope>(scopes_).swap(scopes_);
  std::ranges::sort(suffix_lengths_, std::greater<>());
  const auto rest = std::ranges::unique(suffix_lengths_);
  suffix_lengths_.erase(rest.begin(), rest.end());
  if (pattern_scopes_.size() <= kMostPatternsTried) return;
  std::vector<std::string_view> patterns;
  patterns.reserve(pattern_scopes_.size());
  for (const std::uint32_t scope : pattern_scopes_) patterns.push_back(scopes_[scope].host);
  pattern_set_.emplace(patterns);
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
