#include "loop/polling.h"

#include <sys/resource.h>

#include <algorithm>
#include <utility>

namespace fairlead::loop {
namespace {

// Asking how often we were preempted is a system call: once per so many grants.
constexpr std::uint32_t kGrantsPerLook = 64;
// More than this within one look: others want this processor.
constexpr std::uint64_t kMostPreemptions = 2;
constexpr Nanos kShortestPause = 100 * kMillisecond;
constexpr Nanos kLongestPause = 10 * kSecond;
// After n grants in vain, 2^n - 1 waits get none, up to 255.
constexpr std::uint32_t kMostMisses = 8;

}  // namespace

std::uint64_t Polling::thread_preemptions() {
  rusage usage{};
  return ::getrusage(RUSAGE_THREAD, &usage) == 0 ? static_cast<std::uint64_t>(usage.ru_nivcsw) : 0;
}

void Polling::set(Mode mode, Nanos limit) {
  mode_ = limit == 0 ? Mode::kOff : mode;
  limit_ = limit;
  paused_until_ = pause_ = 0;
  misses_ = skip_ = granted_ = 0;
  has_looked_ = false;
}

Nanos Polling::grant(Nanos now, bool busy, bool found) {
  // A turn without events was a timer or another's message: the traffic has ended.
  if (mode_ == Mode::kOff || (!busy && !found)) return 0;
  if (mode_ == Mode::kFixed) return limit_;
  if (now < paused_until_) return 0;
  if (skip_ > 0) {
    --skip_;
    return 0;
  }
  if (granted_++ % kGrantsPerLook == 0 && preempted()) {
    pause(now);
    return 0;
  }
  return limit_;
}

void Polling::settle(Nanos now, Nanos spent, bool found) {
  if (mode_ != Mode::kAdaptive) return;
  // Much longer than it was to be: somebody else has run meanwhile.
  if (spent > 2 * limit_ && spent > limit_ + kMillisecond) {
    pause(now);
  } else if (found) {
    misses_ = 0;
  } else {
    misses_ = std::min(misses_ + 1, kMostMisses);
    skip_ = (1U << misses_) - 1;
  }
}

bool Polling::preempted() {
  const std::uint64_t before = known_preemptions_;
  known_preemptions_ = preemptions_();
  // The first look only learns: set() may have been called by another thread.
  const bool often = std::exchange(has_looked_, true) && known_preemptions_ - before > kMostPreemptions;
  if (!often) pause_ = 0;
  return often;
}

void Polling::pause(Nanos now) {
  pause_ = std::clamp(pause_ * 2, kShortestPause, kLongestPause);
  paused_until_ = now + pause_;
}

}  // namespace fairlead::loop
