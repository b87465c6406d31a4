#include "scheduler/leastconn.h"

namespace fairlead::scheduler {

LeastConnections::LeastConnections(std::span<const Candidate> candidates, const Settings& settings)
    : Balancer(candidates, settings), turns_(candidates.size()) {
  keep_loads();
}

std::uint32_t LeastConnections::pick(const Ask& ask) {
  const std::span<const std::int64_t> all = shares(ask.now);
  const auto in_flight = [this](std::uint32_t i) { return static_cast<double>(load(i).in_flight); };
  // in_flight(a) / share(a) < in_flight(b) / share(b), without dividing.
  double least = 0;
  double share = 0;
  for (std::uint32_t i = 0; i < size(); ++i) {
    if (all[i] == 0 || ask.excluded.has(i)) continue;
    const auto own = static_cast<double>(all[i]);
    if (share > 0 && in_flight(i) * share >= least * own) continue;
    least = in_flight(i);
    share = own;
  }
  return turns_.next(kNobody, [&](std::uint32_t i) -> std::int64_t {
    if (all[i] == 0 || ask.excluded.has(i)) return 0;
    return in_flight(i) * share == least * static_cast<double>(all[i]) ? all[i] : 0;
  });
}

}  // namespace fairlead::scheduler
