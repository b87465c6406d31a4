#include "scheduler/load.h"

#include <algorithm>

namespace fairlead::scheduler {
namespace {

// As many as Traefik looks back.
constexpr double kSamples = 100;
constexpr double kHalfLife = 10 * static_cast<double>(kSecond);

/// What is left of something of that age. Hyperbolic, because that needs no exponential for each candidate of each pick.
double rest(Nanos now, Nanos last) {
  return now <= last ? 1 : kHalfLife / (kHalfLife + static_cast<double>(now - last));
}

}  // namespace

void Load::sample(Nanos first_byte, Nanos now) {
  // Old times count for less than new ones.
  samples_ = std::min(samples_ * rest(now, last_), kSamples - 1) + 1;
  average_ += (static_cast<double>(first_byte) - average_) / samples_;
  last_ = now;
}

double Load::average(Nanos now) const { return average_ * rest(now, last_); }

}  // namespace fairlead::scheduler
