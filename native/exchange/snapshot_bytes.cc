#include "exchange/snapshot_bytes.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "base/assert.h"

namespace fairlead::exchange {
namespace {

bool indexes_below(const wire::List<std::uint32_t>& indexes, std::size_t bound) {
  return std::ranges::all_of(indexes, [bound](std::uint32_t index) { return index < bound; });
}

/// The longest way down from each service. Every one is measured once, however many ways lead to it.
class Nesting {
 public:
  explicit Nesting(const wire::List<wire::Service>& services)
      : services_(services), depths_(services.size(), kUnknown) {}

  /// False when a path down from `service` is longer than `left` or comes back to itself. Recursion is as deep as `left`.
  bool fits(std::uint32_t service, unsigned left) {
    if (depths_[service] == kUnknown && !measure(service, left)) return false;
    return depths_[service] <= left;
  }

 private:
  static constexpr unsigned kUnknown = ~0U;

  bool measure(std::uint32_t service, unsigned left) {
    unsigned depth = 0;
    for (const wire::Child& child : services_[service].children) {
      if (left == 0 || !fits(child.service, left - 1)) return false;
      depth = std::max(depth, depths_[child.service] + 1);
    }
    depths_[service] = depth;
    return true;
  }

  const wire::List<wire::Service>& services_;
  std::vector<unsigned> depths_;
};

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

const char* broken_router(const wire::Snapshot& root, const wire::Router& router) {
  if (router.service >= root.services.size()) return "a router names a service that does not exist";
  if (!indexes_below(router.chain, root.middlewares.size())) return "a router names a middleware that does not exist";
  return nullptr;
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
  if (service.strategy > static_cast<std::uint8_t>(wire::Strategy::kWrr)) return "a service has an unknown strategy";
  if (!is_complete(service)) return "a service lacks what its kind needs";
  if (!indexes_below(service.chain, root.middlewares.size())) return "a service names a middleware that does not exist";
  if (!service.servers.empty() && service.transport >= root.transports.size()) {
    return "a service names a transport that does not exist";
  }
  const bool known = std::ranges::all_of(
      service.children, [&root](const wire::Child& child) { return child.service < root.services.size(); });
  return known ? nullptr : "a service names a service that does not exist";
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
  Nesting nesting(root.services);
  for (std::uint32_t i = 0; i < root.services.size(); ++i) {
    if (!nesting.fits(i, kDeepestService)) return "services are nested too deeply or in a circle";
  }
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
