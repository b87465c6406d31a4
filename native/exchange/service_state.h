// What a worker remembers of services and servers while configurations come and go.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "base/local_ref.h"
#include "exchange/mirror_shares.h"
#include "exchange/plan.h"
#include "scheduler/balancer.h"
#include "upstream/pool.h"

namespace fairlead::exchange {

class ServiceRegistry;

/// What one worker remembers of one service identity: whose turn it is.
class ServiceState : public LocalCounted<ServiceState> {
 public:
  ServiceState(ServiceRegistry& registry, const wire::Service& service);
  scheduler::Balancer& balancer() { return *balancer_; }
  const scheduler::Balancer& balancer() const { return *balancer_; }
  /// Of a mirroring service.
  MirrorShares& mirror_shares() { return mirror_shares_; }
  std::uint64_t identity() const { return identity_; }
  /// Whether this is the state for `service`, perhaps of another generation.
  bool serves(const wire::Service& service) const;
  void last_reference();

 private:
  ServiceRegistry& registry_;
  std::uint64_t identity_;
  std::uint64_t key_;
  std::unique_ptr<scheduler::Balancer> balancer_;
  MirrorShares mirror_shares_;
};

/// States by identity; one lives as long as some plan of the worker names it.
class ServiceRegistry {
 public:
  LocalRef<ServiceState> find_or_create(const wire::Service& service);
  /// Calls `visit(state)` for each.
  template <class Visit>
  void each(Visit visit) {
    for (auto& [identity, state] : states_) visit(*state);
  }

 private:
  friend class ServiceState;
  std::unordered_map<std::uint64_t, std::unique_ptr<ServiceState>> states_;
};

/// A plan on one worker: the shared part, and this worker's states for it, filled in as they are first used. Held by
/// the worker while current and by each exchange that began under it.
class WorkerPlan : public LocalCounted<WorkerPlan> {
 public:
  WorkerPlan(std::shared_ptr<const Plan> plan, ServiceRegistry& services, upstream::PoolRegistry& pools,
             std::uint32_t workers);

  const Plan& plan() const { return *plan_; }
  ServiceState& service(std::uint32_t index);
  upstream::Pool& pool(std::uint32_t target);
  /// The state of the service if there is one already, else null.
  const ServiceState* find_service(std::uint32_t index) const { return services_[index].get(); }
  /// Binds the states that are alive already, so that they survive the plan that named them before.
  void adopt_states();
  void last_reference() { delete this; }

 private:
  upstream::Pool& bind_pool(std::uint32_t target, LocalRef<upstream::Pool> pool);

  std::shared_ptr<const Plan> plan_;
  ServiceRegistry& registry_;
  upstream::PoolRegistry& pool_registry_;
  std::uint32_t workers_;
  std::vector<LocalRef<ServiceState>> services_;
  std::vector<LocalRef<upstream::Pool>> pools_;
};

}  // namespace fairlead::exchange
