#include "router/path_index.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "router/host_index.h"

namespace fairlead::router {

std::uint32_t PathIndex::add(std::span<Entry> entries) {
  const auto number = static_cast<std::uint32_t>(scopes_.size());
  scopes_.emplace_back().runs.first = static_cast<std::uint32_t>(runs_.size());
  std::vector<std::uint32_t> run_numbers(entries.size());
  for (std::uint32_t at = 0; at < entries.size(); ++at) run_numbers[at] = run_of(number, entries.data(), at);
  Scope& scope = scopes_[number];
  place(entries, run_numbers, scope);
  collect_lengths(entries, scope);
  collect_patterns(entries.data(), scope);
  return number;
}

// While runs are collected, `first` of a run is its first entry in the order given, which serves as the sample.
std::uint32_t PathIndex::run_of(std::uint32_t scope, const Entry* entries, std::uint32_t at) {
  const Entry& entry = entries[at];
  const wire::PathKind kind = entry.kind();
  Stretch& own = scopes_[scope].runs;
  std::uint32_t found = find(scope, entries, kind, entry.path());
  if (found == HashTable::kAbsent) {
    found = static_cast<std::uint32_t>(runs_.size());
    runs_.push_back({at, 0});
    ++own.count;
    table_.insert(hash(scope, kind, entry.path()), found);
  }
  ++runs_[found].count;
  return found;
}

// Counting sort: stable, so each run stays in order of rank.
void PathIndex::place(std::span<Entry> entries, std::span<const std::uint32_t> run_numbers, Scope& scope) {
  std::uint32_t next = 0;
  std::vector<std::uint32_t> places(scope.runs.count);
  for (std::uint32_t i = 0; i < scope.runs.count; ++i) {
    Stretch& run = runs_[scope.runs.first + i];
    if (entries[run.first].kind() == wire::PathKind::kAny) scope.any = {next, run.count};
    scope.has_exact |= entries[run.first].kind() == wire::PathKind::kExact;
    places[i] = run.first = next;
    next += run.count;
  }
  std::vector<Entry> ordered(entries.size());
  for (std::size_t at = 0; at < entries.size(); ++at)
    ordered[places[run_numbers[at] - scope.runs.first]++] = entries[at];
  std::copy(ordered.begin(), ordered.end(), entries.begin());
}

void PathIndex::collect_lengths(std::span<const Entry> entries, Scope& scope) {
  std::vector<std::uint32_t> lengths;
  for (const Entry& entry : entries) {
    if (entry.kind() == wire::PathKind::kPrefix) lengths.push_back(static_cast<std::uint32_t>(entry.path().size()));
  }
  std::sort(lengths.begin(), lengths.end(), std::greater<>());
  lengths.erase(std::unique(lengths.begin(), lengths.end()), lengths.end());
  scope.lengths = {static_cast<std::uint32_t>(lengths_.size()), static_cast<std::uint32_t>(lengths.size())};
  lengths_.insert(lengths_.end(), lengths.begin(), lengths.end());
}

// Runs were made in the order of their best ranks.
void PathIndex::collect_patterns(const Entry* entries, Scope& scope) {
  scope.patterns.first = static_cast<std::uint32_t>(pattern_runs_.size());
  std::vector<std::string_view> patterns;
  for (std::uint32_t number = scope.runs.first; number < scope.runs.first + scope.runs.count; ++number) {
    const Entry& sample = entries[runs_[number].first];
    if (sample.kind() != wire::PathKind::kPattern) continue;
    pattern_runs_.push_back(number);
    patterns.push_back(sample.path());
  }
  scope.patterns.count = static_cast<std::uint32_t>(patterns.size());
  if (patterns.size() <= kMostPatternsTried) return;
  scope.pattern_set = static_cast<std::uint32_t>(pattern_sets_.size());
  pattern_sets_.emplace_back(patterns);
}

}  // namespace fairlead::router
