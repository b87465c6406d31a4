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
/// costs one look per turn. A timer fires up to one tick (4.2 ms) late, never early; later only when more timers are due
/// at once than one turn of the loop fires.
class TimerWheel {
 public:
  explicit TimerWheel(Nanos now) : last_tick_(now >> kTickShift) {}

  /// Arms `timer` for `deadline` (monotonic); rearms it when it is armed already.
  void arm(Timer& timer, Nanos deadline);
  /// What one advance() fires at most. Closing a connection takes some 10 µs: so a storm of timers (ten thousand clients
  /// that connected in the same moment and never spoke) holds up everybody else for 10 ms at a time.
  static constexpr unsigned kMostAtOnce = 1000;

  /// Fires those whose deadline has passed, up to kMostAtOnce; the next call goes on, and until_next() says 0 meanwhile.
  /// A timer may be armed, cancelled or destroyed from within.
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

  bool fire_slot(Nanos now, unsigned& budget);
  void put(Timer& timer, std::size_t slot);

  std::unique_ptr<Slots> slots_ = std::make_unique<Slots>();
  /// The tick whose slot is being fired, or was fired last.
  std::uint64_t last_tick_;
  /// While that slot is not done with: in its list, behind the last timer that was there when its time came.
  Timer end_of_slot_{nullptr};
};

}  // namespace fairlead::loop
