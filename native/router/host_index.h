// From the host of a request to the routes that may want it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/regex_set.h"
#include "router/hash_table.h"
#include "snapshot/generated/records.gen.h"

namespace fairlead::router {

/// Up to so many patterns are tried one by one, which costs less than asking for all of them at once.
inline constexpr std::size_t kMostPatternsTried = 8;

/// The routes of one host, of one wildcard, suffix or pattern, or of any host: a stretch of the router's entries.
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

/// How many keys there are of each kind that needs room.
struct HostCounts {
  std::size_t exact = 0;
  std::size_t wildcards = 0;
  std::size_t suffixes = 0;
  std::size_t patterns = 0;
};

/// Scopes by exact host, wildcard, suffix and pattern, and the scope of every host. Built once, then read by all workers.
class HostIndex {
 public:
  explicit HostIndex(const HostCounts& counts);

  /// The scope of a key; it is made when there is none yet. Returns its number.
  std::uint32_t add(wire::HostKind kind, std::string_view host);
  /// After the last add().
  void finish();
  std::vector<Scope>& scopes() { return scopes_; }
  const std::vector<Scope>& scopes() const { return scopes_; }

  /// The scope of `host`, of its wildcard, or null. `host` is canonical and not empty.
  const Scope* exact(std::string_view host) const { return find(exact_, host); }
  const Scope* wildcard(std::string_view host) const;
  const Scope& any() const { return scopes_[0]; }

  /// Calls `visit(scope)` for each suffix of `host` that has routes, the longest first.
  template <class Visit>
  void each_suffix(std::string_view host, Visit visit) const {
    for (const std::size_t length : suffix_lengths_) {
      if (length > host.size()) continue;
      const Scope* scope = find(suffixes_, host.substr(host.size() - length));
      if (scope != nullptr) visit(*scope);
    }
  }

  /// Calls `visit(scope)` for the scopes of patterns that may match `host`, those with the best rank first, until it
  /// returns false.
  template <class Visit>
  void each_pattern(std::string_view host, Visit visit) const {
    if (!pattern_set_) {
      for (const std::uint32_t scope : pattern_scopes_) {
        if (!visit(scopes_[scope])) return;
      }
      return;
    }
    thread_local std::vector<int> found;  // keeps its memory from match to match
    pattern_set_->candidates(host, found);
    RegexSet::in_order(found,
                       [&](int index) { return visit(scopes_[pattern_scopes_[static_cast<std::size_t>(index)]]); });
  }
  /// The best rank among the routes of all patterns.
  std::uint32_t best_pattern_rank() const {
    return pattern_scopes_.empty() ? 0xffffffff : scopes_[pattern_scopes_.front()].best_rank;
  }

  std::size_t memory() const {
    return scopes_.capacity() * sizeof(Scope) + exact_.memory() + wildcards_.memory() + suffixes_.memory() +
           patterns_.memory() + pattern_scopes_.capacity() * sizeof(std::uint32_t);
  }

 private:
  const Scope* find(const HashTable& table, std::string_view host) const;
  HashTable& table(wire::HostKind kind);

  /// The first is that of any host.
  std::vector<Scope> scopes_;
  HashTable exact_;
  HashTable wildcards_;
  HashTable suffixes_;
  HashTable patterns_;
  /// Distinct ones, longest first.
  std::vector<std::size_t> suffix_lengths_;
  /// In the order in which they came, which is that of their best ranks.
  std::vector<std::uint32_t> pattern_scopes_;
  /// There are more than kMostPatternsTried.
  std::optional<RegexSet> pattern_set_;
};

}  // namespace fairlead::router
