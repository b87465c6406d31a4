#include "loop/timer_wheel.h"

#include <algorithm>

namespace fairlead::loop {

void TimerWheel::arm(Timer& timer, Nanos deadline) {
  timer.unlink();
  timer.deadline_ = deadline;
  // The tick after the deadline: the whole of its slot has passed when it is looked at.
  const std::uint64_t tick = std::max((deadline >> kTickShift) + 1, last_tick_ + 1);
  const std::size_t slot = tick % kSlots;
  slots_->lists[slot].push_back(timer);
  slots_->occupied[slot / 64] |= 1ULL << (slot % 64);
}

void TimerWheel::advance(Nanos now) {
  const std::uint64_t tick = now >> kTickShift;
  if (tick <= last_tick_) return;
  const std::uint64_t steps = std::min<std::uint64_t>(tick - last_tick_, kSlots);
  const std::uint64_t first = tick - steps + 1;
  last_tick_ = tick;
  for (std::uint64_t at = first; at <= tick; ++at) {
    const std::size_t slot = at % kSlots;
    if ((slots_->occupied[slot / 64] >> (slot % 64) & 1) != 0) fire_slot(slot, now);
  }
}

void TimerWheel::fire_slot(std::size_t slot, Nanos now) {
  IntrusiveList<Timer> due;
  due.take_all(slots_->lists[slot]);
  slots_->occupied[slot / 64] &= ~(1ULL << (slot % 64));
  while (Timer* timer = due.pop_front()) {
    if (timer->deadline_ > now) {
      slots_->lists[slot].push_back(*timer);
      slots_->occupied[slot / 64] |= 1ULL << (slot % 64);
    } else {
      timer->fire_(*timer);
    }
  }
}

Nanos TimerWheel::until_next(Nanos now, Nanos limit) const {
  const std::uint64_t ticks = std::min<std::uint64_t>((limit >> kTickShift) + 1, kSlots - 1);
  for (std::uint64_t step = 1; step <= ticks;) {
    const std::size_t slot = (last_tick_ + step) % kSlots;
    const std::uint64_t word = slots_->occupied[slot / 64] >> (slot % 64);
    if (word == 0) {
      step += 64 - slot % 64;
      continue;
    }
    step += static_cast<std::uint64_t>(__builtin_ctzll(word));
    const Nanos at = (last_tick_ + step) << kTickShift;
    return at <= now ? 0 : std::min(at - now, limit);
  }
  return limit;
}

}  // namespace fairlead::loop
