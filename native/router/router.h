// Finds the router of a request: the best of those whose rule accepts it.
//
// Rules are found by their keys (wire::RouteKey): first by host, then, where a host has many routes, by path. Many patterns
// are asked for at once. What a match costs depends on how many routes share host and path, not on how many there are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "router/entry.h"
#include "router/host_index.h"
#include "router/match_input.h"
#include "router/path_index.h"
#include "router/patterns.h"
#include "router/program.h"
#include "snapshot/generated/records.gen.h"

namespace fairlead::router {

/// What a Router is built from and keeps looking at. All of it outlives the Router.
struct Source {
  const wire::List<wire::Router>& routers;
  /// Indexes into `routers`, best first: the `plainRouters` or `tlsRouters` of an entry point.
  const wire::List<std::uint32_t>& order;
  const Patterns& patterns;
  const wire::List<wire::Cidr>& ranges;
};

/// The routes of one entry point, with TLS or without. Immutable, shared by all workers.
class Router {
 public:
  /// Builds the indexes; meant for the builder thread (100,000 routes take some 50 ms). Each sentence added to `faults`
  /// says why a router is left out because of a pattern. Null with the reason as last of `faults` when the snapshot
  /// contradicts itself.
  static std::unique_ptr<Router> build(const Source& source, std::vector<std::string>& faults);

  /// Index into the snapshot's routers, or wire::kNone. Allocates nothing but decoded query parameters, in the request's
  /// arena.
  std::uint32_t find(MatchInput& input) const;

  /// Bytes held beyond the snapshot.
  std::size_t memory() const;

 private:
  friend class Builder;
  friend class Explainer;
  struct Search;

  Router(const Source& source, HostIndex hosts, PathIndex paths, std::vector<Entry> entries);
  /// The most specific scope first: it tends to hold the best rule, which then spares the others.
  void search_host(std::string_view host, Search& search) const;
  void search(const Scope& scope, Search& search) const;
  void try_each(Run run, Search& search) const;

  const wire::Router* routers_;
  const std::uint32_t* order_;
  Tables tables_;
  HostIndex hosts_;
  PathIndex paths_;
  /// By scope, then by run of the path index or by rank.
  std::vector<Entry> entries_;
};

}  // namespace fairlead::router
