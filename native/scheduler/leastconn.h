#pragma once

#include "scheduler/balancer.h"
#include "scheduler/turns.h"

namespace fairlead::scheduler {

/// Fewest requests in flight relative to the weight; those that are equal take turns by weight.
class LeastConnections final : public Balancer {
 public:
  explicit LeastConnections(std::span<const Candidate> candidates, const Settings& settings = {});
  std::uint32_t pick(const Ask& ask) override;
  std::uint32_t peek(const Ask& ask) const override { return LeastConnections(*this).pick(ask); }
  void sent(std::uint32_t index) override { ++load(index).in_flight; }
  void ended(std::uint32_t index, const Report&) override { --load(index).in_flight; }

 private:
  void changed(std::uint32_t index) override { turns_.forget(index); }

  Turns turns_;
};

}  // namespace fairlead::scheduler
