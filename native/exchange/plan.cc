#include "exchange/plan.h"

#include <algorithm>
#include <utility>

#include "middleware/generated/factory.gen.h"

namespace fairlead::exchange {
namespace {

/// Whether what is known of its servers matters to the next configuration of a service: how new they are, or how busy.
bool looks_back(const wire::Service& service) {
  switch (static_cast<wire::Strategy>(service.strategy)) {
    case wire::Strategy::kLeastconn:
    case wire::Strategy::kLeasttime:
    case wire::Strategy::kP2c:
      return true;
    case wire::Strategy::kDrr:
    case wire::Strategy::kHrw:
    case wire::Strategy::kWrr:
      return service.slow_start > 0;
  }
  return false;
}

}  // namespace

std::shared_ptr<middleware::SharedState> SharedStates::find(std::uint64_t identity) const {
  const auto found = states_.find(identity);
  return found == states_.end() ? nullptr : found->second.lock();
}

void SharedStates::keep(std::uint64_t identity, const std::shared_ptr<middleware::SharedState>& state) {
  states_[identity] = state;
}

std::shared_ptr<Limit> SharedStates::limit(const wire::ConcurrencyLimit& settings, std::uint64_t generation) {
  std::weak_ptr<Limit>& slot = limits_[settings.identity];
  std::shared_ptr<Limit> limit = slot.lock();
  if (limit == nullptr) slot = limit = std::make_shared<Limit>(settings, generation);
  return limit;
}

void SharedStates::sweep() {
  std::erase_if(states_, [](const auto& entry) { return entry.second.expired(); });
  std::erase_if(limits_, [](const auto& entry) { return entry.second.expired(); });
}

/// Fills a plan step by step. Also what middlewares see of their surroundings while they are built.
class Plan::Builder final : public middleware::BuildContext {
 public:
  Builder(Plan& plan, const PlanContext& context, std::vector<std::string>& faults)
      : plan_(plan), root_(plan.snapshot()), context_(context), faults_(faults) {}

  bool build() {
    plan_.patterns_ = std::make_unique<router::Patterns>(root_.patterns);
    build_client_tls();
    build_targets();
    build_health();
    build_limits();
    build_middlewares();
    build_chains();
    return build_layers() && build_entry_points();
  }

  std::shared_ptr<middleware::SharedState> find_state(std::uint64_t identity) const override {
    std::shared_ptr<middleware::SharedState> state = context_.states.find(identity);
    if (state != nullptr) plan_.kept_states_.push_back(state);
    return state;
  }
  void keep_state(std::uint64_t identity, const std::shared_ptr<middleware::SharedState>& state) const override {
    plan_.kept_states_.push_back(state);
    context_.states.keep(identity, state);
  }
  std::uint32_t add_fetch_target(const wire::Server& server, const wire::Transport& transport) const override {
    const tls::ClientContext* tls = nullptr;
    if (server.tls) {
      plan_.client_tls_.push_back(tls::make_client_context(transport, faults_));
      tls = plan_.client_tls_.back().get();
    }
    const auto index = static_cast<std::uint32_t>(plan_.targets_.size());
    plan_.target_index_.emplace(server.identity, index);
    plan_.targets_.push_back({&server, &transport, tls});
    return index;
  }

 private:
  // Only transports that some https server uses need TLS; parsing a system trust store is not free.
  void build_client_tls() {
    std::vector<bool> needed(root_.transports.size());
    for (const wire::Service& service : root_.services) {
      for (const wire::Server& server : service.servers) {
        if (server.tls) needed[service.transport] = true;
      }
      if (may_probe_by_tls(service)) needed[service.transport] = true;
    }
    plan_.client_tls_.resize(root_.transports.size());
    for (std::size_t i = 0; i < needed.size(); ++i) {
      if (needed[i]) plan_.client_tls_[i] = tls::make_client_context(root_.transports[i], faults_);
    }
  }

  bool may_probe_by_tls(const wire::Service& service) const {
    if (service.health == wire::kNone) return false;
    const wire::Health& health = root_.health[service.health];
    if (health.follow_redirects && !health.probes.empty()) return true;
    return std::any_of(health.probes.begin(), health.probes.end(),
                       [](const wire::Probe& probe) -> bool { return probe.server.tls; });
  }

  void build_targets() {
    plan_.first_target_.reserve(root_.services.size());
    for (std::uint32_t i = 0; i < root_.services.size(); ++i) {
      const wire::Service& service = root_.services[i];
      plan_.first_target_.push_back(static_cast<std::uint32_t>(plan_.targets_.size()));
      plan_.service_index_.emplace(service.identity, i);
      if (looks_back(service)) plan_.looking_back_.push_back(i);
      if (!service.sticky.empty()) {
        plan_.sticky_.resize(i + 1);
        plan_.sticky_[i] = std::make_unique<scheduler::Sticky>(service.sticky[0]);
      }
      for (const wire::Server& server : service.servers) {
        plan_.target_index_.emplace(server.identity, static_cast<std::uint32_t>(plan_.targets_.size()));
        const tls::ClientContext* tls = server.tls ? plan_.client_tls_[service.transport].get() : nullptr;
        plan_.targets_.push_back({&server, &root_.transports[service.transport], tls});
      }
    }
  }

  void build_health() {
    plan_.health_epoch_ = context_.states.health_epoch();
    plan_.watched_.resize(root_.services.size());
    plan_.health_matters_.resize(root_.services.size());
    for (std::uint32_t i = 0; i < root_.services.size(); ++i) {
      const wire::Service& service = root_.services[i];
      plan_.health_matters_[i] = service.health != wire::kNone || is_empty(service);
      if (service.health == wire::kNone) continue;
      plan_.watched_services_.push_back(i);
      const wire::Health& config = root_.health[service.health];
      std::shared_ptr<SharedHealth> shared = health_state(service, config);
      plan_.watched_[i] = std::make_unique<Watched>(Watched{&config, shared, shared->health.servers(service.servers)});
    }
    spread_health();
  }

