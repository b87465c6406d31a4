// From the host of a request to the routes that may want it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "router/hash_table.h"
#include "snapshot/generated/records.gen.h"

namespace fairlead::router {

/// The routes of one host, of one wildcard, or of any host: a stretch of the router's entries.
struct Scope {
  /// The text of its keys; points into the snapshot.
  std::string_view host;
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  /// The smallest rank of its entries.
  std::uint32_t best_rank = 0xffffffff;
  /// Number in the PathIndex, or HashTable::kAbsent when its entries are few enough to try each.
  std::uint32_t paths = HashTable::kAbsent;
};

/// Scopes by exact host and by wildcard, and the scope of every host. Built once, then read by all workers.
class HostIndex {
 public:
  /// Makes room for that many exact and wildcard keys.
  HostIndex(std::size_t exact, std::size_t wildcards);

  /// The scope of a key; it is made when there is none yet. Returns its number.
  std::uint32_t add(wire::HostKind kind, std::string_view host);
  std::vector<Scope>& scopes() { return scopes_; }
  const std::vector<Scope>& scopes() const { return scopes_; }

  /// The scope of `host`, of its wildcard, or null. `host` is canonical and not empty.
  const Scope* exact(std::string_view host) const { return find(exact_, host); }
  const Scope* wildcard(std::string_view host) const;
  const Scope& any() const { return scopes_[0]; }

  std::size_t memory() const { return scopes_.capacity() * sizeof(Scope) + exact_.memory() + wildcards_.memory(); }

 private:
  const Scope* find(const HashTable& table, std::string_view host) const;

  /// The first is that of any host.
  std::vector<Scope> scopes_;
  HashTable exact_;
  HashTable wildcards_;
};

}  // namespace fairlead::router
