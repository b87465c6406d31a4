// Which servers of a service can be used: what probes and requests say of them, judged, and shared by all workers.
//
// Workers report. Whoever's report changes something is told, and the epoch goes up: a number that every worker compares
// with the one it knows before it chooses, for the price of one read.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "snapshot/generated/records.gen.h"

namespace fairlead::upstream {

/// How often the health of any server has changed; one for all services of an engine.
using HealthEpoch = std::atomic<std::uint64_t>;

/// Why a server is in the state it is in.
enum class HealthCause : std::uint8_t {
  kNew,       // nothing has been said of it: it counts as up
  kProbe,     // the active check
  kRequests,  // requests that failed
  kTime,      // requests had failed, and the time without any is over
};
/// As it is written in events and in the API.
const char* cause_name(HealthCause cause);

/// What takes a server down and what brings it back.
struct HealthRules {
  explicit HealthRules(const wire::Health& config);

  /// Probes in a row that take it down, and that bring it back. At least 1.
  std::uint32_t fails;
  std::uint32_t passes;
  /// Requests that fail within `window` before it is taken down; 0 = requests say nothing.
  std::uint32_t max_failed;
  Nanos window;
  /// Of the servers of the service, how many requests may take down at a time, in percent. Never the last one.
  std::uint32_t max_percent;
  /// Each ejection in a row lasts twice as long as the one before, from `window` up to this.
  Nanos longest;
  /// There are probes: only they bring a server back.
  bool has_probes;
};

/// A server as others see it.
struct ServerReport {
  std::string url;
  bool up = true;
  HealthCause cause = HealthCause::kNew;
  /// Nanoseconds since 1970; when it came into this state.
  Nanos since = 0;
  /// What was wrong the last time that something was; empty when nothing ever was.
  std::string error;
};

/// What a report has changed.
struct HealthChange {
  ServerReport server;
  /// When the server is to be let in again by readmit(), monotonic; 0 = by a probe.
  Nanos until = 0;
};

/// What became of a request: no failure when `reason` is kNone and `status` below 500.
struct TryOutcome {
  Reason reason = Reason::kNone;
  std::uint16_t status = 0;
  bool failed() const { return reason != Reason::kNone || status >= 500; }
};

/// One server of one service.
class ServerHealth {
 public:
  explicit ServerHealth(std::string_view url) : url_(url), since_(wall_now()) {}

  /// Any thread.
  bool up() const { return up_.load(std::memory_order_acquire); }
  /// Requests have failed lately. Any thread.
  bool is_suspected() const { return suspected_.load(std::memory_order_relaxed); }
  const std::string& url() const { return url_; }

 private:
  friend class ServiceHealth;

  const std::string url_;
  std::atomic<bool> up_{true};
  // So that a request that succeeds takes no lock unless there is something to forget.
  std::atomic<bool> suspected_{false};

  // Under the lock of the service.
  HealthCause cause_ = HealthCause::kNew;
  Nanos since_;
  std::string error_;
  /// Probes in a row that contradict the state.
  std::uint32_t contradictions_ = 0;
  /// When requests failed, the oldest first, within the window.
  std::vector<Nanos> failures_;
  std::uint32_t ejections_ = 0;
  Nanos ejection_ = 0;
  Nanos readmitted_ = 0;
};

/// All servers of a service, in its order; one may be there twice.
using ServerList = std::span<const std::shared_ptr<ServerHealth>>;

/// The servers of one service under one set of rules. Everything but servers() may be called from any thread.
class ServiceHealth {
 public:
  ServiceHealth(std::string_view name, const HealthRules& rules, std::shared_ptr<HealthEpoch> epoch)
      : name_(name), rules_(rules), epoch_(std::move(epoch)) {}

  const std::string& name() const { return name_; }
  /// Requests are looked at.
  bool judges_requests() const { return rules_.max_failed > 0; }

  /// A state for each server, in their order: that of its URL which somebody still holds, or a new one. Builder thread.
  std::vector<std::shared_ptr<ServerHealth>> servers(const wire::List<wire::Server>& servers);

  /// A probe has passed, or failed for the reason `error`.
  std::optional<HealthChange> probed(ServerHealth& server, bool passed, std::string_view error);
  /// A request to `server`, one of `all`, has ended.
  std::optional<HealthChange> tried(ServerList all, ServerHealth& server, const TryOutcome& outcome, Nanos now);
  /// The time that a change named has come. Nothing happens when a probe was faster.
  std::optional<HealthChange> readmit(ServerHealth& server, Nanos now);

  ServerReport report(const ServerHealth& server) const;

 private:
  bool may_eject(ServerList all, const ServerHealth& server) const;
  /// How long the ejection that begins now lasts.
  Nanos next_ejection(ServerHealth& server, Nanos now) const;
  HealthChange change(ServerHealth& server, bool up, HealthCause cause);
  ServerReport report_locked(const ServerHealth& server) const;

  const std::string name_;
  const HealthRules rules_;
  const std::shared_ptr<HealthEpoch> epoch_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::weak_ptr<ServerHealth>> known_;
};

}  // namespace fairlead::upstream
