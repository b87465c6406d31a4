// A snapshot made runnable: routers indexed, middlewares built, TLS contexts prepared. Immutable and shared by all
// workers; in-flight exchanges keep the plan they began under.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "exchange/limit.h"
#include "exchange/snapshot_bytes.h"
#include "middleware/middleware.h"
#include "router/patterns.h"
#include "router/router.h"
#include "scheduler/sticky.h"
#include "snapshot/generated/records.gen.h"
#include "tls/client.h"
#include "tls/server.h"
#include "upstream/health.h"

namespace fairlead::exchange {

/// A server that can be connected to: index in Plan::target().
struct Target {
  const wire::Server* server;
  const wire::Transport* transport;
  const tls::ClientContext* tls;  // null for clear text
};

/// A limit of the snapshot, and the account that keeps it: index in Plan::limits().
struct ServiceLimit {
  const wire::ConcurrencyLimit* settings;
  std::shared_ptr<Limit> account;
};

/// The middlewares of a router or service, in request order.
using Chain = std::span<const middleware::Middleware* const>;

/// The health of one service as a state that survives reloads.
class SharedHealth final : public middleware::SharedState {
 public:
  SharedHealth(const wire::Service& service, const wire::Health& config, std::shared_ptr<upstream::HealthEpoch> epoch)
      : health(service.name, upstream::HealthRules(config), std::move(epoch)) {}
  upstream::ServiceHealth health;
};

/// A load balancer whose servers are watched.
struct Watched {
  const wire::Health* config;
  std::shared_ptr<SharedHealth> shared;
  /// In the order of the servers of the service.
  std::vector<std::shared_ptr<upstream::ServerHealth>> servers;

  upstream::ServiceHealth& health() const { return shared->health; }
};

/// Memory of middlewares and services that survives reloads, by identity. Builder thread only; the states themselves are
/// thread-safe.
class SharedStates {
 public:
  /// Counts every change of the health of a server.
  const std::shared_ptr<upstream::HealthEpoch>& health_epoch() const { return health_epoch_; }
  std::shared_ptr<middleware::SharedState> find(std::uint64_t identity) const;
  void keep(std::uint64_t identity, const std::shared_ptr<middleware::SharedState>& state);
  /// The account of a limit; with these settings when it is new, else with those that serve.
  std::shared_ptr<Limit> limit(const wire::ConcurrencyLimit& settings, std::uint64_t generation);
  /// Forgets what no plan holds any more.
  void sweep();

 private:
  std::shared_ptr<upstream::HealthEpoch> health_epoch_ = std::make_shared<upstream::HealthEpoch>(1);
  std::unordered_map<std::uint64_t, std::weak_ptr<middleware::SharedState>> states_;
  std::unordered_map<std::uint64_t, std::weak_ptr<Limit>> limits_;
};

/// What building a plan may use and leave behind.
struct PlanContext {
  SharedStates& states;
  std::shared_ptr<tls::TicketKeys> ticket_keys;
  const class Plan* previous;
};

class Plan {
 public:
  /// Null when the snapshot is not usable at all; `faults` tells why, and of single objects that cannot run (their
  /// routers answer 500 or are left out).
  static std::unique_ptr<Plan> build(std::unique_ptr<SnapshotBytes> bytes, const PlanContext& context,
                                     std::vector<std::string>& faults);
  ~Plan();
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  const wire::Snapshot& snapshot() const { return bytes_->root(); }
  const router::Router& routes(std::uint32_t entry_point, bool tls) const {
    return *(tls ? entry_points_[entry_point].tls_routes : entry_points_[entry_point].plain_routes);
  }
  /// The routers below one with that layer.
  const router::Router& layer(std::uint32_t index) const { return *layers_[index]; }
  const tls::ServerContext* server_tls(std::uint32_t entry_point) const { return entry_points_[entry_point].tls.get(); }
  Chain router_chain(std::uint32_t router) const { return router_chains_[router]; }
  Chain service_chain(std::uint32_t service) const { return service_chains_[service]; }
  /// Targets of a load balancer start here, in the order of its servers.
  std::uint32_t first_target(std::uint32_t service) const { return first_target_[service]; }
  const Target& target(std::uint32_t index) const { return targets_[index]; }
  std::uint32_t target_count() const { return static_cast<std::uint32_t>(targets_.size()); }
  /// How the servers of a service are watched; null when they are not.
  const Watched* watched(std::uint32_t service) const { return watched_[service].get(); }
  /// Services whose servers are watched.
  std::span<const std::uint32_t> watched_services() const { return watched_services_; }
  /// For probes, which may be redirected to https; null when the settings of the service's transport are broken.
  const tls::ClientContext* probe_tls(std::uint32_t service) const {
    return client_tls_[snapshot().services[service].transport].get();
  }
  /// Whether what the service can choose from may come and go: its servers, or those of a service below it.
  bool health_matters(std::uint32_t service) const { return health_matters_[service]; }
  /// Goes up whenever the health of a server changes.
  std::uint64_t health_epoch() const { return health_epoch_->load(std::memory_order_acquire); }
  /// In the order of the snapshot's, to which services point.
  std::span<const ServiceLimit> limits() const { return limits_; }
  /// The service of that identity, or wire::kNone.
  std::uint32_t find_service(std::uint64_t identity) const;
  /// The cookie of a service that keeps its clients, else null.
  const scheduler::Sticky* sticky(std::uint32_t service) const {
    return service < sticky_.size() ? sticky_[service].get() : nullptr;
  }
  /// Services whose balancers want to know what was before a change of theirs.
  std::span<const std::uint32_t> looking_back() const { return looking_back_; }
  /// What a service is recognised by although it has changed.
  static std::uint64_t lineage(const wire::Service& service) { return hash_bytes(service.name); }
  /// A target of that server identity, or wire::kNone.
  std::uint32_t find_target(std::uint64_t identity) const;

 private:
  struct EntryPoint {
    std::unique_ptr<router::Router> plain_routes;
    std::unique_ptr<router::Router> tls_routes;
    std::unique_ptr<tls::ServerContext> tls;
  };
  class Builder;

  Plan() = default;

  std::unique_ptr<SnapshotBytes> bytes_;
  std::unique_ptr<router::Patterns> patterns_;
  std::vector<EntryPoint> entry_points_;
  std::vector<std::unique_ptr<router::Router>> layers_;
  std::vector<std::unique_ptr<middleware::Middleware>> middlewares_;
  std::vector<const middleware::Middleware*> chain_storage_;
  std::vector<Chain> router_chains_;
  std::vector<Chain> service_chains_;
  std::vector<std::unique_ptr<tls::ClientContext>> client_tls_;
  std::vector<Target> targets_;
  std::vector<std::uint32_t> first_target_;
  std::vector<std::unique_ptr<Watched>> watched_;
  std::vector<std::uint32_t> watched_services_;
  std::vector<bool> health_matters_;
  std::shared_ptr<upstream::HealthEpoch> health_epoch_;
  std::vector<ServiceLimit> limits_;
  std::unordered_map<std::uint64_t, std::uint32_t> service_index_;
  std::vector<std::uint32_t> looking_back_;
  /// By service, up to the last one that has one.
  std::vector<std::unique_ptr<const scheduler::Sticky>> sticky_;
  std::unordered_map<std::uint64_t, std::uint32_t> target_index_;
  std::vector<std::shared_ptr<middleware::SharedState>> kept_states_;
};

}  // namespace fairlead::exchange
