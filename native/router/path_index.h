// From a path to the routes of a scope that may want it, for scopes with many routes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "router/entry.h"
#include "router/hash_table.h"

namespace fairlead::router {

/// Groups the entries of a scope into runs of equal kind and path. Runs of exact paths and of prefixes are found by hash,
/// prefixes once for each length that occurs in the scope. Built once, then read by all workers.
class PathIndex {
 public:
  /// Makes room for that many entries in all scopes together.
  explicit PathIndex(std::size_t entries) { table_.reserve(entries); }

  /// Indexes one scope and puts its entries, best rank first, in the order of the runs. Returns the scope's number.
  std::uint32_t add(std::span<Entry> entries);

  /// Calls `visit(run)` for each run of the scope that takes `path`: the exact path, the prefixes from the longest to the
  /// shortest, then the routes for any path. `entries` are those that add() has ordered.
  template <class Visit>
  void each_run(std::uint32_t scope, const Entry* entries, std::string_view path, Visit visit) const;

  std::size_t memory() const {
    return scopes_.capacity() * sizeof(Scope) + runs_.capacity() * sizeof(Stretch) +
           lengths_.capacity() * sizeof(std::uint32_t) + table_.memory();
  }

 private:
  struct Stretch {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
  };
  struct Scope {
    /// In `runs_`; nobody else's runs lie between.
    Stretch runs;
    /// In `lengths_`: the distinct lengths of prefixes, longest first.
    Stretch lengths;
    /// In the scope's entries.
    Stretch any;
    bool has_exact = false;
  };

  // The same path in another scope or of another kind has another hash.
  static std::uint64_t hash(std::uint32_t scope, wire::PathKind kind, std::string_view path) {
    const std::uint64_t seed = hash_seed() + (std::uint64_t{scope} << 2) + static_cast<std::uint64_t>(kind);
    return hash_bytes(path, mix64(seed, 0x9E3779B97F4A7C15ULL));
  }
  std::uint32_t find(std::uint32_t scope, const Entry* entries, wire::PathKind kind, std::string_view path) const {
    const Stretch& own = scopes_[scope].runs;
    return table_.find(hash(scope, kind, path), [&](std::uint32_t run) {
      if (run - own.first >= own.count) return false;
      const Entry& sample = entries[runs_[run].first];
      return sample.kind() == kind && sample.path() == path;
    });
  }
  Run run(std::uint32_t number, const Entry* entries) const {
    return {entries + runs_[number].first, runs_[number].count};
  }

  std::uint32_t run_of(std::uint32_t scope, const Entry* entries, std::uint32_t at);
  void place(std::span<Entry> entries, std::span<const std::uint32_t> run_numbers, Scope& scope);
  void collect_lengths(std::span<const Entry> entries, Scope& scope);

  std::vector<Scope> scopes_;
  std::vector<Stretch> runs_;
  std::vector<std::uint32_t> lengths_;
  HashTable table_;
};

template <class Visit>
void PathIndex::each_run(std::uint32_t number, const Entry* entries, std::string_view path, Visit visit) const {
  const Scope& scope = scopes_[number];
  if (scope.has_exact) {
    const std::uint32_t found = find(number, entries, wire::PathKind::kExact, path);
    if (found != HashTable::kAbsent) visit(run(found, entries));
  }
  for (std::uint32_t i = 0; i < scope.lengths.count; ++i) {
    const std::uint32_t length = lengths_[scope.lengths.first + i];
    if (length > path.size()) continue;
    const std::uint32_t found = find(number, entries, wire::PathKind::kPrefix, path.substr(0, length));
    if (found != HashTable::kAbsent) visit(run(found, entries));
  }
  if (scope.any.count > 0) visit(Run(entries + scope.any.first, scope.any.count));
}

}  // namespace fairlead::router
