// What one worker knows of one candidate besides its weight.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/local_ref.h"

namespace fairlead::scheduler {

/// Shared by the balancers of a service before and after a change of its neighbours, so that a request that began under
/// the old one is counted until it ends.
struct Load : LocalCounted<Load> {
  std::uint32_t in_flight = 0;
  void last_reference() { delete this; }

  /// Enters the time a request took until its answer began.
  void sample(Nanos first_byte, Nanos now);
  /// Average of the last hundred times in nanoseconds, 0 when there is none. Halves every ten seconds in which no new one
  /// comes, so that what was slow once is tried again.
  double average(Nanos now) const;

 private:
  double average_ = 0;
  double samples_ = 0;
  Nanos last_ = 0;
};

}  // namespace fairlead::scheduler
