#include "loop/timer_wheel.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

using namespace fairlead;
using loop::Timer;
using loop::TimerWheel;

namespace {

constexpr Nanos kTick = Nanos{1} << 22;
constexpr Nanos kTurn = 4096 * kTick;
constexpr Nanos kStart = 1'000'000 * kTick + 12'345;

/// Does what it is told when it fires, and counts.
struct Probe : Timer {
  explicit Probe(std::function<void()> action = {}) : Timer(fired), then(std::move(action)) {}
  static void fired(Timer& timer) {
    auto& self = static_cast<Probe&>(timer);
    ++self.count;
    if (self.then) self.then();
  }
  std::function<void()> then;
  int count = 0;
};

/// The first of the times at which `timer` has fired, advancing by `step`.
Nanos fires_at(TimerWheel& wheel, Probe& timer, Nanos from, Nanos step) {
  Nanos now = from;
  while (timer.count == 0) wheel.advance(now += step);
  return now;
}

}  // namespace

TEST_CASE("a timer fires within one tick after its deadline, never before") {
  const Nanos delays[] = {0,       1,         kTick - 1, kTick,     kTick + 1,   10 * kMillisecond,
                          kSecond, kTurn - 1, kTurn,     kTurn + 1, 60 * kSecond};
  for (const Nanos delay : delays) {
    CAPTURE(delay);
    TimerWheel wheel(kStart);
    Probe timer;
    wheel.arm(timer, kStart + delay);

    const Nanos at = fires_at(wheel, timer, kStart, 100 * kMicrosecond);

    CHECK(at >= kStart + delay);
    CHECK(at <= kStart + delay + kTick + 100 * kMicrosecond);
    wheel.advance(at + 2 * kTurn);
    CHECK(timer.count == 1);
  }
}

TEST_CASE("a deadline that has passed already fires in the next tick") {
  TimerWheel wheel(kStart);
  Probe timer;
  wheel.arm(timer, kStart - 10 * kTurn);
  wheel.advance(kStart + kTick);
  CHECK(timer.count == 1);
}

TEST_CASE("a wheel that was not looked at for several turns fires everything that is due, once") {
  TimerWheel wheel(kStart);
  std::vector<std::unique_ptr<Probe>> timers;
  for (int i = 0; i < 1000; ++i) {
    timers.push_back(std::make_unique<Probe>());
    wheel.arm(*timers.back(), kStart + static_cast<Nanos>(i) * 97 * kMillisecond);
  }
  const Nanos now = kStart + 50 * kSecond;
  wheel.advance(now);
  wheel.advance(now + kTick);
  for (const auto& timer : timers) CHECK(timer->count == (timer->deadline() <= now ? 1 : 0));
}

TEST_CASE("a deadline several turns away waits for all of them") {
  TimerWheel wheel(kStart);
  Probe timer;
  wheel.arm(timer, kStart + 5 * kTurn + kTick / 2);
  for (Nanos now = kStart; now < kStart + 5 * kTurn; now += kTurn / 16) wheel.advance(now);
  CHECK(timer.count == 0);
  CHECK(timer.linked());
  wheel.advance(kStart + 5 * kTurn + 2 * kTick);
  CHECK(timer.count == 1);
}

TEST_CASE("arming again moves the deadline") {
  TimerWheel wheel(kStart);
  Probe timer;
  wheel.arm(timer, kStart + 10 * kTick);
  wheel.arm(timer, kStart + 20 * kTick);
  wheel.advance(kStart + 12 * kTick);
  CHECK(timer.count == 0);
  wheel.arm(timer, kStart + 14 * kTick);
  wheel.advance(kStart + 15 * kTick);
  CHECK(timer.count == 1);
  wheel.advance(kStart + 30 * kTick);
  CHECK(timer.count == 1);
}

TEST_CASE("a timer that is cancelled or destroyed never fires") {
  TimerWheel wheel(kStart);
  Probe cancelled;
  auto destroyed = std::make_unique<Probe>();
  wheel.arm(cancelled, kStart + kTick);
  wheel.arm(*destroyed, kStart + kTick);
  cancelled.unlink();
  destroyed.reset();
  wheel.advance(kStart + 10 * kTick);
  CHECK(cancelled.count == 0);
}

TEST_CASE("a timer may cancel and destroy others of its own slot while it fires") {
  TimerWheel wheel(kStart);
  Probe second;
  auto third = std::make_unique<Probe>();
  Probe last;
  Probe first([&] {
    second.unlink();
    third.reset();
  });
  for (Probe* timer : {&first, &second, third.get(), &last}) wheel.arm(*timer, kStart + kTick);
  wheel.advance(kStart + 3 * kTick);
  CHECK(first.count == 1);
  CHECK(second.count == 0);
  CHECK(last.count == 1);
}

