#include "router/explain.h"

#include <algorithm>
#include <utility>

#include "router/host_name.h"

namespace fairlead::router {
namespace {

/// How close a router came: the greater, the closer. What is in between tells routers of one kind apart.
enum Closeness : std::uint32_t {
  kFar = 0,
  kOtherPath = 100,    // any host, but the path only begins alike
  kOtherHost = 200,    // the path is right
  kRelatedHost = 300,  // the host looks much like the requested one
  kSameHost = 400,     // the host is right, the path is not
  kSameKeys = 500,     // host and path are right
};
constexpr std::uint32_t kMostBetween = 99;
/// Of the patterns that match the host of a request, so many are looked at before anything else.
constexpr std::size_t kMostFitting = 64;

std::uint32_t common_prefix(std::string_view a, std::string_view b) {
  const auto end = std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first;
  return static_cast<std::uint32_t>(end - a.begin());
}

std::uint32_t common_suffix(std::string_view a, std::string_view b) {
  const auto end = std::mismatch(a.rbegin(), a.rend(), b.rbegin(), b.rend()).first;
  return static_cast<std::uint32_t>(end - a.rbegin());
}

/// The same site, or a slip of the pen: one below the other, siblings, or two letters apart in one place.
bool is_related(std::string_view asked, std::string_view host) {
  if (host.starts_with('.')) host.remove_prefix(1);
  const auto is_below = [](std::string_view below, std::string_view above) {
    return below.size() > above.size() && below.ends_with(above) && below[below.size() - above.size() - 1] == '.';
  };
  if (is_below(asked, host) || is_below(host, asked)) return true;
  const std::string_view parent = parent_domain(asked);
  // A top-level domain is nobody's site.
  if (parent.find('.', 1) != std::string_view::npos && parent == parent_domain(host)) return true;
  const std::size_t same = common_prefix(asked, host) + common_suffix(asked, host);
  return same + 2 >= std::max(asked.size(), host.size()) && asked.size() + host.size() > 6;
}

}  // namespace

class Explainer {
 public:
  Explainer(const Router& router, MatchInput& input, Reach reach)
      : router_(router),
        input_(input),
        reach_(reach),
        host_(input.request().host),
        flattened_(input.request().flattened_host),
        path_(input.request().routing_path) {}

  Explanation explain(std::size_t most) {
    Explanation result;
    result.chosen = router_.find(input_);
    if (most == 0) return result;
    collect();
    keep_best(most, result.chosen);
    for (const Candidate& candidate : candidates_) result.near_misses.push_back(examine(candidate));
    return result;
  }

 private:
  struct Candidate {
    std::uint32_t closeness;
    std::uint32_t rank;
  };

  /// Scopes of the request's host first, so that they are looked at however many others there are.
  void collect() {
    const HostIndex& hosts = router_.hosts_;
    const std::vector<const Scope*> fitting = scopes_of_host();
    for (const Scope* scope : fitting) collect(*scope, kSameHost);
    collect(hosts.any(), kOtherPath);
    for (const Scope& scope : hosts.scopes()) {
      if (scanned_ >= kMostScanned) return;
      if (&scope == &hosts.any() || std::ranges::find(fitting, &scope) != fitting.end()) continue;
      collect(scope, looks_alike(scope.host) ? kRelatedHost : kOtherHost);
    }
  }

  std::vector<const Scope*> scopes_of_host() const {
    std::vector<const Scope*> found;
    add_scopes(host_, found);
    if (!flattened_.empty()) add_scopes(flattened_, found);
    return found;
  }

  void add_scopes(std::string_view host, std::vector<const Scope*>& found) const {
    const HostIndex& hosts = router_.hosts_;
    const auto add = [&](const Scope& scope) {
      if (std::ranges::find(found, &scope) == found.end()) found.push_back(&scope);
    };
    if (!host.empty()) {
      if (const Scope* exact = hosts.exact(host)) add(*exact);
      if (const Scope* wildcard = hosts.wildcard(host)) add(*wildcard);
      hosts.each_suffix(host, add);
    }
    const std::size_t most = found.size() + kMostFitting;
    hosts.each_pattern(host, [&](const Scope& scope) {
      add(scope);
      return found.size() < most;
    });
  }

  bool looks_alike(std::string_view host) const {
    return is_related(host_, host) || (!flattened_.empty() && is_related(flattened_, host));
  }

  void collect(const Scope& scope, Closeness host) {
    const Entry* entries = router_.entries_.data() + scope.first;
    for (std::uint32_t i = 0; i < scope.count && scanned_ < kMostScanned; ++i, ++scanned_) {
      const std::uint32_t closeness = closeness_of(entries[i], host);
      if (closeness != kFar) candidates_.push_back({closeness, entries[i].rank()});
    }
  }

