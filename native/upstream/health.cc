#include "upstream/health.h"

#include <algorithm>
#include <utility>

namespace fairlead::upstream {
namespace {

/// What was wrong with a request, for people.
std::string text_of(const TryOutcome& outcome) {
  if (outcome.reason != Reason::kNone) return reason_name(outcome.reason);
  return "status " + std::to_string(outcome.status);
}

/// Forgets what is older than the window.
void prune(std::vector<Nanos>& failures, Nanos now, Nanos window) {
  const auto recent =
      std::find_if(failures.begin(), failures.end(), [&](Nanos at) { return at >= now || now - at <= window; });
  failures.erase(failures.begin(), recent);
}

}  // namespace

const char* cause_name(HealthCause cause) {
  switch (cause) {
    case HealthCause::kNew:
      return "new";
    case HealthCause::kProbe:
      return "probe";
    case HealthCause::kRequests:
      return "requests";
    case HealthCause::kTime:
      return "time";
  }
  return "";
}

HealthRules::HealthRules(const wire::Health& config)
    : fails(std::max(config.fails, 1U)),
      passes(std::max(config.passes, 1U)),
      max_failed(config.max_failed_attempts),
      window(config.failure_window),
      max_percent(config.max_ejection_percent),
      longest(config.max_ejection_time),
      has_probes(!config.probes.empty()) {}

std::vector<std::shared_ptr<ServerHealth>> ServiceHealth::servers(const wire::List<wire::Server>& servers) {
  const std::lock_guard lock(mutex_);
  std::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
  std::vector<std::shared_ptr<ServerHealth>> states;
  states.reserve(servers.size());
  for (const wire::Server& server : servers) {
    std::weak_ptr<ServerHealth>& slot = known_[std::string(server.url.view())];
    std::shared_ptr<ServerHealth> state = slot.lock();
    if (state == nullptr) slot = state = std::make_shared<ServerHealth>(server.url);
    states.push_back(std::move(state));
  }
  return states;
}

std::optional<HealthChange> ServiceHealth::probed(ServerHealth& server, bool passed, std::string_view error) {
  const std::lock_guard lock(mutex_);
  if (!passed) server.error_ = error;
  if (passed == server.up()) {
    server.contradictions_ = 0;
    return std::nullopt;
  }
  if (++server.contradictions_ < (passed ? rules_.passes : rules_.fails)) return std::nullopt;
  return change(server, passed, HealthCause::kProbe);
}

std::optional<HealthChange> ServiceHealth::tried(ServerList all, ServerHealth& server, const TryOutcome& outcome,
                                                 Nanos now) {
  if (!outcome.failed() && !server.is_suspected()) return std::nullopt;
  const std::lock_guard lock(mutex_);
  if (!outcome.failed()) {
    server.failures_.clear();
    server.suspected_.store(false, std::memory_order_relaxed);
    return std::nullopt;
  }
  server.error_ = text_of(outcome);
  if (!server.up()) return std::nullopt;  // the last ones that were under way
  prune(server.failures_, now, rules_.window);
  if (server.failures_.size() == rules_.max_failed) server.failures_.erase(server.failures_.begin());
  server.failures_.push_back(now);
  server.suspected_.store(true, std::memory_order_relaxed);
  if (server.failures_.size() < rules_.max_failed || !may_eject(all, server)) return std::nullopt;
  HealthChange made = change(server, false, HealthCause::kRequests);
  if (!rules_.has_probes) made.until = now + next_ejection(server, now);
  return made;
}

/// The last server that is left stays, however bad it is: an answer that may fail is better than one that must.
bool ServiceHealth::may_eject(ServerList all, const ServerHealth& server) const {
  std::size_t ejected = 0;
  bool others = false;
  for (const std::shared_ptr<ServerHealth>& each : all) {
    if (each->up()) {
      others = others || each.get() != &server;
    } else if (each->cause_ == HealthCause::kRequests) {
      ++ejected;
    }
  }
  const std::size_t most = all.size() * rules_.max_percent / 100;
  // A percentage of few servers may be less than one.
  return others && rules_.max_percent > 0 && ejected < std::max<std::size_t>(most, 1);
}

Nanos ServiceHealth::next_ejection(ServerHealth& server, Nanos now) const {
  // Who has served for as long as it was left out begins anew.
  const bool again = server.ejections_ > 0 && now - server.readmitted_ < server.ejection_;
  server.ejections_ = again ? server.ejections_ + 1 : 1;
  const Nanos longest = std::max(rules_.longest, rules_.window);
  server.ejection_ = again ? std::min(server.ejection_ * 2, longest) : rules_.window;
  return server.ejection_;
}

std::optional<HealthChange> ServiceHealth::readmit(ServerHealth& server, Nanos now) {
  const std::lock_guard lock(mutex_);
  if (server.up() || server.cause_ != HealthCause::kRequests) return std::nullopt;
  server.readmitted_ = now;
  return change(server, true, HealthCause::kTime);
}

HealthChange ServiceHealth::change(ServerHealth& server, bool up, HealthCause cause) {
  server.cause_ = cause;
  server.since_ = wall_now();
  server.contradictions_ = 0;
  server.failures_.clear();
  server.suspected_.store(false, std::memory_order_relaxed);
  server.up_.store(up, std::memory_order_release);
  epoch_->fetch_add(1, std::memory_order_release);
  return {report_locked(server), 0};
}

ServerReport ServiceHealth::report(const ServerHealth& server) const {
  const std::lock_guard lock(mutex_);
  return report_locked(server);
}

ServerReport ServiceHealth::report_locked(const ServerHealth& server) const {
  return {server.url_, server.up(), server.cause_, server.since_, server.error_};
}

}  // namespace fairlead::upstream