TEST_CASE("a timer may arm itself again while it fires, and does not fire twice in one look") {
  TimerWheel wheel(kStart);
  Nanos now = kStart;
  Probe timer;
  timer.then = [&] { wheel.arm(timer, now); };
  wheel.arm(timer, now);
  for (int i = 1; i <= 5; ++i) {
    wheel.advance(now += kTick);
    CHECK(timer.count == i);
  }
  // Armed for a later turn from within its own slot.
  timer.then = [&] { wheel.arm(timer, now + kTurn); };
  wheel.advance(now += kTick);
  wheel.advance(now += kTick);
  CHECK(timer.count == 6);
}

TEST_CASE("until_next() tells how long the loop may sleep") {
  constexpr Nanos kLimit = 10 * kSecond;
  CHECK(TimerWheel(kStart).until_next(kStart, kLimit) == kLimit);
  const Nanos delays[] = {1, kTick, 64 * kTick, 65 * kTick, 1000 * kTick, 2300 * kTick};
  for (const Nanos delay : delays) {
    CAPTURE(delay);
    TimerWheel wheel(kStart);
    Probe timer;
    wheel.arm(timer, kStart + delay);
    const Nanos sleep = wheel.until_next(kStart, kLimit);
    CHECK(sleep >= std::min(delay, kLimit));
    CHECK(sleep <= std::min(delay + kTick, kLimit));
    // The sleeper has overslept: it must not sleep again.
    if (delay < kLimit) CHECK(wheel.until_next(kStart + delay + 2 * kTick, kLimit) == 0);
  }
  TimerWheel wheel(kStart);
  Probe far;
  wheel.arm(far, kStart + 100 * kSecond);
  CHECK(wheel.until_next(kStart, kLimit) <= kLimit);
  CHECK(wheel.until_next(kStart, kTick) <= kTick);
}

TEST_CASE("a cancelled timer costs one look at its slot, no more") {
  TimerWheel wheel(kStart);
  Probe timer;
  wheel.arm(timer, kStart + 5 * kTick);
  timer.unlink();
  CHECK(wheel.until_next(kStart, kSecond) <= 6 * kTick);
  wheel.advance(kStart + 6 * kTick);
  CHECK(wheel.until_next(kStart + 6 * kTick, kSecond) == kSecond);
}

TEST_CASE("sleeping for until_next() again and again fires every timer in time") {
  TimerWheel wheel(kStart);
  std::vector<std::unique_ptr<Probe>> timers;
  std::uint64_t random = 1;
  for (int i = 0; i < 500; ++i) {
    random = random * 6364136223846793005ULL + 1442695040888963407ULL;
    timers.push_back(std::make_unique<Probe>());
    wheel.arm(*timers.back(), kStart + (random >> 33) % (40 * kSecond));
  }
  Nanos now = kStart;
  while (now < kStart + 45 * kSecond) {
    now += wheel.until_next(now, 10 * kSecond) + kMicrosecond;
    wheel.advance(now);
    for (const auto& timer : timers) {
      if (timer->count == 0) CHECK(timer->deadline() + kTick + 2 * kMicrosecond >= now);
      if (timer->count == 1) CHECK(timer->deadline() <= now);
    }
  }
  for (const auto& timer : timers) CHECK(timer->count == 1);
}

TEST_CASE(
    "E14: of a hundred thousand timers that are due at once a turn fires a bounded number, and none is forgotten") {
  TimerWheel wheel(kStart);
  constexpr int kTimers = 100'000;
  std::vector<std::unique_ptr<Probe>> timers;
  int fired = 0;
  for (int i = 0; i < kTimers; ++i) {
    timers.push_back(std::make_unique<Probe>([&fired] { ++fired; }));
    wheel.arm(*timers.back(), kStart + kSecond + i % 3 * kTick);
  }
  // In the same slot, a turn of the wheel later.
  Probe later;
  wheel.arm(later, kStart + kSecond + kTurn);
  timers[kTimers - 1]->unlink();

  // Due already, armed by a timer in the middle of it: its turn comes with the others.
  Probe armed_meanwhile;
  timers[50'000]->then = [&] {
    ++fired;
    wheel.arm(armed_meanwhile, kStart);
  };
  const Nanos now = kStart + kSecond + 4 * kTick;
  int turns = 0;
  while (fired < kTimers - 1) {
    const int before = fired;
    wheel.advance(now);
    CHECK(fired - before <= static_cast<int>(TimerWheel::kMostAtOnce));
    REQUIRE(fired > before);
    if (fired < kTimers - 1) CHECK(wheel.until_next(now, kSecond) == 0);
    ++turns;
  }
  CHECK(turns <= kTimers / static_cast<int>(TimerWheel::kMostAtOnce) + 2);
  wheel.advance(now + kTick);
  wheel.advance(now + 2 * kTick);
  CHECK(armed_meanwhile.count == 1);
  CHECK(later.count == 0);
  CHECK(wheel.until_next(now + 2 * kTick, 10 * kSecond) > kSecond);
  wheel.advance(now + kTurn);
  CHECK(later.count == 1);
  for (int i = 0; i < kTimers - 1; ++i) REQUIRE(timers[static_cast<std::size_t>(i)]->count == 1);
  CHECK(timers[kTimers - 1]->count == 0);
}