  std::uint32_t closeness_of(const Entry& entry, Closeness host) const {
    const bool takes = entry.takes(path_);
    const std::uint32_t alike = std::min(kMostBetween, common_prefix(entry.path(), path_));
    switch (host) {
      case kSameHost:
        return takes ? kSameKeys + alike : kSameHost + alike;
      case kOtherPath:
        // Every path begins with a slash.
        if (takes) return kSameKeys + alike;
        return alike > 1 || reach_ == Reach::kEvenOfPath ? kOtherPath + alike : kFar;
      case kRelatedHost:
        return takes ? kRelatedHost + alike : kFar;
      case kOtherHost:
        // That a route for every path takes this one brings nobody closer.
        return takes && entry.path().size() > 1 ? kOtherHost + alike : kFar;
      case kFar:
      case kSameKeys:
        break;
    }
    return kFar;
  }

  /// The closest key stands for a router; the one that was chosen is no miss.
  void keep_best(std::size_t most, std::uint32_t chosen) {
    std::sort(candidates_.begin(), candidates_.end(), [](const Candidate& a, const Candidate& b) {
      return a.rank != b.rank ? a.rank < b.rank : a.closeness > b.closeness;
    });
    const auto same = [](const Candidate& a, const Candidate& b) { return a.rank == b.rank; };
    candidates_.erase(std::unique(candidates_.begin(), candidates_.end(), same), candidates_.end());
    std::erase_if(candidates_, [&](const Candidate& one) { return router_.order_[one.rank] == chosen; });
    const auto end = candidates_.begin() + static_cast<std::ptrdiff_t>(std::min(most, candidates_.size()));
    std::partial_sort(candidates_.begin(), end, candidates_.end(), [](const Candidate& a, const Candidate& b) {
      return a.closeness != b.closeness ? a.closeness > b.closeness : a.rank < b.rank;
    });
    candidates_.erase(end, candidates_.end());
  }

  NearMiss examine(const Candidate& candidate) {
    NearMiss miss{router_.order_[candidate.rank], false, {}};
    const wire::Router& wire = router_.routers_[miss.router];
    const Program program{wire.program.begin(), wire.program.size()};
    if (program.empty()) {
      miss.failing = failing_key(wire);
    } else {
      std::vector<Step> steps;
      if (!trace(program, router_.tables_, input_, steps)) miss.failing = failing_of(program, steps);
    }
    miss.outranked = miss.failing.empty();
    return miss;
  }

  /// The last test leads to the rejection. Those before it that would have led to the same place with the other answer
  /// are its alternatives: `A || B`.
  static std::vector<Failing> failing_of(Program program, const std::vector<Step>& steps) {
    const auto missed = [&](const Step& step) {
      const wire::Instruction& test = program[step.at];
      return step.held ? test.on_false : test.on_true;
    };
    const std::uint16_t wanted = missed(steps.back());
    auto first = steps.end() - 1;
    while (first != steps.begin() && missed(*(first - 1)) == wanted) --first;
    std::vector<Failing> failing;
    for (; first != steps.end(); ++first) {
      const wire::Instruction& test = program[first->at];
      failing.push_back({static_cast<wire::Op>(test.op), first->held, test.operand, test.key, test.value});
    }
    return failing;
  }

  /// A rule that is nothing but its keys: what fails of the key that comes closest. Nothing when one of them holds.
  std::vector<Failing> failing_key(const wire::Router& wire) const {
    std::vector<Failing> failing;
    std::uint32_t best = 0;
    for (const wire::RouteKey& key : wire.keys) {
      const bool host_fits = takes_host(key);
      const bool path_fits = Entry(key, 0).takes(path_);
      if (host_fits && path_fits) return {};
      const std::uint32_t score = (host_fits ? 2 : 0) + (path_fits ? 1 : 0) + 1;
      if (score <= best) continue;
      best = score;
      failing = {host_fits ? path_test(key) : host_test(key)};
    }
    return failing;
  }

  bool takes_host(const wire::RouteKey& key) const {
    return takes_host(key, host_) || (!flattened_.empty() && takes_host(key, flattened_));
  }

  static bool takes_host(const wire::RouteKey& key, std::string_view host) {
    switch (static_cast<wire::HostKind>(key.host_kind)) {
      case wire::HostKind::kAny:
        return true;
      case wire::HostKind::kExact:
        return key.host.view() == host;
      case wire::HostKind::kWildcard:
        return key.host.view() == parent_domain(host);
      case wire::HostKind::kSuffix:
      case wire::HostKind::kPattern:
        break;  // a rule with such a key has a program
    }
    return false;
  }

  static Failing host_test(const wire::RouteKey& key) {
    const bool exact = static_cast<wire::HostKind>(key.host_kind) == wire::HostKind::kExact;
    return {exact ? wire::Op::kHost : wire::Op::kHostWildcard, false, 0, {}, key.host};
  }
  static Failing path_test(const wire::RouteKey& key) {
    const bool exact = static_cast<wire::PathKind>(key.path_kind) == wire::PathKind::kExact;
    return {exact ? wire::Op::kPath : wire::Op::kPathPrefix, false, 0, {}, key.path};
  }

  const Router& router_;
  MatchInput& input_;
  Reach reach_;
  std::string_view host_;
  std::string_view flattened_;
  std::string_view path_;
  std::vector<Candidate> candidates_;
  std::size_t scanned_ = 0;
};

Explanation explain(const Router& router, MatchInput& input, std::size_t most, Reach reach) {
  return Explainer(router, input, reach).explain(most);
}

}  // namespace fairlead::router
