#include "scheduler/hrw.h"

#include <cmath>

#include "base/hash.h"

namespace fairlead::scheduler {
namespace {

/// A number between 0 and 1, both excluded, that depends on every bit of both.
double random_of(std::uint64_t key, std::uint64_t candidate) {
  const std::uint64_t mixed =
      mix64(mix64(key ^ 0x9E3779B97F4A7C15ULL, candidate | 1) ^ candidate, 0xD6E8FEB86659FD93ULL);
  return (static_cast<double>(mixed >> 11) + 0.5) * 0x1p-53;
}

}  // namespace

HighestRandomWeight::HighestRandomWeight(std::span<const Candidate> candidates, const Settings& settings)
    : Balancer(candidates, settings) {}

/// -ln(u) is exponentially distributed; divided by a weight, the smallest of several belongs to each with the probability
/// of its share.
std::uint32_t HighestRandomWeight::pick(const Ask& ask) {
  const std::span<const std::int64_t> all = shares(ask.now);
  std::uint32_t best = kNobody;
  double highest = 0;
  for (std::uint32_t i = 0; i < size(); ++i) {
    if (all[i] == 0 || ask.excluded.has(i)) continue;
    const double score = static_cast<double>(all[i]) / -std::log(random_of(ask.key, key(i)));
    if (best != kNobody && score <= highest) continue;
    best = i;
    highest = score;
  }
  return best;
}

}  // namespace fairlead::scheduler
