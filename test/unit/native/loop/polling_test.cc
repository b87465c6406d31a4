#include "loop/polling.h"

#include <doctest/doctest.h>

#include <initializer_list>

using namespace fairlead;
using loop::Polling;

namespace {

constexpr Nanos kLimit = 50 * kMicrosecond;
std::uint64_t preemptions;

/// Grants until one is refused, at most `most`; each finds something.
int lucky_grants(Polling& polling, Nanos now, int most) {
  for (int i = 0; i < most; ++i) {
    if (polling.grant(now, true, true) == 0) return i;
    polling.settle(now, kMicrosecond, true);
  }
  return most;
}

Polling adaptive() {
  preemptions = 0;
  Polling polling([] { return preemptions; });
  polling.set(Polling::Mode::kAdaptive, kLimit);
  return polling;
}

}  // namespace

TEST_CASE("nothing is granted while it is off, nor without a limit") {
  Polling polling;
  CHECK(polling.grant(0, true, true) == 0);
  polling.set(Polling::Mode::kFixed, 0);
  CHECK(polling.grant(0, true, true) == 0);
}

TEST_CASE("the fixed kind grants its limit while something is going on") {
  Polling polling;
  polling.set(Polling::Mode::kFixed, kLimit);
  CHECK(polling.grant(0, true, false) == kLimit);
  CHECK(polling.grant(0, false, true) == kLimit);
  CHECK(polling.grant(0, false, false) == 0);
  for (int i = 0; i < 1000; ++i) polling.settle(0, kLimit, false);
  CHECK(polling.grant(0, true, true) == kLimit);
}

TEST_CASE("the adaptive kind goes on as long as it pays, and asks ever more seldom when it does not") {
  Polling polling = adaptive();
  CHECK(lucky_grants(polling, 0, 1000) == 1000);
  int granted = 0;
  for (int i = 0; i < 100'000; ++i) {
    if (polling.grant(0, true, true) == 0) continue;
    ++granted;
    polling.settle(0, kLimit, false);
  }
  CHECK(granted > 300);
  CHECK(granted < 500);
  int waits = 0;
  while (polling.grant(0, true, true) == 0) ++waits;
  CHECK(waits < 256);
  polling.settle(0, kMicrosecond, true);
  CHECK(lucky_grants(polling, 0, 100) == 100);
}

TEST_CASE("the adaptive kind pauses when others want the processor, longer each time, and comes back") {
  Polling polling = adaptive();
  Nanos now = kSecond;
  for (const Nanos pause : {100, 200, 400, 800, 1600, 3200, 6400, 10'000, 10'000}) {
    CHECK(polling.grant(now, true, true) == kLimit);
    preemptions += 10;
    CHECK(lucky_grants(polling, now, 1000) < 64);
    now += pause * kMillisecond - 1;
    CHECK(polling.grant(now, true, true) == 0);
    ++now;
    CHECK(polling.grant(now, true, true) == kLimit);
  }
  CHECK(lucky_grants(polling, now, 1000) == 1000);
  preemptions += 10;
  CHECK(lucky_grants(polling, now, 1000) < 64);
  CHECK(polling.grant(now + 100 * kMillisecond, true, true) == kLimit);
}

TEST_CASE("a wait that took far longer than granted was somebody else's time") {
  Polling polling = adaptive();
  CHECK(polling.grant(0, true, true) == kLimit);
  polling.settle(0, 5 * kMillisecond, true);
  CHECK(polling.grant(50 * kMillisecond, true, true) == 0);
  CHECK(polling.grant(100 * kMillisecond, true, true) == kLimit);
}
