// Whether and how long a worker that has nothing to do asks for events before it sleeps.
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace fairlead::loop {

/// A processor that sleeps needs 5 to 50 µs to wake up, which a request pays several times. Polling saves that at the
/// price of a busy processor, so it is bounded: at most the limit after each event, and only while something is going
/// on. The adaptive kind also gives up as soon as it does not pay or takes the processor from others.
class Polling {
 public:
  enum class Mode : std::uint8_t { kOff, kFixed, kAdaptive };
  /// How often the calling thread was made to give up its processor.
  using Preemptions = std::uint64_t (*)();
  static std::uint64_t thread_preemptions();

  explicit Polling(Preemptions preemptions = thread_preemptions) : preemptions_(preemptions) {}

  /// `limit`: the longest time between an event and sleep, ns.
  void set(Mode mode, Nanos limit);

  /// How long the wait that begins at `now` may ask before it sleeps, ns; 0 = not at all. `busy`: requests are in
  /// flight. `found`: the turn before it had events.
  Nanos grant(Nanos now, bool busy, bool found);
  /// What came of a granted wait: events after `spent` ns, or none within it.
  void settle(Nanos now, Nanos spent, bool found);

 private:
  void pause(Nanos now);
  bool preempted();

  Preemptions preemptions_;
  Mode mode_ = Mode::kOff;
  Nanos limit_ = 0;
  // Adaptive only.
  Nanos paused_until_ = 0;
  Nanos pause_ = 0;
  std::uint32_t misses_ = 0;  // grants in a row that brought nothing
  std::uint32_t skip_ = 0;    // waits that get no grant
  std::uint32_t granted_ = 0;
  std::uint64_t known_preemptions_ = 0;
  bool has_looked_ = false;
};

}  // namespace fairlead::loop
