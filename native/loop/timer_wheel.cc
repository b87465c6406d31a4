#include "loop/timer_wheel.h"

#include <algorithm>

namespace fairlead::loop {

void TimerWheel::put(Timer& timer, std::size_t slot) {
  slots_->lists[slot].push_back(timer);
  slots_->occupied[slot / 64] |= 1ULL << (slot % 64);
}

void TimerWheel::arm(Timer& timer, Nanos deadline) {
  timer.unlink();
  timer.deadline_ = deadline;
  // The tick after the deadline: the whole of its slot has passed when it is looked at.
  const std::uint64_t tick = std::max((deadline >> kTickShift) + 1, last_tick_ + 1);
  put(timer, tick % kSlots);
}

void TimerWheel::advance(Nanos now) {
  const std::uint64_t tick = now >> kTickShift;
  unsigned budget = kMostAtOnce;
  if (end_of_slot_.linked() && !fire_slot(now, budget)) return;
  // Once around is enough.
  if (tick > last_tick_ + kSlots) last_tick_ = tick - kSlots;
  while (last_tick_ < tick) {
    const std::size_t slot = ++last_tick_ % kSlots;
    std::uint64_t& word = slots_->occupied[slot / 64];
    const std::uint64_t bit = 1ULL << (slot % 64);
    if ((word & bit) == 0) continue;
    word &= ~bit;
    slots_->lists[slot].push_back(end_of_slot_);
    if (!fire_slot(now, budget)) return;
  }
}

/// Fires the slot of last_tick_ up to its mark. False: the budget did not suffice.
bool TimerWheel::fire_slot(Nanos now, unsigned& budget) {
  const std::size_t slot = last_tick_ % kSlots;
  IntrusiveList<Timer>& list = slots_->lists[slot];
  while (Timer* timer = list.front()) {
    if (timer == &end_of_slot_) break;
    if (budget == 0) return false;
    --budget;
    timer->unlink();
    if (timer->deadline_ > now) {
      put(*timer, slot);
    } else {
      timer->fire_(*timer);
    }
  }
  end_of_slot_.unlink();
  return true;
}

Nanos TimerWheel::until_next(Nanos now, Nanos limit) const {
  if (end_of_slot_.linked()) return 0;
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
