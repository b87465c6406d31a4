// What one worker does about the health of servers: it probes those that fall to it, reports what became of requests, lets
// servers in again when their time has come, and tells the host of every change.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>

#include "base/clock.h"
#include "exchange/plan.h"
#include "loop/task.h"
#include "loop/timer_wheel.h"
#include "upstream/health.h"
#include "upstream/probe.h"

namespace fairlead::exchange {

class Worker;

/// Belongs to one worker. What it finds out is in the shared states of the services, which all workers look at.
class HealthChecks {
 public:
  explicit HealthChecks(Worker& worker);
  ~HealthChecks();
  HealthChecks(const HealthChecks&) = delete;
  HealthChecks& operator=(const HealthChecks&) = delete;

  /// The worker has a new plan: begins with the servers that are new, goes on with those that it knows, and ends with
  /// those that are gone.
  void adopt();
  /// A request to a server of a service has ended. For those that judge by requests.
  void tried(const Watched& watched, std::uint32_t server, const upstream::TryOutcome& outcome);
  /// Ends everything.
  void stop();

  /// Servers that are probed from here.
  std::size_t size() const { return checks_.size(); }

 private:
  class Check;
  /// A server that is left out for a while. It is let in even if no plan names it any more: another may name it again.
  struct Readmission : loop::Timer {
    Readmission(HealthChecks& owner, std::shared_ptr<SharedHealth> shared,
                std::shared_ptr<upstream::ServerHealth> server)
        : Timer(on_time), owner(owner), shared(std::move(shared)), server(std::move(server)) {}
    HealthChecks& owner;
    std::shared_ptr<SharedHealth> shared;
    std::shared_ptr<upstream::ServerHealth> server;
  };
  static void on_time(loop::Timer& timer);
  void adopt_service(std::uint32_t service);
  /// Each server is probed by one worker.
  bool falls_to_us(const Watched& watched, const upstream::ServerHealth& server) const;
  void changed(const upstream::ServiceHealth& health, const upstream::HealthChange& change);
  static constexpr std::uint64_t kFractions = 1024;
  /// A random number below kFractions.
  std::uint64_t fraction();

  Worker& worker_;
  std::uint64_t random_;
  std::uint64_t adoptions_ = 0;
  std::unordered_map<const upstream::ServerHealth*, std::unique_ptr<Check>> checks_;
  std::unordered_map<const upstream::ServerHealth*, std::unique_ptr<Readmission>> readmissions_;
};

}  // namespace fairlead::exchange
