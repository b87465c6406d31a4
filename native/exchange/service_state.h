// What a worker remembers of services and servers while configurations come and go.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "base/local_ref.h"
#include "codec/message.h"
#include "exchange/mirror_shares.h"
#include "exchange/plan.h"
#include "exchange/retry_budget.h"
#include "scheduler/balancer.h"
#include "upstream/pool.h"

namespace fairlead::exchange {

class ServiceRegistry;

/// Whom a request comes from, for strategies that keep a client at its server: the address, the same in every process.
inline std::uint64_t client_key(const codec::Peer& peer) {
  return mix64(peer.client.ip.high ^ 0x9E3779B97F4A7C15ULL, ~peer.client.ip.low);
}

/// What one worker remembers of one service identity: whose turn it is, and what may be sent again.
class ServiceState : public LocalCounted<ServiceState> {
 public:
  /// What the balancer was told of the health of its candidates, and as of when.
  struct Told {
    std::uint64_t epoch = 0;
    std::uint64_t generation = 0;
    /// By candidate.
    std::vector<bool> available;
  };

  ServiceState(ServiceRegistry& registry, const wire::Snapshot& root, const wire::Service& service);
  scheduler::Balancer& balancer() { return *balancer_; }
  const scheduler::Balancer& balancer() const { return *balancer_; }
  Told& told() { return told_; }
  RetryBudget& retries() { return retries_; }
  /// Of a mirroring service.
  MirrorShares& mirror_shares() { return mirror_shares_; }
  std::uint64_t identity() const { return identity_; }
  /// Hash of the name: the same for the states of a service before and after a change of it.
  std::uint64_t lineage() const { return lineage_; }
  /// The how manyth state of the worker it is.
  std::uint64_t birth() const { return birth_; }
  /// Whether this is the state for `service`, perhaps of another generation.
  bool serves(const wire::Service& service) const;
  void last_reference();

 private:
  ServiceRegistry& registry_;
  std::uint64_t identity_;
  std::uint64_t key_;
  std::uint64_t lineage_;
  std::uint64_t birth_;
  std::unique_ptr<scheduler::Balancer> balancer_;
  Told told_;
  RetryBudget retries_;
  MirrorShares mirror_shares_;
};

/// States by identity; one lives as long as some plan of the worker names it.
class ServiceRegistry {
 public:
  /// Of worker `worker` of `workers`.
  explicit ServiceRegistry(std::uint32_t worker = 0, std::uint32_t workers = 1) : worker_(worker), workers_(workers) {}
  LocalRef<ServiceState> find_or_create(const wire::Snapshot& root, const wire::Service& service);
  /// Calls `visit(state)` for each.
  template <class Visit>
  void each(Visit visit) {
    for (auto& [identity, state] : states_) visit(*state);
  }

 private:
  friend class ServiceState;
  std::uint32_t worker_;
  std::uint32_t workers_;
  std::uint64_t births_ = 0;
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
  /// Asks the balancer of a service, which knows by then what can be used at this moment.
  std::uint32_t pick(std::uint32_t index, const scheduler::Ask& ask) {
    return fresh_service(index, ask.now).balancer().pick(ask);
  }
  /// The state of a service after its balancer has been told what can be used at this moment.
  ServiceState& fresh_service(std::uint32_t index, Nanos now) {
    ServiceState& state = service(index);
    // Also where health has mattered once: what an earlier plan has said must not stay.
    if (plan_->health_matters(index) || state.told().epoch != 0) tell_health(state, index, now);
    return state;
  }
  /// Whether a service can answer: a load balancer with a server that is up, or a service above one (a mirroring one: its
  /// main service); internal ones always.
  bool available(std::uint32_t index, Nanos now);
  upstream::Pool& pool(std::uint32_t target);
  /// The state of the service if there is one already, else null.
  const ServiceState* find_service(std::uint32_t index) const { return services_[index].get(); }
  /// Binds the states that are alive already, so that they survive the plan that named them before. Services that have
  /// changed inherit what their former states know of the servers that are left.
  void adopt_states(Nanos now = 0);
  void last_reference() { delete this; }

 private:
  void inherit(Nanos now);
  upstream::Pool& bind_pool(std::uint32_t target, LocalRef<upstream::Pool> pool);
  void tell_health(ServiceState& state, std::uint32_t index, Nanos now);
  bool candidate_available(std::uint32_t service, std::uint32_t candidate, Nanos now);

  std::shared_ptr<const Plan> plan_;
  ServiceRegistry& registry_;
  upstream::PoolRegistry& pool_registry_;
  std::uint32_t workers_;
  std::vector<LocalRef<ServiceState>> services_;
  std::vector<LocalRef<upstream::Pool>> pools_;
};

}  // namespace fairlead::exchange
