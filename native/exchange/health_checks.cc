#include "exchange/health_checks.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/hash.h"
#include "exchange/worker.h"
#include "loop/unless_late.h"
#include "upstream/grpc_probe.h"

namespace fairlead::exchange {

using stats::Counter;
using upstream::HealthCause;
using upstream::HealthChange;
using upstream::ProbeResult;

/// Probes one server for as long as it lives. Between two probes it holds no plan.
class HealthChecks::Check {
 public:
  Check(HealthChecks& owner, std::shared_ptr<SharedHealth> shared, std::shared_ptr<upstream::ServerHealth> server)
      : owner_(owner), shared_(std::move(shared)), server_(std::move(server)) {}

  /// Where the current plan has the server.
  void place(std::uint32_t service, std::uint32_t index, std::uint64_t adoption) {
    service_ = service;
    index_ = index;
    adoption_ = adoption;
  }
  std::uint64_t adoption() const { return adoption_; }
  void start() {
    task_ = run();
    task_.start();
  }

 private:
  loop::Task<void> run();
  loop::Task<ProbeResult> probe();
  Nanos pause(std::uint64_t fraction) const;
  void judge(const ProbeResult& result);
  const wire::Health& config() const { return *owner_.worker_.plan->plan().watched(service_)->config; }

  HealthChecks& owner_;
  const std::shared_ptr<SharedHealth> shared_;
  const std::shared_ptr<upstream::ServerHealth> server_;
  std::uint32_t service_ = 0;
  std::uint32_t index_ = 0;
  std::uint64_t adoption_ = 0;
  loop::Task<void> task_;
};

loop::Task<void> HealthChecks::Check::run() {
  loop::Loop& loop = owner_.worker_.loop;
  Nanos started = loop.now();
  for (;;) {
    const std::uint64_t fraction = owner_.fraction();
    // From start to start. Requests may take the server down in the middle of a long pause, and then it is a short one.
    for (Nanos due; (due = started + pause(fraction)) > loop.now();) {
      co_await loop::SleepUntil(loop, std::min(due, loop.now() + config().unhealthy_interval));
    }
    started = loop.now();
    const ProbeResult result = co_await probe();
    judge(result);
  }
}

/// The pause that the state of the server asks for, less up to a tenth, so that what began together does not stay together.
Nanos HealthChecks::Check::pause(std::uint64_t fraction) const {
  const Nanos interval = server_->up() ? config().interval : config().unhealthy_interval;
  return std::max<Nanos>(interval - interval / (10 * kFractions) * fraction, kMillisecond);
}

/// Within the time limit. The plan that it began under is kept for so long.
loop::Task<ProbeResult> HealthChecks::Check::probe() {
  Worker& worker = owner_.worker_;
  const LocalRef<WorkerPlan> plan = worker.plan;
  const wire::Health& health = config();
  const Target& target = plan->plan().target(plan->plan().first_target(service_) + index_);
  const upstream::ProbeContext context{{worker.loop, worker.scratch, worker.resolver, worker.counters},
                                       worker.buffers,
                                       worker.pools,
                                       *target.transport,
                                       plan->plan().probe_tls(service_)};
  const bool grpc = static_cast<wire::ProbeMode>(health.mode) == wire::ProbeMode::kGrpc;
  loop::Task<ProbeResult> task = grpc ? upstream::probe_grpc(context, health.probes[index_])
                                      : upstream::probe_http(context, health, health.probes[index_]);
  const bool ended = co_await loop::UnlessLate<ProbeResult>(worker.loop, task, worker.loop.now() + health.timeout);
  if (ended) {
    ProbeResult result = task.take();
    co_return result;
  }
  task.cancel();
  const std::string limit = std::to_string(health.timeout / kMillisecond);
  co_return ProbeResult{false, "no answer within " + limit + " ms", false};
}

void HealthChecks::Check::judge(const ProbeResult& result) {
  owner_.worker_.counters.add(Counter::kHealthChecks);
  if (!result.passed) owner_.worker_.counters.add(Counter::kHealthChecksFailed);
  if (result.says_nothing) return;
  const std::optional<HealthChange> change = shared_->health.probed(*server_, result.passed, result.error);
  if (change) owner_.changed(shared_->health, *change);
}

HealthChecks::HealthChecks(Worker& worker) : worker_(worker), random_(random_bits()) {}

HealthChecks::~HealthChecks() { stop(); }

void HealthChecks::stop() {
  checks_.clear();
  readmissions_.clear();
}

void HealthChecks::adopt() {
  ++adoptions_;
  for (const std::uint32_t service : worker_.plan->plan().watched_services()) adopt_service(service);
  std::erase_if(checks_, [this](const auto& entry) { return entry.second->adoption() != adoptions_; });
}

void HealthChecks::adopt_service(std::uint32_t service) {
  const Watched& watched = *worker_.plan->plan().watched(service);
  if (watched.config->probes.empty()) return;
  for (std::uint32_t i = 0; i < watched.servers.size(); ++i) {
    const std::shared_ptr<upstream::ServerHealth>& server = watched.servers[i];
    if (!falls_to_us(watched, *server)) continue;
    std::unique_ptr<Check>& check = checks_[server.get()];
    const bool is_new = check == nullptr;
    if (is_new) check = std::make_unique<Check>(*this, watched.shared, server);
    check->place(service, i, adoptions_);
    if (is_new) check->start();
  }
}

bool HealthChecks::falls_to_us(const Watched& watched, const upstream::ServerHealth& server) const {
  const std::uint64_t key = mix64(watched.config->identity ^ hash_bytes(server.url()), 0x9E3779B97F4A7C15ULL);
  return key % worker_.workers() == worker_.number();
}

std::uint64_t HealthChecks::fraction() {
  random_ = mix64(random_ + 0x9E3779B97F4A7C15ULL, 0xD6E8FEB86659FD93ULL);
  return random_ % kFractions;
}

void HealthChecks::tried(const Watched& watched, std::uint32_t server, const upstream::TryOutcome& outcome) {
  const std::shared_ptr<upstream::ServerHealth>& state = watched.servers[server];
  const std::optional<HealthChange> change =
      watched.health().tried(watched.servers, *state, outcome, worker_.loop.now());
  if (!change) return;
  if (change->until != 0) {
    auto readmission = std::make_unique<Readmission>(*this, watched.shared, state);
    worker_.loop.timers().arm(*readmission, change->until);
    readmissions_[state.get()] = std::move(readmission);
  }
  changed(watched.health(), *change);
}

void HealthChecks::on_time(loop::Timer& timer) {
  auto& self = static_cast<Readmission&>(timer);
  HealthChecks& owner = self.owner;
  const std::shared_ptr<SharedHealth> shared = self.shared;
  const std::optional<HealthChange> change = shared->health.readmit(*self.server, owner.worker_.loop.now());
  owner.readmissions_.erase(self.server.get());  // ends `self`
  if (change) owner.changed(shared->health, *change);
}

void HealthChecks::changed(const upstream::ServiceHealth& health, const HealthChange& change) {
  worker_.counters.add(change.server.up ? Counter::kServersRestored : Counter::kServersTakenDown);
  if (!change.server.up && change.server.cause == HealthCause::kRequests) {
    worker_.counters.add(Counter::kServersEjected);
  }
  worker_.shared.server_changed(health.name(), change.server);
}

}  // namespace fairlead::exchange
