// Building a Router: keys are checked, sorted by scope and, in large scopes, by path.
#include <algorithm>
#include <optional>

#include "router/router.h"

namespace fairlead::router {
namespace {

// A scope with more entries gets a path index. Up to here trying each costs less, because sizes and last bytes tell most
// paths apart without a look at the snapshot (measured with bench/native-micro/router_bench.cc).
constexpr std::uint32_t kMostTriedInTurn = 16;

struct Pending {
  std::uint32_t scope;
  Entry entry;
};

struct KeyCount {
  HostCounts hosts;
  std::size_t all = 0;
};

std::string_view key_fault(const wire::RouteKey& key) {
  const std::string_view host = key.host;
  if (key.host_kind > static_cast<std::uint8_t>(wire::HostKind::kPattern)) return "unknown kind of host";
  if (key.path_kind > static_cast<std::uint8_t>(wire::PathKind::kPattern)) return "unknown kind of path";
  const auto kind = static_cast<wire::HostKind>(key.host_kind);
  if ((kind == wire::HostKind::kExact || kind == wire::HostKind::kSuffix) && host.empty()) return "key without a host";
  if (kind == wire::HostKind::kWildcard && !host.starts_with('.')) return "wildcard without a domain";
  if (key.path.view().size() > kMaxPathBytes) return "path too long";
  // A set of patterns names candidates only.
  const bool has_pattern =
      kind == wire::HostKind::kPattern || static_cast<wire::PathKind>(key.path_kind) == wire::PathKind::kPattern;
  if (has_pattern && key.sufficient) return "pattern that decides";
  return {};
}

std::string sentence(const wire::Router& router, std::string_view reason) {
  return "router \"" + std::string(router.name.view()) + "\": " + std::string(reason);
}

}  // namespace

class Builder {
 public:
  Builder(const Source& source, std::vector<std::string>& faults)
      : source_(source),
        faults_(faults),
        tables_{source.patterns.compiled(), {source.ranges.begin(), source.ranges.size()}} {}

  std::unique_ptr<Router> build() {
    if (!verify()) return nullptr;
    const KeyCount keys = count_keys();
    HostIndex hosts(keys.hosts);
    const std::vector<Pending> pending = collect(hosts, keys.all);
    std::vector<Entry> entries = sorted_by_scope(pending, hosts.scopes());
    PathIndex paths = index_paths(entries, hosts.scopes());
    return std::unique_ptr<Router>(new Router(source_, std::move(hosts), std::move(paths), std::move(entries)));
  }

 private:
  bool verify() {
    if (source_.order.size() >= kMaxRanks) return refuse("too many routers");
    used_.assign(source_.order.size(), true);
    for (std::size_t rank = 0; rank < used_.size(); ++rank) {
      if (source_.order[rank] >= source_.routers.size()) return refuse("router index out of range");
      if (!verify(rank, router(rank))) return false;
    }
    return true;
  }

  bool verify(std::size_t rank, const wire::Router& router) {
    const Program program{router.program.begin(), router.program.size()};
    // Where every key is sufficient nothing is left to run.
    const bool decided = std::all_of(router.keys.begin(), router.keys.end(),
                                     [](const wire::RouteKey& key) { return bool{key.sufficient}; });
    const std::string_view fault = program.empty() && decided ? "" : program_fault(program, tables_);
    if (!fault.empty()) return refuse(sentence(router, fault));
    for (const wire::RouteKey& key : router.keys) {
      const std::string_view wrong = key_fault(key);
      if (!wrong.empty()) return refuse(sentence(router, wrong));
    }
    if (const std::optional<std::uint32_t> pattern = refused_pattern(program, tables_)) {
      faults_.push_back(sentence(router, source_.patterns.fault(*pattern)));
      used_[rank] = false;
    }
    return true;
  }

  bool refuse(std::string reason) {
    faults_.push_back(std::move(reason));
    return false;
  }

  const wire::Router& router(std::size_t rank) const { return source_.routers[source_.order[rank]]; }

  template <class Each>
  void each_key(Each each) const {
    for (std::uint32_t rank = 0; rank < used_.size(); ++rank) {
      if (!used_[rank]) continue;
      for (const wire::RouteKey& key : router(rank).keys) each(rank, key);
    }
  }

  KeyCount count_keys() const {
    KeyCount count;
    each_key([&](std::uint32_t, const wire::RouteKey& key) {
      const auto kind = static_cast<wire::HostKind>(key.host_kind);
      count.hosts.exact += kind == wire::HostKind::kExact;
      count.hosts.wildcards += kind == wire::HostKind::kWildcard;
      count.hosts.suffixes += kind == wire::HostKind::kSuffix;
      count.hosts.patterns += kind == wire::HostKind::kPattern;
      ++count.all;
    });
    return count;
  }

  // In order of rank.
  std::vector<Pending> collect(HostIndex& hosts, std::size_t count) const {
    std::vector<Pending> pending;
    pending.reserve(count);
    each_key([&](std::uint32_t rank, const wire::RouteKey& key) {
      const std::uint32_t number = hosts.add(static_cast<wire::HostKind>(key.host_kind), key.host);
      Scope& scope = hosts.scopes()[number];
      ++scope.count;
      scope.best_rank = std::min(scope.best_rank, rank);
      pending.push_back({number, Entry(key, rank)});
    });
    hosts.finish();
    return pending;
  }

  // Counting sort: stable, so each scope stays in order of rank.
  static std::vector<Entry> sorted_by_scope(const std::vector<Pending>& pending, std::vector<Scope>& scopes) {
    std::uint32_t next = 0;
    std::vector<std::uint32_t> places(scopes.size());
    for (std::size_t i = 0; i < scopes.size(); ++i) {
      places[i] = scopes[i].first = next;
      next += scopes[i].count;
    }
    std::vector<Entry> entries(pending.size());
    for (const Pending& one : pending) entries[places[one.scope]++] = one.entry;
    return entries;
  }

  static PathIndex index_paths(std::vector<Entry>& entries, std::vector<Scope>& scopes) {
    std::size_t indexed = 0;
    for (const Scope& scope : scopes) indexed += scope.count > kMostTriedInTurn ? scope.count : 0;
    PathIndex paths(indexed);
    for (Scope& scope : scopes) {
      if (scope.count > kMostTriedInTurn) scope.paths = paths.add({entries.data() + scope.first, scope.count});
    }
    return paths;
  }

  const Source& source_;
  std::vector<std::string>& faults_;
  Tables tables_;
  /// By rank; false for a router that is left out.
  std::vector<bool> used_;
};

std::unique_ptr<Router> Router::build(const Source& source, std::vector<std::string>& faults) {
  return Builder(source, faults).build();
}

}  // namespace fairlead::router
