#pragma once

#include <vector>

#include "scheduler/balancer.h"
#include "scheduler/turns.h"

namespace fairlead::scheduler {

/// Least time: the lowest product of the average time to the first byte and the requests in flight, relative to the
/// weight; those that are equal take turns by weight. Who has not been chosen for long is chosen all the same, so that
/// it can prove to be faster than it was.
class LeastTime final : public Balancer {
 public:
  explicit LeastTime(std::span<const Candidate> candidates, const Settings& settings = {});
  std::uint32_t pick(const Ask& ask) override;
  std::uint32_t peek(const Ask& ask) const override { return LeastTime(*this).pick(ask); }
  void sent(std::uint32_t index) override { ++load(index).in_flight; }
  void ended(std::uint32_t index, const Report& report) override;

 private:
  void changed(std::uint32_t index) override;
  /// The one that has waited too long to be chosen, or kNobody.
  std::uint32_t overdue(const Ask& ask) const;
  std::uint32_t fastest(const Ask& ask);

  Turns turns_;
  std::uint64_t picks_ = 0;
  /// How many picks there had been when each was chosen last.
  std::vector<std::uint64_t> chosen_;
  /// Of the pick in progress.
  std::vector<double> scores_;
};

}  // namespace fairlead::scheduler
