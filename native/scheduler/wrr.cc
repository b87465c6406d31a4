// Each pick gives every candidate its weight in credit, serves the richest, and takes the sum of weights from it (the
// scheme nginx made known in 2012). Linear in the number of candidates, which for one service is small.
#include "scheduler/wrr.h"

namespace fairlead::scheduler {

WeightedRoundRobin::WeightedRoundRobin(std::span<const Candidate> candidates) {
  entries_.reserve(candidates.size());
  for (const Candidate& candidate : candidates) entries_.push_back({candidate.weight, 0, true});
}

std::uint32_t WeightedRoundRobin::pick(const Ask& ask) {
  std::uint32_t best = kNobody;
  std::int64_t total = 0;
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    if (entry.weight == 0 || !entry.available || ask.excluded.has(i)) continue;
    entry.credit += entry.weight;
    total += entry.weight;
    if (best == kNobody || entry.credit > entries_[best].credit) best = i;
  }
  if (best != kNobody) entries_[best].credit -= total;
  return best;
}

std::uint32_t WeightedRoundRobin::peek(const Ask& ask) const {
  std::uint32_t best = kNobody;
  const auto richness = [this](std::uint32_t i) { return entries_[i].credit + entries_[i].weight; };
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].weight == 0 || !entries_[i].available || ask.excluded.has(i)) continue;
    if (best == kNobody || richness(i) > richness(best)) best = i;
  }
  return best;
}

/// Who comes back starts without credit, and so is not flooded with what it has missed.
void WeightedRoundRobin::set_available(std::uint32_t index, bool available, Nanos) {
  entries_[index].available = available;
  entries_[index].credit = 0;
}

}  // namespace fairlead::scheduler
