#include "stats/counters.h"

#include <doctest/doctest.h>

#include <set>
#include <string_view>
#include <thread>

using namespace fairlead;
using stats::Counter;
using stats::Counters;

TEST_CASE("counters start at zero, go up, and gauges down again") {
  Counters counters;
  CHECK(counters.get(Counter::kRequestsTotal) == 0);
  counters.add(Counter::kRequestsTotal);
  counters.add(Counter::kRequestsTotal, 41);
  counters.add(Counter::kRequestsActive, 3);
  counters.subtract(Counter::kRequestsActive);
  counters.subtract(Counter::kRequestsActive, 2);
  counters.set(Counter::kBuffersBytes, 7);
  CHECK(counters.get(Counter::kRequestsTotal) == 42);
  CHECK(counters.get(Counter::kRequestsActive) == 0);
  CHECK(counters.get(Counter::kBuffersBytes) == 7);
}

TEST_CASE("another thread may read while one writes, and sees numbers that only grow") {
  constexpr std::uint64_t kTimes = 200'000;
  Counters counters;
  std::thread writer([&] {
    for (std::uint64_t i = 0; i < kTimes; ++i) counters.add(Counter::kBytesSent, 2);
  });
  std::uint64_t last = 0;
  bool grows = true;
  while (last < 2 * kTimes) {
    const std::uint64_t now = counters.get(Counter::kBytesSent);
    grows = grows && now >= last && now % 2 == 0;
    last = now;
  }
  writer.join();
  CHECK(grows);
  CHECK(last == 2 * kTimes);
}

TEST_CASE("every reason has a counter of its own, named after it") {
  std::set<Counter> seen;
  for (std::uint16_t i = 0; i < static_cast<std::uint16_t>(Reason::kCount); ++i) {
    const auto reason = static_cast<Reason>(i);
    const Counter counter = stats::reason_counter(reason);
    CAPTURE(reason_name(reason));
    CHECK(seen.insert(counter).second);
    const std::string_view name = stats::kCounterNames[static_cast<std::size_t>(counter)];
    CHECK(name.starts_with("reason_"));
    CHECK(name.substr(7) == reason_name(reason));
  }
  CHECK(*seen.rbegin() < Counter::kCount);
}

TEST_CASE("two workers' counters share no cache line") {
  CHECK(alignof(Counters) == 64);
  CHECK(sizeof(Counters) % 64 == 0);
}
