#include "exchange/tries.h"

#include <algorithm>
#include <cmath>

#include "base/hash.h"

namespace fairlead::exchange {
namespace {

// Tries of one request without a policy, each at another server: bounds the time spent when a whole service is down.
constexpr std::uint32_t kMostTries = 16;

bool lists(const wire::Retry& policy, std::uint16_t status) {
  return std::any_of(policy.statuses.begin(), policy.statuses.end(),
                     [status](const wire::StatusRange& range) { return status >= range.from && status <= range.to; });
}

}  // namespace

Tries::Tries(scheduler::Balancer& balancer, RetryBudget& budget, const wire::Retry* policy, std::uint32_t workers,
             const scheduler::Ask& asked, std::uint32_t first)
    : balancer_(balancer),
      budget_(budget),
      policy_(policy),
      asked_(asked),
      started_(asked.now),
      workers_(workers),
      server_(first != scheduler::kNobody ? first : balancer.pick(asked)) {
  if (policy_ != nullptr) budget_.earn(terms());
}

RetryBudget::Terms Tries::terms() const {
  return {policy_->budget_percent, std::uint64_t{policy_->budget_per_second} * 1000 / workers_};
}

bool Tries::again(const TryResult& result, bool repeatable, Nanos now) {
  if (is_stale(result, repeatable)) return fresh_ = true;
  fresh_ = false;
  if (!is_wanted(result, repeatable)) return false;
  // Where nothing was sent nobody has had any work with it.
  bool costs = result.sent;
  if (costs && !budget_.allows(terms(), now)) {
    denied_ = true;
    return false;
  }
  asked_.excluded.add(server_);
  if (!choose_another(now)) {
    if (policy_ == nullptr) return false;
    // Everybody has been asked: from the beginning.
    costs = true;
    asked_.excluded = {};
    if (!choose_another(now)) return false;
  }
  pause_ = costs ? backoff() : 0;
  if (policy_ != nullptr && policy_->timeout > 0 && now + pause_ - started_ > policy_->timeout) return false;
  denied_ = costs && !budget_.take(terms(), now);
  if (denied_) return false;
  ++count_;
  return true;
}

/// An idle connection that the server closed just then: once more, on a connection of its own.
bool Tries::is_stale(const TryResult& result, bool repeatable) const {
  return !result.status.ok() && result.status.error().retry == Retry::kIfReused && result.reused && !fresh_ &&
         repeatable;
}

bool Tries::is_wanted(const TryResult& result, bool repeatable) const {
  const bool failed = !result.status.ok();
  if (failed && result.status.error().origin != Origin::kUpstream) return false;
  if (result.sent && !repeatable) return false;
  if (policy_ == nullptr) return failed && !result.sent && count_ < kMostTries;
  if (count_ >= policy_->attempts) return false;
  if (failed && policy_->on_network_error) return true;
  if (!failed && result.response < 200) return false;  // it has switched protocols
  return lists(*policy_, failed ? reason_status(result.status.error().reason) : result.response);
}

bool Tries::choose_another(Nanos now) {
  asked_.now = now;
  const std::uint32_t server = balancer_.pick(asked_);
  // Of more than sixty-four the later ones are chosen although they are excluded.
  if (server == scheduler::kNobody || asked_.excluded.has(server)) return false;
  server_ = server;
  return true;
}

/// As Traefik: the pauses grow evenly from the initial one to twice as much, and vary by a half.
Nanos Tries::backoff() const {
  if (policy_->initial_interval == 0) return 0;
  const double grown = static_cast<double>(count_ - 1) / std::max(1U, policy_->attempts - 1);
  const double chance = 0.5 + static_cast<double>(random_bits() >> 11) * 0x1p-53;
  return static_cast<Nanos>(static_cast<double>(policy_->initial_interval) * std::exp2(grown) * chance);
}

}  // namespace fairlead::exchange
