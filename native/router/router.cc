#include "router/router.h"

#include <utility>

namespace fairlead::router {

/// One match in progress.
struct Router::Search {
  MatchInput& input;
  std::string_view path;
  /// Rank of the best rule that has accepted so far; worse ones are not tried any more.
  std::uint32_t best = wire::kNone;
};

Router::Router(const Source& source, HostIndex hosts, PathIndex paths, std::vector<Entry> entries)
    : routers_(source.routers.begin()),
      order_(source.order.begin()),
      tables_{source.patterns.compiled(), {source.ranges.begin(), source.ranges.size()}},
      hosts_(std::move(hosts)),
      paths_(std::move(paths)),
      entries_(std::move(entries)) {}

std::uint32_t Router::find(MatchInput& input) const {
  const codec::Request& request = input.request();
  Search search{input, request.routing_path};
  search_host(request.host, search);
  if (!request.flattened_host.empty()) [[unlikely]]
    search_host(request.flattened_host, search);
  this->search(hosts_.any(), search);
  return search.best == wire::kNone ? wire::kNone : order_[search.best];
}

void Router::search_host(std::string_view host, Search& search) const {
  if (!host.empty()) {
    if (const Scope* exact = hosts_.exact(host)) this->search(*exact, search);
    if (const Scope* wildcard = hosts_.wildcard(host)) this->search(*wildcard, search);
    hosts_.each_suffix(host, [&](const Scope& scope) { this->search(scope, search); });
  }
  if (hosts_.best_pattern_rank() >= search.best) return;
  hosts_.each_pattern(host, [&](const Scope& scope) {
    this->search(scope, search);
    return scope.best_rank < search.best;
  });
}

void Router::search(const Scope& scope, Search& search) const {
  if (scope.best_rank >= search.best) return;
  const Entry* entries = entries_.data() + scope.first;
  if (scope.paths == HashTable::kAbsent) {
    try_each({entries, scope.count}, search);
  } else {
    paths_.each_run(scope.paths, entries, search.path, [&](Run run) {
      try_each(run, search);
      return run.front().rank() < search.best;
    });
  }
}

void Router::try_each(Run run, Search& search) const {
  for (const Entry& entry : run) {
    if (entry.rank() >= search.best) return;
    if (!entry.takes(search.path)) continue;
    const wire::List<wire::Instruction>& program = routers_[order_[entry.rank()]].program;
    if (!entry.sufficient() && !router::run({program.begin(), program.size()}, tables_, search.input)) continue;
    search.best = entry.rank();
    return;
  }
}

std::size_t Router::memory() const {
  return sizeof(*this) + hosts_.memory() + paths_.memory() + entries_.capacity() * sizeof(Entry);
}

}  // namespace fairlead::router
