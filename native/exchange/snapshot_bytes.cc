#include "exchange/snapshot_bytes.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "base/assert.h"

namespace fairlead::exchange {
namespace {

// Bounds of a limit: what lib/schema/limit.ts allows. They bound memory, and sums of costs.
constexpr std::uint32_t kMostWaiting = 65'535;
constexpr std::uint32_t kMostKeys = 65'535;
constexpr std::uint64_t kMostQuantum = std::uint64_t{1} << 40;
constexpr std::uint32_t kMostWeight = 1000;

bool indexes_below(const wire::List<std::uint32_t>& indexes, std::size_t bound) {
  return std::ranges::all_of(indexes, [bound](std::uint32_t index) { return index < bound; });
}

/// The longest way down from each node of a graph. Every one is measured once, however many ways lead to it.
/// `each_child(node, visit)` calls `visit(child)` until it returns false, and says whether none did.
template <class EachChild>
class Nesting {
 public:
  Nesting(std::size_t count, EachChild each_child) : each_child_(std::move(each_child)), depths_(count, kUnknown) {}

  /// False when a path down from `node` is longer than `left` or comes back to itself. Recursion is as deep as `left`.
  bool fits(std::uint32_t node, unsigned left) {
    if (depths_[node] == kUnknown && !measure(node, left)) return false;
    return depths_[node] <= left;
  }

  bool all_fit(unsigned deepest) {
    for (std::uint32_t i = 0; i < depths_.size(); ++i) {
      if (!fits(i, deepest)) return false;
    }
    return true;
  }

 private:
  static constexpr unsigned kUnknown = ~0U;

  bool measure(std::uint32_t node, unsigned left) {
    unsigned depth = 0;
    const bool fit = each_child_(node, [&](std::uint32_t child) {
      if (left == 0 || !fits(child, left - 1)) return false;
      depth = std::max(depth, depths_[child] + 1);
      return true;
    });
    if (fit) depths_[node] = depth;
    return fit;
  }

