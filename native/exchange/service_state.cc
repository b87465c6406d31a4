#include "exchange/service_state.h"

#include <algorithm>
#include <utility>

namespace fairlead::exchange {
namespace {

bool is_weighted(const wire::Service& service) {
  return static_cast<wire::ServiceKind>(service.kind) == wire::ServiceKind::kWeighted;
}

/// What `service` chooses from: only services without servers have children.
std::uint32_t candidates_of(const wire::Service& service) { return service.children.size() + service.servers.size(); }

/// Two services that call themselves the same but have another number of candidates get two states: an index that one
/// balancer picks must exist in the lists of whoever asked.
std::uint64_t key_of(const wire::Service& service) {
  return service.identity + candidates_of(service) * 0x9E3779B97F4A7C15ULL;
}

std::unique_ptr<scheduler::Balancer> balancer_of(const wire::Service& service) {
  std::vector<scheduler::Candidate> candidates;
  if (is_weighted(service)) {
    for (const wire::Child& child : service.children) candidates.push_back({child.weight});
  } else {
    for (const wire::Server& server : service.servers) candidates.push_back({server.weight});
  }
  return scheduler::make_balancer(static_cast<wire::Strategy>(service.strategy), candidates);
}

}  // namespace

ServiceState::ServiceState(ServiceRegistry& registry, const wire::Service& service)
    : registry_(registry),
      identity_(service.identity),
      key_(key_of(service)),
      balancer_(balancer_of(service)),
      mirror_shares_(service.children) {}

bool ServiceState::serves(const wire::Service& service) const {
  return service.identity == identity_ && key_of(service) == key_;
}

void ServiceState::last_reference() { registry_.states_.erase(key_); }

LocalRef<ServiceState> ServiceRegistry::find_or_create(const wire::Service& service) {
  std::unique_ptr<ServiceState>& slot = states_[key_of(service)];
  if (slot == nullptr) slot = std::make_unique<ServiceState>(*this, service);
  return LocalRef<ServiceState>(slot.get());
}

WorkerPlan::WorkerPlan(std::shared_ptr<const Plan> plan, ServiceRegistry& services, upstream::PoolRegistry& pools,
                       std::uint32_t workers)
    : plan_(std::move(plan)),
      registry_(services),
      pool_registry_(pools),
      workers_(workers),
      services_(plan_->snapshot().services.size()),
      pools_(plan_->target_count()) {}

ServiceState& WorkerPlan::service(std::uint32_t index) {
  LocalRef<ServiceState>& slot = services_[index];
  if (!slot) slot = registry_.find_or_create(plan_->snapshot().services[index]);
  return *slot;
}

upstream::Pool& WorkerPlan::pool(std::uint32_t target) {
  LocalRef<upstream::Pool>& slot = pools_[target];
  if (slot) return *slot;
  return bind_pool(target, pool_registry_.find_or_create(plan_->target(target).server->identity));
}

// A server's limit on idle connections is for the whole process; each worker gets its share, at least one.
upstream::Pool& WorkerPlan::bind_pool(std::uint32_t target, LocalRef<upstream::Pool> pool) {
  const wire::Transport& transport = *plan_->target(target).transport;
  const std::int64_t limit = transport.max_idle_conns_per_host;
  const std::int64_t share = limit <= 0 ? 0 : std::max<std::int64_t>(1, (limit + workers_ - 1) / workers_);
  pool->configure(static_cast<std::uint32_t>(std::min<std::int64_t>(share, 1 << 20)), transport.idle_conn_timeout);
  pools_[target] = std::move(pool);
  return *pools_[target];
}

void WorkerPlan::adopt_states() {
  registry_.each([this](ServiceState& state) {
    const std::uint32_t index = plan_->find_service(state.identity());
    if (index == wire::kNone || !state.serves(plan_->snapshot().services[index])) return;
    services_[index] = LocalRef<ServiceState>(&state);
  });
  pool_registry_.each([this](upstream::Pool& pool) {
    const std::uint32_t target = plan_->find_target(pool.identity());
    if (target != wire::kNone) bind_pool(target, LocalRef<upstream::Pool>(&pool));
  });
}

}  // namespace fairlead::exchange
