// Each pick gives every candidate its weight in credit, serves the richest, and takes the sum of weights from it (the
// scheme nginx made known in 2012). Linear in the number of candidates, which for one service is small.
#include "scheduler/wrr.h"

namespace fairlead::scheduler {

WeightedRoundRobin::WeightedRoundRobin(std::span<const Candidate> candidates) {
  entries_.reserve(candidates.size());
  for (const Candidate& candidate : candidates) entries_.push_back({candidate.weight, 0});
}

std::uint32_t WeightedRoundRobin::pick(const Excluded& excluded) {
  std::uint32_t best = kNobody;
  std::int64_t total = 0;
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    if (entry.weight == 0 || excluded.has(i)) continue;
    entry.credit += entry.weight;
    total += entry.weight;
    if (best == kNobody || entry.credit > entries_[best].credit) best = i;
  }
  if (best != kNobody) entries_[best].credit -= total;
  return best;
}

}  // namespace fairlead::scheduler
