// How much load retries may add to a service that is in trouble already.
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace fairlead::exchange {

/// One worker's account for one service: every request earns a part of a retry, and a few a second are free, so that a
/// service that is seldom asked is served as well. Over any time at most `percent` of the requests of that time, 100
/// that were saved before, and the free ones are sent again.
class RetryBudget {
 public:
  struct Terms {
    /// Retries per hundred requests.
    std::uint32_t percent = 0;
    /// Thousandths of a retry per second.
    std::uint64_t free = 0;
  };

  void earn(const Terms& terms);
  /// take() would succeed.
  bool allows(const Terms& terms, Nanos now);
  /// Pays for one retry. False: there is nothing to pay with.
  bool take(const Terms& terms, Nanos now);

 private:
  void refill(const Terms& terms, Nanos now);

  // Thousandths of a retry.
  std::uint64_t earned_ = 0;
  std::uint64_t spare_ = 0;
  Nanos refilled_ = 0;
};

}  // namespace fairlead::exchange