  /// A load balancer without servers is never available.
  static bool is_empty(const wire::Service& service) {
    return static_cast<wire::ServiceKind>(service.kind) == wire::ServiceKind::kLoadBalancer && service.servers.empty();
  }

  std::shared_ptr<SharedHealth> health_state(const wire::Service& service, const wire::Health& config) {
    auto shared = std::static_pointer_cast<SharedHealth>(find_state(config.identity));
    if (shared == nullptr) {
      shared = std::make_shared<SharedHealth>(service, config, plan_.health_epoch_);
      keep_state(config.identity, shared);
    }
    return shared;
  }

  /// What holds for a service holds for those that choose it. They nest kDeepestService deep, and so this ends.
  void spread_health() {
    for (bool grows = true; grows;) {
      grows = false;
      for (std::uint32_t i = 0; i < root_.services.size(); ++i) {
        if (plan_.health_matters_[i]) continue;
        const bool below = std::any_of(root_.services[i].children.begin(), root_.services[i].children.end(),
                                       [&](const wire::Child& child) { return plan_.health_matters_[child.service]; });
        plan_.health_matters_[i] = below;
        grows = grows || below;
      }
    }
  }

  void build_limits() {
    plan_.limits_.reserve(root_.concurrency_limits.size());
    for (const wire::ConcurrencyLimit& settings : root_.concurrency_limits) {
      plan_.limits_.push_back({&settings, context_.states.limit(settings, root_.generation)});
    }
  }

  void build_middlewares() {
    plan_.middlewares_.reserve(root_.middlewares.size());
    for (const wire::MiddlewareRef& ref : root_.middlewares) {
      std::unique_ptr<middleware::Middleware> built = middleware::create(ref, root_.configs, *this);
      const std::string_view fault = built == nullptr ? "is of an unknown kind" : built->fault();
      if (!fault.empty()) {
        faults_.push_back("middleware \"" + std::string(ref.name.view()) + "\" " + std::string(fault));
      }
      plan_.middlewares_.push_back(std::move(built));
    }
  }

  void build_chains() {
    std::size_t links = 0;
    for (const wire::Router& router : root_.routers) links += router.chain.size();
    for (const wire::Service& service : root_.services) links += service.chain.size();
    plan_.chain_storage_.reserve(links);  // spans into it stay valid
    for (const wire::Router& router : root_.routers) plan_.router_chains_.push_back(chain_of(router.chain));
    for (const wire::Service& service : root_.services) plan_.service_chains_.push_back(chain_of(service.chain));
  }

  Chain chain_of(const wire::List<std::uint32_t>& indexes) {
    const std::size_t first = plan_.chain_storage_.size();
    for (const std::uint32_t index : indexes) plan_.chain_storage_.push_back(plan_.middlewares_[index].get());
    return {plan_.chain_storage_.data() + first, indexes.size()};
  }

  bool build_layers() {
    plan_.layers_.reserve(root_.layers.size());
    for (const wire::Layer& layer : root_.layers) {
      plan_.layers_.push_back(routes_of(layer.routers));
      if (plan_.layers_.back() == nullptr) return false;
    }
    return true;
  }

  bool build_entry_points() {
    for (const wire::EntryPoint& wire : root_.entry_points) {
      EntryPoint& built = plan_.entry_points_.emplace_back();
      built.plain_routes = routes_of(wire.plain_routers);
      built.tls_routes = routes_of(wire.tls_routers);
      if (built.plain_routes == nullptr || built.tls_routes == nullptr) return false;
      if (wire.tls_routers.empty()) continue;
      built.tls = tls::make_server_context(root_, wire, context_.ticket_keys, previous_tls(wire), faults_);
    }
    return true;
  }

  std::unique_ptr<router::Router> routes_of(const wire::List<std::uint32_t>& order) {
    return router::Router::build({root_.routers, order, *plan_.patterns_, root_.ranges}, faults_);
  }

  // What to share certificates with: an entry point of this plan, else the same one of the plan before.
  const tls::ServerContext* previous_tls(const wire::EntryPoint& wire) const {
    for (const EntryPoint& sibling : plan_.entry_points_) {
      if (sibling.tls != nullptr) return sibling.tls.get();
    }
    if (context_.previous == nullptr) return nullptr;
    const wire::Snapshot& before = context_.previous->snapshot();
    for (std::uint32_t i = 0; i < before.entry_points.size(); ++i) {
      if (before.entry_points[i].name.view() == wire.name.view()) return context_.previous->server_tls(i);
    }
    return nullptr;
  }

  Plan& plan_;
  const wire::Snapshot& root_;
  const PlanContext& context_;
  std::vector<std::string>& faults_;
};

Plan::~Plan() = default;

std::unique_ptr<Plan> Plan::build(std::unique_ptr<SnapshotBytes> bytes, const PlanContext& context,
                                  std::vector<std::string>& faults) {
  std::unique_ptr<Plan> plan(new Plan);
  plan->bytes_ = std::move(bytes);
  if (!Builder(*plan, context, faults).build()) return nullptr;
  return plan;
}

std::uint32_t Plan::find_service(std::uint64_t identity) const {
  const auto found = service_index_.find(identity);
  return found == service_index_.end() ? wire::kNone : found->second;
}

std::uint32_t Plan::find_target(std::uint64_t identity) const {
  const auto found = target_index_.find(identity);
  return found == target_index_.end() ? wire::kNone : found->second;
}

}  // namespace fairlead::exchange
