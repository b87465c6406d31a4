#include "scheduler/drr.h"

#include <algorithm>

namespace fairlead::scheduler {
namespace {

// How often weights are adjusted: long enough that a busy service has something to measure.
constexpr Nanos kInterval = kSecond;
// What is new counts as much as everything before: after four intervals what was is forgotten.
constexpr double kNew = 0.5;
// Times within this factor of the best are the same: they vary by as much without meaning.
constexpr double kTolerated = 1.5;
// Failures are this much rarer to be the same.
constexpr double kToleratedFailing = 0.02;
constexpr double kLeastPart = 1.0 / 16;

double moved(double from, double to) { return from + (to - from) * kNew; }

}  // namespace

DynamicRoundRobin::DynamicRoundRobin(std::span<const Candidate> candidates, const Settings& settings)
    : Balancer(candidates, settings), turns_(candidates.size()), measured_(candidates.size()) {}

std::uint32_t DynamicRoundRobin::pick(const Ask& ask) {
  if (ask.now >= next_) {
    adjust();
    next_ = ask.now + kInterval;
  }
  const std::span<const std::int64_t> all = shares(ask.now);
  return turns_.next(kNobody,
                     [&](std::uint32_t i) { return ask.excluded.has(i) ? 0 : all[i] * measured_[i].part / kUnit; });
}

void DynamicRoundRobin::ended(std::uint32_t index, const Report& report) {
  Measured& own = measured_[index];
  ++own.count;
  if (report.failed) ++own.failures;
  if (report.failed || report.first_byte == 0) return;
  ++own.timed;
  own.time += static_cast<double>(report.first_byte);
}

/// Who comes back has the weight it was given.
void DynamicRoundRobin::changed(std::uint32_t index) {
  turns_.forget(index);
  measured_[index] = {};
}

void DynamicRoundRobin::adjust() {
  double least_failing = 1;
  double least_latency = 0;
  for (std::uint32_t i = 0; i < size(); ++i) {
    Measured& own = measured_[i];
    // Nothing heard of it: what it did wrong fades, so that it is asked again.
    own.failing = moved(own.failing, own.count == 0 ? 0.0 : static_cast<double>(own.failures) / own.count);
    if (own.timed > 0) {
      const double latency = own.time / own.timed;
      own.latency = own.latency == 0 ? latency : moved(own.latency, latency);
    }
    if (!available(i)) continue;
    least_failing = std::min(least_failing, own.failing);
    if (own.latency > 0 && (least_latency == 0 || own.latency < least_latency)) least_latency = own.latency;
  }
  for (Measured& own : measured_) {
    if (own.timed == 0 && own.count == 0 && own.latency > 0) own.latency = moved(own.latency, least_latency);
    const double worse = std::max(0.0, own.failing - least_failing - kToleratedFailing);
    const double slower = own.latency == 0 ? 1 : std::min(1.0, kTolerated * least_latency / own.latency);
    const double target = std::max(kLeastPart, (1 - worse) * (1 - worse) * slower);
    own.part = static_cast<std::int64_t>(target * kUnit);
    own.count = own.failures = own.timed = 0;
    own.time = 0;
  }
}

}  // namespace fairlead::scheduler
