#pragma once

#include "scheduler/balancer.h"
#include "scheduler/turns.h"

namespace fairlead::scheduler {

/// Smooth weighted round robin. The workers of a process begin at different places of the cycle, so that a service whose
/// requests are few does not send them all to its first server.
class WeightedRoundRobin final : public Balancer {
 public:
  explicit WeightedRoundRobin(std::span<const Candidate> candidates, const Settings& settings = {});
  std::uint32_t pick(const Ask& ask) override;
  std::uint32_t peek(const Ask& ask) const override { return WeightedRoundRobin(*this).pick(ask); }

 private:
  void changed(std::uint32_t index) override { turns_.forget(index); }

  Turns turns_;
};

}  // namespace fairlead::scheduler
