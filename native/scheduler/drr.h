#pragma once

#include <vector>

#include "scheduler/balancer.h"
#include "scheduler/turns.h"

namespace fairlead::scheduler {

/// Dynamic round robin: turns by weight, where the weight of who fails more often or answers more slowly than the best is
/// lowered, to a sixteenth at least, and rises again when that is over.
class DynamicRoundRobin final : public Balancer {
 public:
  explicit DynamicRoundRobin(std::span<const Candidate> candidates, const Settings& settings = {});
  std::uint32_t pick(const Ask& ask) override;
  std::uint32_t peek(const Ask& ask) const override { return DynamicRoundRobin(*this).pick(ask); }
  void ended(std::uint32_t index, const Report& report) override;
  /// What is left of the weight of a candidate, in 1024ths.
  std::int64_t part(std::uint32_t index) const { return measured_[index].part; }

 private:
  struct Measured {
    /// Since the last adjustment.
    std::uint32_t count = 0;
    std::uint32_t failures = 0;
    std::uint32_t timed = 0;
    double time = 0;
    /// Over the last few adjustments. A time of 0 is not known.
    double failing = 0;
    double latency = 0;
    std::int64_t part = kUnit;
  };
  void changed(std::uint32_t index) override;
  void adjust();

  Turns turns_;
  std::vector<Measured> measured_;
  Nanos next_ = 0;
};

}  // namespace fairlead::scheduler
