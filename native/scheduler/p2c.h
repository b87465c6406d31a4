#pragma once

#include "scheduler/balancer.h"

namespace fairlead::scheduler {

/// Power of two choices: of two candidates drawn at random the one with fewer requests in flight. As in Traefik, weights
/// do not matter beyond being positive.
class PowerOfTwoChoices final : public Balancer {
 public:
  explicit PowerOfTwoChoices(std::span<const Candidate> candidates, const Settings& settings = {});
  std::uint32_t pick(const Ask& ask) override;
  std::uint32_t peek(const Ask& ask) const override { return PowerOfTwoChoices(*this).pick(ask); }
  void sent(std::uint32_t index) override { ++load(index).in_flight; }
  void ended(std::uint32_t index, const Report&) override { --load(index).in_flight; }

 private:
  std::uint32_t below(std::uint32_t bound);
  std::uint32_t draw(const Excluded& excluded, std::uint32_t other);
  bool usable(std::uint32_t index, const Excluded& excluded, std::uint32_t other) const {
    return index != other && available(index) && !excluded.has(index);
  }

  std::uint64_t random_;
};

}  // namespace fairlead::scheduler
