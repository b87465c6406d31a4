#include "scheduler/wrr.h"

#include <algorithm>
#include <numeric>

namespace fairlead::scheduler {
namespace {

// Candidates looked at while the first turn is sought: a millisecond, and enough for every cycle that is not absurd.
constexpr std::uint64_t kMostSteps = 1 << 18;

/// Turns to skip so that the workers begin evenly spread over the cycle.
std::uint64_t first_turn(std::span<const Candidate> candidates, const Settings& settings) {
  if (settings.worker == 0 || candidates.empty()) return 0;
  std::uint64_t sum = 0;
  std::uint64_t divisor = 0;
  for (const Candidate& candidate : candidates) {
    sum += candidate.weight;
    divisor = std::gcd(divisor, std::uint64_t{candidate.weight});
  }
  if (divisor == 0) return 0;
  const std::uint64_t cycle = std::min(sum / divisor, kMostSteps / candidates.size());
  return cycle * settings.worker / settings.workers;
}

}  // namespace

WeightedRoundRobin::WeightedRoundRobin(std::span<const Candidate> candidates, const Settings& settings)
    : Balancer(candidates, settings), turns_(candidates.size()) {
  for (std::uint64_t left = first_turn(candidates, settings); left > 0; --left) {
    turns_.next(kNobody, [&](std::uint32_t i) { return std::int64_t{candidates[i].weight} * kUnit; });
  }
}

std::uint32_t WeightedRoundRobin::pick(const Ask& ask) {
  const std::span<const std::int64_t> all = shares(ask.now);
  if (ask.excluded.empty()) {
    return turns_.next(kNobody, [all](std::uint32_t i) { return all[i]; });
  }
  return turns_.next(kNobody, [&](std::uint32_t i) { return ask.excluded.has(i) ? 0 : all[i]; });
}

}  // namespace fairlead::scheduler
