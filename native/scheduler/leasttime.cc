#include "scheduler/leasttime.h"

#include <algorithm>

namespace fairlead::scheduler {
namespace {

// A candidate is passed over for at most this many picks for each candidate there is: about three of a hundred requests
// find out whether the slow ones are still slow.
constexpr std::uint64_t kMostPassed = 32;
// What a failure counts: a server that fails at once must not look like the fastest.
constexpr Nanos kFailure = kSecond;

}  // namespace

LeastTime::LeastTime(std::span<const Candidate> candidates, const Settings& settings)
    : Balancer(candidates, settings),
      turns_(candidates.size()),
      chosen_(candidates.size()),
      scores_(candidates.size()) {
  keep_loads();
}

std::uint32_t LeastTime::pick(const Ask& ask) {
  std::uint32_t index = overdue(ask);
  if (index == kNobody) index = fastest(ask);
  if (index != kNobody) chosen_[index] = ++picks_;
  return index;
}

void LeastTime::ended(std::uint32_t index, const Report& report) {
  Load& own = load(index);
  --own.in_flight;
  const Nanos took = report.failed ? std::max(report.first_byte, kFailure) : report.first_byte;
  if (took > 0) own.sample(took, report.now);
}

void LeastTime::changed(std::uint32_t index) {
  turns_.forget(index);
  chosen_[index] = picks_;
}

std::uint32_t LeastTime::overdue(const Ask& ask) const {
  const std::uint64_t patience = kMostPassed * size();
  if (picks_ < patience) return kNobody;
  std::uint32_t longest = kNobody;
  std::uint64_t limit = picks_ - patience;
  for (std::uint32_t i = 0; i < size(); ++i) {
    if (chosen_[i] > limit || !available(i) || ask.excluded.has(i)) continue;
    longest = i;
    limit = chosen_[i];
  }
  return longest;
}

std::uint32_t LeastTime::fastest(const Ask& ask) {
  const std::span<const std::int64_t> all = shares(ask.now);
  const auto takes_part = [&](std::uint32_t i) { return all[i] != 0 && !ask.excluded.has(i); };
  // One that is being asked for the first time is taken to be as good as the best, lest it gets all until it has answered.
  double best = 0;
  for (std::uint32_t i = 0; i < size(); ++i) {
    scores_[i] = load(i).average(ask.now);
    if (takes_part(i) && scores_[i] > 0 && (best == 0 || scores_[i] < best)) best = scores_[i];
  }
  double least = -1;
  for (std::uint32_t i = 0; i < size(); ++i) {
    const std::uint32_t in_flight = load(i).in_flight;
    if (scores_[i] == 0 && in_flight > 0) scores_[i] = best;
    if (!takes_part(i)) continue;
    scores_[i] *= (1 + static_cast<double>(in_flight)) / static_cast<double>(all[i]);
    if (least < 0 || scores_[i] < least) least = scores_[i];
  }
  return turns_.next(kNobody, [&](std::uint32_t i) { return takes_part(i) && scores_[i] == least ? all[i] : 0; });
}

}  // namespace fairlead::scheduler
