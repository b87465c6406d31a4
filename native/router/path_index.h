// From a path to the routes of a scope that may want it, for scopes with many routes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/regex_set.h"
#include "router/entry.h"
#include "router/hash_table.h"

namespace fairlead::router {

/// Groups the entries of a scope into runs of equal kind and path. Runs of exact paths and of prefixes are found by hash,
/// prefixes once for each length that occurs in the scope, those of patterns by asking for all of them at once. Built
/// once, then read by all workers.
class PathIndex {
 public:
  /// Makes room for that many entries in all scopes together.
  explicit PathIndex(std::size_t entries) { table_.reserve(entries); }

  /// Indexes one scope and puts its entries, best rank first, in the order of the runs. Returns the scope's number.
  std::uint32_t add(std::span<Entry> entries);

  /// Calls `visit(run)` for each run of the scope that may take `path`: the exact path, the prefixes from the longest to
  /// the shortest, patterns that may match, best rank first, then the routes for any path. `visit` returns false when no
  /// worse rank is wanted, which ends the patterns. `entries` are those that add() has ordered.
  template <class Visit>
  void each_run(std::uint32_t scope, const Entry* entries, std::string_view path, Visit visit) const;

  std::size_t memory() const {
    return scopes_.capacity() * sizeof(Scope) + runs_.capacity() * sizeof(Stretch) +
           (lengths_.capacity() + pattern_runs_.capacity()) * sizeof(std::uint32_t) + table_.memory();
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
    /// In `pattern_runs_`, in the order of their best ranks.
    Stretch patterns;
    /// In `pattern_sets_`, or HashTable::kAbsent when there are few.
    std::uint32_t pattern_set = HashTable::kAbsent;
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
  void collect_patterns(const Entry* entries, Scope& scope);
  template <class Visit>
  void each_pattern(const Scope& scope, const Entry* entries, std::string_view path, Visit visit) const;

  std::vector<Scope> scopes_;
  std::vector<Stretch> runs_;
  std::vector<std::uint32_t> lengths_;
  /// Numbers of runs.
  std::vector<std::uint32_t> pattern_runs_;
  std::vector<RegexSet> pattern_sets_;
  HashTable table_;
};

template <class Visit>
void PathIndex::each_pattern(const Scope& scope, const Entry* entries, std::string_view path, Visit visit) const {
  const std::uint32_t* runs = pattern_runs_.data() + scope.patterns.first;
  if (scope.pattern_set == HashTable::kAbsent) {
    for (std::uint32_t i = 0; i < scope.patterns.count; ++i) {
      if (!visit(run(runs[i], entries))) return;
    }
    return;
  }
  thread_local std::vector<int> found;  // keeps its memory from match to match
  pattern_sets_[scope.pattern_set].candidates(path, found);
  RegexSet::in_order(found, [&](int index) { return visit(run(runs[index], entries)); });
}

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
  if (scope.patterns.count > 0) each_pattern(scope, entries, path, visit);
  if (scope.any.count > 0) visit(Run(entries + scope.any.first, scope.any.count));
}

}  // namespace fairlead::router
