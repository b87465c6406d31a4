#include "exchange/retry_budget.h"

#include <algorithm>

namespace fairlead::exchange {
namespace {

constexpr std::uint64_t kRetry = 1000;
// What a service may have saved in good times: enough for a server that goes away, nothing of a storm.
constexpr std::uint64_t kMostEarned = 100 * kRetry;
// After so long there is as much as there can be.
constexpr Nanos kLong = 60 * kSecond;

/// The free retries of a second, but at least one where there are any.
std::uint64_t most_spare(const RetryBudget::Terms& terms) { return terms.free == 0 ? 0 : std::max(terms.free, kRetry); }

}  // namespace

void RetryBudget::earn(const Terms& terms) {
  earned_ = std::min(earned_ + std::uint64_t{terms.percent} * kRetry / 100, kMostEarned);
}

void RetryBudget::refill(const Terms& terms, Nanos now) {
  const Nanos passed = now - refilled_;
  if (passed >= kLong) {
    spare_ = most_spare(terms);
    refilled_ = now;
    return;
  }
  const std::uint64_t came = passed * terms.free / kSecond;
  if (came == 0) return;
  spare_ = std::min(spare_ + came, most_spare(terms));
  refilled_ += came * kSecond / terms.free;
}

bool RetryBudget::allows(const Terms& terms, Nanos now) {
  refill(terms, now);
  return earned_ >= kRetry || spare_ >= kRetry;
}

bool RetryBudget::take(const Terms& terms, Nanos now) {
  if (!allows(terms, now)) return false;
  std::uint64_t& from = earned_ >= kRetry ? earned_ : spare_;
  from -= kRetry;
  return true;
}

}  // namespace fairlead::exchange
