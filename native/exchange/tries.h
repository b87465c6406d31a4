// The tries of one request: which server comes next, and whether there is another try after one that gave nothing.
//
// Without a policy only that is tried again which is safe whoever asks: another server when nothing was sent, and the same
// one over a new connection when a kept one turns out to be closed. A policy (middleware retry) adds failures after the
// request was sent and responses with a listed status, and bounds them all: by their number, their time and the budget.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/error.h"
#include "exchange/retry_budget.h"
#include "scheduler/balancer.h"
#include "snapshot/generated/records.gen.h"

namespace fairlead::exchange {

/// What came of one try.
struct TryResult {
  /// Why there is no response, if there is none.
  Status status = Unit{};
  /// The status of the response, if there is one.
  std::uint16_t response = 0;
  /// Something of the request may have reached the server.
  bool sent = false;
  /// It went over a connection that had carried requests before.
  bool reused = false;
};

class Tries {
 public:
  /// The first try goes to `first`, or to whom the balancer chooses when that is kNobody. `policy` may be null; what is referred to outlives this. `workers` share the
  /// free retries of the budget.
  Tries(scheduler::Balancer& balancer, RetryBudget& budget, const wire::Retry* policy, std::uint32_t workers,
        const scheduler::Ask& asked, std::uint32_t first = scheduler::kNobody);

  /// Whether there is another try after that one; then server(), fresh() and pause() are about the next. `repeatable`: the
  /// request may reach a server twice, and all of it is at hand.
  bool again(const TryResult& result, bool repeatable, Nanos now);

  /// Whom to ask; kNobody = the service has no server that can be used.
  std::uint32_t server() const { return server_; }
  /// Not over a kept connection.
  bool fresh() const { return fresh_; }
  /// How long to wait before it.
  Nanos pause() const { return pause_; }
  /// The last try ended this for want of budget.
  bool denied() const { return denied_; }

 private:
  bool is_stale(const TryResult& result, bool repeatable) const;
  bool is_wanted(const TryResult& result, bool repeatable) const;
  bool choose_another(Nanos now);
  Nanos backoff() const;
  RetryBudget::Terms terms() const;

  scheduler::Balancer& balancer_;
  RetryBudget& budget_;
  const wire::Retry* policy_;
  scheduler::Ask asked_;
  Nanos started_;
  Nanos pause_ = 0;
  std::uint32_t workers_;
  std::uint32_t server_;
  std::uint32_t count_ = 1;
  bool fresh_ = false;
  bool denied_ = false;
};

}  // namespace fairlead::exchange
