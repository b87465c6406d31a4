#pragma once

#include <vector>

#include "scheduler/balancer.h"

namespace fairlead::scheduler {

/// Smooth weighted round robin: shares are exact over every full cycle and a heavy candidate is never served in bursts.
class WeightedRoundRobin final : public Balancer {
 public:
  explicit WeightedRoundRobin(std::span<const Candidate> candidates);
  std::uint32_t pick(const Ask& ask) override;
  std::uint32_t peek(const Ask& ask) const override;
  void set_available(std::uint32_t index, bool available, Nanos now) override;

 private:
  struct Entry {
    std::int64_t weight;
    std::int64_t credit;
    bool available;
  };
  std::vector<Entry> entries_;
};

}  // namespace fairlead::scheduler
