#include "exchange/service_state.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/hash.h"

namespace fairlead::exchange {
namespace {

/// What `service` chooses from: only services without servers have children.
std::uint32_t candidates_of(const wire::Service& service) { return service.children.size() + service.servers.size(); }

/// Two services that call themselves the same but have another number of candidates get two states: an index that one
/// balancer picks must exist in the lists of whoever asked.
std::uint64_t key_of(const wire::Service& service) {
  return service.identity + candidates_of(service) * 0x9E3779B97F4A7C15ULL;
}

/// Candidates in their order, with keys made of what they are called. The seed is fixed: instances of a cluster, and one
/// after its restart, give a client the same server.
class Candidates {
 public:
  void add(std::string_view name, std::uint32_t weight) {
    constexpr std::uint64_t kSeed = 0x66616972'6c656164;
    const std::uint64_t key = hash_bytes(name, kSeed);
    // One that is listed twice is two.
    all_.push_back({weight, key + 0x9E3779B97F4A7C15ULL * times_[key]++});
  }
  std::span<const scheduler::Candidate> all() const { return all_; }

 private:
  std::vector<scheduler::Candidate> all_;
  std::unordered_map<std::uint64_t, std::uint64_t> times_;
};

std::unique_ptr<scheduler::Balancer> balancer_of(const wire::Snapshot& root, const wire::Service& service,
                                                 const scheduler::Settings& settings) {
  Candidates candidates;
  if (!service.children.empty()) {
    for (const wire::Child& child : service.children) candidates.add(root.services[child.service].name, child.weight);
  } else {
    for (const wire::Server& server : service.servers) candidates.add(server.url, server.weight);
  }
  return scheduler::make_balancer(static_cast<wire::Strategy>(service.strategy), candidates.all(), settings);
}

}  // namespace

ServiceState::ServiceState(ServiceRegistry& registry, const wire::Snapshot& root, const wire::Service& service)
    : registry_(registry),
      identity_(service.identity),
      key_(key_of(service)),
      lineage_(Plan::lineage(service)),
      birth_(++registry.births_),
      balancer_(balancer_of(root, service,
                            {.slow_start = service.slow_start,
                             .worker = registry.worker_,
                             .workers = registry.workers_,
                             .seed = mix64(hash_seed(), registry.worker_ + registry.births_)})),
      mirror_shares_(service.children) {
  told_.available.resize(candidates_of(service), true);
}

bool ServiceState::serves(const wire::Service& service) const {
  return service.identity == identity_ && key_of(service) == key_;
}

void ServiceState::last_reference() { registry_.states_.erase(key_); }

LocalRef<ServiceState> ServiceRegistry::find_or_create(const wire::Snapshot& root, const wire::Service& service) {
  std::unique_ptr<ServiceState>& slot = states_[key_of(service)];
  if (slot == nullptr) slot = std::make_unique<ServiceState>(*this, root, service);
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
  if (!slot) slot = registry_.find_or_create(plan_->snapshot(), plan_->snapshot().services[index]);
  return *slot;
}

bool WorkerPlan::candidate_available(std::uint32_t service, std::uint32_t candidate, Nanos now) {
  const wire::Service& config = plan_->snapshot().services[service];
  if (!config.children.empty()) {
    const wire::Child& child = config.children[candidate];
    // Other kinds look at every child, or count what it is due.
    const bool used = child.weight > 0 || config.kind != static_cast<std::uint8_t>(wire::ServiceKind::kWeighted);
    return used && available(child.service, now);
  }
  const Watched* const watched = plan_->watched(service);
  return watched == nullptr || watched->servers[candidate]->up();
}

/// What is known of children is asked for once per change, however many ways lead to one.
bool WorkerPlan::available(std::uint32_t index, Nanos now) {
  const wire::Service& service = plan_->snapshot().services[index];
  switch (static_cast<wire::ServiceKind>(service.kind)) {
    case wire::ServiceKind::kLoadBalancer:
    case wire::ServiceKind::kWeighted:
    case wire::ServiceKind::kFailover: {
      const std::vector<bool>& candidates = fresh_service(index, now).told().available;
      return std::find(candidates.begin(), candidates.end(), true) != candidates.end();
    }
    case wire::ServiceKind::kMirroring:
      return fresh_service(index, now).told().available[0];
    case wire::ServiceKind::kPing:
    case wire::ServiceKind::kReady:
    case wire::ServiceKind::kNoop:
      break;
  }
  return true;
}

/// Compares only when something has changed anywhere, or another plan has used the state in between: then what that one
/// knows of its candidates need not be what this one does.
void WorkerPlan::tell_health(ServiceState& state, std::uint32_t index, Nanos now) {
  ServiceState::Told& told = state.told();
  const std::uint64_t epoch = plan_->health_epoch();
  const std::uint64_t generation = plan_->snapshot().generation;
  if (told.epoch == epoch && told.generation == generation) return;
  told.epoch = epoch;
  told.generation = generation;
  for (std::uint32_t i = 0; i < told.available.size(); ++i) {
    const bool available = candidate_available(index, i, now);
    if (available == told.available[i]) continue;
    told.available[i] = available;
    state.balancer().set_available(i, available, now);
  }
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

void WorkerPlan::adopt_states(Nanos now) {
  registry_.each([this](ServiceState& state) {
    const std::uint32_t index = plan_->find_service(state.identity());
    if (index == wire::kNone || !state.serves(plan_->snapshot().services[index])) return;
    services_[index] = LocalRef<ServiceState>(&state);
  });
  inherit(now);
  pool_registry_.each([this](upstream::Pool& pool) {
    const std::uint32_t target = plan_->find_target(pool.identity());
    if (target != wire::kNone) bind_pool(target, LocalRef<upstream::Pool>(&pool));
  });
}

/// States of services that look back are made at once rather than with their first request: who is new is known now.
void WorkerPlan::inherit(Nanos now) {
  if (plan_->looking_back().empty()) return;
  std::unordered_map<std::uint64_t, ServiceState*> latest;
  registry_.each([&latest](ServiceState& state) {
    ServiceState*& slot = latest[state.lineage()];
    if (slot == nullptr || slot->birth() < state.birth()) slot = &state;
  });
  for (const std::uint32_t index : plan_->looking_back()) {
    if (services_[index]) continue;
    const auto former = latest.find(Plan::lineage(plan_->snapshot().services[index]));
    ServiceState& fresh = service(index);
    if (former != latest.end()) fresh.balancer().inherit(former->second->balancer(), now);
  }
}

}  // namespace fairlead::exchange
