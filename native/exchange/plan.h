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

#include "exchange/snapshot_bytes.h"
#include "middleware/middleware.h"
#include "router/patterns.h"
#include "router/router.h"
#include "snapshot/generated/records.gen.h"
#include "tls/client.h"
#include "tls/server.h"

namespace fairlead::exchange {

/// A server that can be connected to: index in Plan::target().
struct Target {
  const wire::Server* server;
  const wire::Transport* transport;
  const tls::ClientContext* tls;  // null for clear text
};

/// The middlewares of a router or service, in request order.
using Chain = std::span<const middleware::Middleware* const>;

/// Memory of middlewares that survives reloads, by identity. Builder thread only; the states themselves are
/// thread-safe.
class SharedStates {
 public:
  std::shared_ptr<middleware::SharedState> find(std::uint64_t identity) const;
  void keep(std::uint64_t identity, std::shared_ptr<middleware::SharedState> state);
  /// Forgets what no plan holds any more.
  void sweep();

 private:
  std::unordered_map<std::uint64_t, std::weak_ptr<middleware::SharedState>> states_;
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
  const tls::ServerContext* server_tls(std::uint32_t entry_point) const { return entry_points_[entry_point].tls.get(); }
  Chain router_chain(std::uint32_t router) const { return router_chains_[router]; }
  Chain service_chain(std::uint32_t service) const { return service_chains_[service]; }
  /// Targets of a load balancer start here, in the order of its servers.
  std::uint32_t first_target(std::uint32_t service) const { return first_target_[service]; }
  const Target& target(std::uint32_t index) const { return targets_[index]; }
  std::uint32_t target_count() const { return static_cast<std::uint32_t>(targets_.size()); }
  /// The service of that identity, or wire::kNone.
  std::uint32_t find_service(std::uint64_t identity) const;
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
  std::vector<std::unique_ptr<middleware::Middleware>> middlewares_;
  std::vector<const middleware::Middleware*> chain_storage_;
  std::vector<Chain> router_chains_;
  std::vector<Chain> service_chains_;
  std::vector<std::unique_ptr<tls::ClientContext>> client_tls_;
  std::vector<Target> targets_;
  std::vector<std::uint32_t> first_target_;
  std::unordered_map<std::uint64_t, std::uint32_t> service_index_;
  std::unordered_map<std::uint64_t, std::uint32_t> target_index_;
  std::vector<std::shared_ptr<middleware::SharedState>> kept_states_;
};

}  // namespace fairlead::exchange