  EachChild each_child_;
  std::vector<unsigned> depths_;
};

bool services_nest(const wire::List<wire::Service>& services) {
  const auto each_child = [&services](std::uint32_t service, auto visit) {
    return std::ranges::all_of(services[service].children,
                               [&visit](const wire::Child& child) { return visit(child.service); });
  };
  return Nesting(services.size(), each_child).all_fit(kDeepestService);
}

bool layers_nest(const wire::Snapshot& root) {
  const auto each_child = [&root](std::uint32_t layer, auto visit) {
    return std::ranges::all_of(root.layers[layer].routers, [&](std::uint32_t router) {
      const std::uint32_t below = root.routers[router].layer;
      return below == wire::kNone || visit(below);
    });
  };
  return Nesting(root.layers.size(), each_child).all_fit(kDeepestLayer);
}

const char* broken_entry_point(const wire::Snapshot& root, const wire::EntryPoint& entry_point) {
  if (!indexes_below(entry_point.plain_routers, root.routers.size()) ||
      !indexes_below(entry_point.tls_routers, root.routers.size())) {
    return "an entry point names a router that does not exist";
  }
  if (entry_point.tls_routers.empty()) return nullptr;
  // kNone: the options are broken, and handshakes that would need them are refused.
  const auto known = [count = root.tls_options.size()](std::uint32_t options) {
    return options < count || options == wire::kNone;
  };
  const bool hosts_known =
      std::ranges::all_of(entry_point.tls_hosts, [&](const wire::TlsHost& host) { return known(host.options); });
  if (hosts_known && known(entry_point.default_tls_options)) return nullptr;
  return "an entry point names TLS options that do not exist";
}

bool timeouts_known(const wire::Snapshot& root, std::uint32_t timeouts) {
  return timeouts == wire::kNone || timeouts < root.timeouts.size();
}

const char* broken_router(const wire::Snapshot& root, const wire::Router& router) {
  const bool leads_on = router.layer != wire::kNone;
  if (leads_on && router.layer >= root.layers.size()) return "a router names a layer that does not exist";
  if (!leads_on && router.service >= root.services.size()) return "a router names a service that does not exist";
  if (!indexes_below(router.chain, root.middlewares.size())) return "a router names a middleware that does not exist";
  if (!timeouts_known(root, router.timeouts)) return "a router names timeouts that do not exist";
  return nullptr;
}

const char* broken_health(const wire::Snapshot& root, const wire::Service& service) {
  if (service.health == wire::kNone) return nullptr;
  if (service.health >= root.health.size()) return "a service names a health check that does not exist";
  const wire::Health& health = root.health[service.health];
  if (health.mode > static_cast<std::uint8_t>(wire::ProbeMode::kGrpc)) return "a health check is of an unknown mode";
  if (!health.probes.empty() && health.probes.size() != service.servers.size()) {
    return "a health check has not one probe for each server";
  }
  return nullptr;
}

/// Values of cookies stand for servers or children that exist.
bool sticky_fits(const wire::Service& service) {
  const bool weighted = service.kind == static_cast<std::uint8_t>(wire::ServiceKind::kWeighted);
  const std::size_t candidates = weighted ? service.children.size() : service.servers.size();
  return std::ranges::all_of(service.sticky, [candidates](const wire::Sticky& sticky) {
    return sticky.current.size() == candidates &&
           std::ranges::all_of(sticky.former, [&](const wire::StickyValue& v) { return v.candidate < candidates; });
  });
}

/// What the children of a kind stand for must be there: a failover service has a main one and a fallback.
bool is_complete(const wire::Service& service) {
  switch (static_cast<wire::ServiceKind>(service.kind)) {
    case wire::ServiceKind::kMirroring:
      return !service.children.empty() && service.mirroring.size() == 1;
    case wire::ServiceKind::kFailover:
      return service.children.size() == 2 && service.failover.size() == 1;
    default:
      return true;
  }
}

const char* broken_service(const wire::Snapshot& root, const wire::Service& service) {
  if (service.kind > static_cast<std::uint8_t>(wire::ServiceKind::kFailover)) return "a service is of an unknown kind";
  if (service.strategy > static_cast<std::uint8_t>(wire::Strategy::kP2c)) return "a service has an unknown strategy";
  if (!is_complete(service)) return "a service lacks what its kind needs";
  if (!sticky_fits(service)) return "a cookie names a server that does not exist";
  if (!indexes_below(service.chain, root.middlewares.size())) return "a service names a middleware that does not exist";
  if (!timeouts_known(root, service.timeouts)) return "a service names timeouts that do not exist";
  if (!service.servers.empty() && service.transport >= root.transports.size()) {
    return "a service names a transport that does not exist";
  }
  if (const char* broken = broken_health(root, service); broken != nullptr) return broken;
  if (service.limit != wire::kNone && service.limit >= root.concurrency_limits.size()) {
    return "a service names a limit that does not exist";
  }
  const bool known = std::ranges::all_of(
      service.children, [&root](const wire::Child& child) { return child.service < root.services.size(); });
  return known ? nullptr : "a service names a service that does not exist";
}

const char* broken_limit(const wire::ConcurrencyLimit& limit) {
  if (limit.key > static_cast<std::uint8_t>(wire::LimitKey::kClaim)) return "a limit has an unknown key";
  if (limit.concurrency == 0 || limit.quantum == 0 || limit.max_keys == 0) return "a limit lets nothing through";
  const bool fits = limit.max_length <= kMostWaiting && limit.max_keys <= kMostKeys && limit.quantum <= kMostQuantum;
  if (!fits) return "a limit is out of bounds";
  const bool weighs = std::ranges::all_of(
      limit.weights, [](const wire::KeyWeight& key) { return key.weight > 0 && key.weight <= kMostWeight; });
  return weighs ? nullptr : "a limit has a weight that is out of bounds";
}

/// Everything Snapshot::verify() cannot know: that indexes stay inside their lists. Returns what is wrong, or null.
const char* broken_reference(const wire::Snapshot& root) {
  for (const wire::EntryPoint& entry_point : root.entry_points) {
    if (const char* broken = broken_entry_point(root, entry_point); broken != nullptr) return broken;
  }
  for (const wire::Router& router : root.routers) {
    if (const char* broken = broken_router(root, router); broken != nullptr) return broken;
  }
  for (const wire::Service& service : root.services) {
    if (const char* broken = broken_service(root, service); broken != nullptr) return broken;
  }
  for (const wire::ConcurrencyLimit& limit : root.concurrency_limits) {
    if (const char* broken = broken_limit(limit); broken != nullptr) return broken;
  }
  for (const wire::Layer& layer : root.layers) {
    if (!indexes_below(layer.routers, root.routers.size())) return "a layer names a router that does not exist";
  }
  if (!services_nest(root.services)) return "services are nested too deeply or in a circle";
  if (!layers_nest(root)) return "routers are nested too deeply or in a circle";
  return nullptr;
}

}  // namespace

void SnapshotBytes::Free::operator()(std::byte* bytes) const { std::free(bytes); }

std::unique_ptr<SnapshotBytes> SnapshotBytes::verify(std::span<const std::byte> bytes, std::string& fault) {
  if (bytes.size() < sizeof(wire::Snapshot)) {
    fault = "the snapshot is too short";
    return nullptr;
  }
  auto result = std::make_unique<SnapshotBytes>();
  const std::size_t rounded = (bytes.size() + 63) / 64 * 64;
  result->bytes_.reset(static_cast<std::byte*>(std::aligned_alloc(64, rounded)));
  FAIRLEAD_CHECK(result->bytes_ != nullptr);
  std::memcpy(result->bytes_.get(), bytes.data(), bytes.size());
  const wire::Snapshot& root = result->root();
  const std::byte* begin = result->bytes_.get();
  if (root.fingerprint != wire::kFingerprint) {
    fault = "the snapshot was made for another build";
  } else if (!root.verify({begin, begin + bytes.size()})) {
    fault = "the snapshot is malformed";
  } else if (const char* broken = broken_reference(root); broken != nullptr) {
    fault = broken;
  } else {
    return result;
  }
  return nullptr;
}

}  // namespace fairlead::exchange
