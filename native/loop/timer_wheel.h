// Deadlines: insertion and removal in constant time, one look per loop turn.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "base/intrusive_list.h"

namespace fairlead::loop {

/// Something with a deadline. Cancelled by unlink() or by destruction.
class Timer : public ListLink {
 public:
  using Fire = void (*)(Timer&);
  explicit Timer(Fire fire) : fire_(fire) {}
  Nanos deadline() const { return deadline_; }

 private:
  friend class TimerWheel;
  Fire fire_;
  Nanos deadline_ = 0;
};

/// A hashed wheel (Varghese and Lauck 1987): one turn is 17 s; later deadlines stay in their slot for more turns, which
/// costs one look per turn. A timer fires up to one tick (4.2 ms) late, never early.
class TimerWheel {
 public:
  explicit TimerWheel(Nanos now) : last_tick_(now >> kTickShift) {}

  /// Arms `timer` for `deadline` (monotonic); rearms it when it is armed already.
  void arm(Timer& timer, Nanos deadline);
  /// Fires all whose deadline has passed. A timer may be armed, cancelled or destroyed from within.
  void advance(Nanos now);
  /// Nanoseconds until the next slot that holds a timer, at most `limit`.
  Nanos until_next(Nanos now, Nanos limit) const;

 private:
  static constexpr unsigned kTickShift = 22;  // 4.2 ms: coarse enough that a burst of timers shares a wake-up
  static constexpr std::size_t kSlots = 4096;

  struct Slots {
    std::array<IntrusiveList<Timer>, kSlots> lists;
    // May name slots that have become empty since; they are cleared when looked at.
    std::array<std::uint64_t, kSlots / 64> occupied{};
  };

  void fire_slot(std::size_t slot, Nanos now);

  std::unique_ptr<Slots> slots_ = std::make_unique<Slots>();
  std::uint64_t last_tick_;
};

}  // namespace fairlead::loop
