#pragma once

#include "scheduler/balancer.h"

namespace fairlead::scheduler {

/// Highest random weight (rendezvous hashing): a client stays with its candidate, in every process, and when one comes
/// or goes only those move that it has or had.
class HighestRandomWeight final : public Balancer {
 public:
  explicit HighestRandomWeight(std::span<const Candidate> candidates, const Settings& settings = {});
  std::uint32_t pick(const Ask& ask) override;
  std::uint32_t peek(const Ask& ask) const override { return HighestRandomWeight(*this).pick(ask); }
};

}  // namespace fairlead::scheduler
