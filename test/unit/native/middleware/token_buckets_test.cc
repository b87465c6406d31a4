#include "middleware/token_buckets.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <barrier>
#include <cmath>
#include <cstdint>
#include <random>
#include <thread>
#include <vector>

namespace fairlead::middleware {
namespace {

constexpr SourceKey kSource{1, 2};

TEST_CASE("a burst passes at once and the next request waits its turn") {
  TokenBuckets buckets({.average = 10, .period = kSecond, .burst = 3, .max_delay = 50 * kMillisecond}, 0);
  for (int i = 0; i < 3; ++i) {
    const TokenBuckets::Decision decision = buckets.take(kSource, kSecond);
    CHECK(decision.admitted);
    CHECK(decision.delay == 0);
  }
  const TokenBuckets::Decision refused = buckets.take(kSource, kSecond);
  CHECK_FALSE(refused.admitted);
  CHECK(refused.delay == 100 * kMillisecond);

  const TokenBuckets::Decision delayed = buckets.take(kSource, kSecond + 60 * kMillisecond);
  CHECK(delayed.admitted);
  CHECK(delayed.delay == 40 * kMillisecond);
}

TEST_CASE("a refused request takes nothing") {
  TokenBuckets buckets({.average = 1, .period = kSecond, .burst = 1, .max_delay = 0}, 0);
  CHECK(buckets.take(kSource, 0).admitted);
  for (int i = 0; i < 10; ++i) CHECK_FALSE(buckets.take(kSource, kSecond / 2).admitted);
  CHECK(buckets.take(kSource, kSecond).admitted);
}

TEST_CASE("what is left of a bucket is told") {
  TokenBuckets buckets({.average = 10, .period = kSecond, .burst = 3, .max_delay = 50 * kMillisecond}, 0);
  const auto left = [&](Nanos now) { return buckets.take(kSource, now).spare / buckets.interval(); };
  CHECK(left(kSecond) == 2);
  CHECK(left(kSecond) == 1);
  CHECK(left(kSecond) == 0);
  CHECK(left(kSecond) == 0);
  CHECK(left(10 * kSecond) == 2);
}

TEST_CASE("sources do not share a bucket") {
  TokenBuckets buckets({.average = 1, .period = kSecond, .burst = 1, .max_delay = 0}, 0);
  CHECK(buckets.take({1, 1}, 0).admitted);
  CHECK(buckets.take({1, 2}, 0).admitted);
  CHECK(buckets.take({2, 1}, 0).admitted);
  CHECK_FALSE(buckets.take({1, 1}, 0).admitted);
}

TEST_CASE("an older time of another thread is harmless") {
  TokenBuckets buckets({.average = 1, .period = kSecond, .burst = 1, .max_delay = 0}, 5 * kSecond);
  CHECK(buckets.take(kSource, 6 * kSecond).admitted);
  CHECK_FALSE(buckets.take(kSource, 5 * kSecond).admitted);
  CHECK(buckets.take({9, 9}, kSecond).admitted);
}

TEST_CASE("extreme limits do not wrap around") {
  const BucketLimits limits[] = {
      {.average = 1, .period = ~Nanos{0}, .burst = ~std::uint64_t{0}, .max_delay = ~Nanos{0}},
      {.average = ~std::uint64_t{0}, .period = 1, .burst = ~std::uint64_t{0}, .max_delay = 0},
      {.average = ~std::uint64_t{0}, .period = 1, .burst = 1, .max_delay = 0},
  };
  for (const BucketLimits& limit : limits) {
    TokenBuckets buckets(limit, 0);
    CHECK(buckets.take(kSource, 1000 * kSecond).admitted);
    CHECK(buckets.take(kSource, 1001 * kSecond).admitted);
  }
}

/// Random arrivals, several thousand for each limit: whatever the window, no more requests start in it than the burst
/// and the rate allow.
TEST_CASE("never more than burst + rate x time, in any window") {
  std::mt19937_64 random(20240607);
  for (int round = 0; round < 60; ++round) {
    const std::uint64_t average = 1 + random() % 1000;
    const Nanos period = 1 + random() % (10 * kSecond);
    const std::uint64_t burst = 1 + random() % 20;
    const Nanos interval = period / average;
    const Nanos max_delay = random() % 2 == 0 ? 0 : interval / 2;
    CAPTURE(average);
    CAPTURE(period);
    CAPTURE(burst);
    TokenBuckets buckets({.average = average, .period = period, .burst = burst, .max_delay = max_delay}, 0);

    std::vector<Nanos> starts;
    Nanos now = random() % kSecond;
    for (int i = 0; i < 1000; ++i) {
      now += random() % (random() % 50 == 0 ? interval * burst + 1 : interval + 1);
      const TokenBuckets::Decision decision = buckets.take(kSource, now);
      if (decision.admitted) starts.push_back(now + decision.delay);
      if (decision.admitted) CHECK(decision.delay <= max_delay);
    }
    REQUIRE(starts.size() >= burst);
    CHECK(std::is_sorted(starts.begin(), starts.end()));
    // A window that holds `burst` + k requests must be at least k intervals long; windows of every length.
    bool holds = true;
    for (std::size_t k = 0; burst + k < starts.size(); k = k * 2 + 1) {
      for (std::size_t first = 0; first + burst + k < starts.size(); ++first) {
        const double window = static_cast<double>(starts[first + burst + k] - starts[first]);
        const double allowed =
            static_cast<double>(burst) + window * static_cast<double>(average) / static_cast<double>(period);
        // One nanosecond of rounding, in tokens.
        const double slack = static_cast<double>(average) / static_cast<double>(period) + 1e-6;
        holds = holds && static_cast<double>(burst + k + 1) <= allowed + slack;
      }
    }
    CHECK(holds);
  }
}

TEST_CASE("the configured rate is reached") {
  TokenBuckets buckets({.average = 1000, .period = kSecond, .burst = 1, .max_delay = kMillisecond / 2}, 0);
  int admitted = 0;
  for (Nanos now = 0; now < 10 * kSecond; now += 100 * kMicrosecond)
    admitted += buckets.take(kSource, now).admitted ? 1 : 0;
  CHECK(admitted >= 9'990);
  CHECK(admitted <= 10'001);
}

TEST_CASE("memory is bounded, and full buckets are forgotten first") {
  TokenBuckets buckets({.average = 1, .period = kSecond, .burst = 1, .max_delay = 0}, 0);
  Nanos now = 0;
  for (std::uint64_t i = 0; i < 4 * TokenBuckets::kMaxSources; ++i) {
    // Nobody's bucket fills up in this time.
    now += 1;
    CHECK_MESSAGE(buckets.take({i, ~i}, now).admitted, "source ", i);
  }
  CHECK(buckets.size() <= TokenBuckets::kMaxSources);
  CHECK(buckets.size() >= TokenBuckets::kMaxSources * 9 / 10);

  now += 2 * kSecond;
  for (std::uint64_t i = 0; i < 10'000; ++i) CHECK(buckets.take({i, i * i}, now).admitted);
  CHECK(buckets.size() < 20'000);
  for (std::uint64_t i = 0; i < 10'000; ++i) CHECK_FALSE(buckets.take({i, i * i}, now).admitted);
}

TEST_CASE("who was seen last is remembered when memory runs out") {
  TokenBuckets buckets({.average = 1, .period = kSecond, .burst = 1, .max_delay = 0}, 0);
  constexpr std::uint64_t kSources = 2 * TokenBuckets::kMaxSources;
  for (std::uint64_t i = 0; i < kSources; ++i) CHECK(buckets.take({i, ~i}, i).admitted);
  for (std::uint64_t i = kSources - 1000; i < kSources; ++i) CHECK_FALSE(buckets.take({i, ~i}, kSources).admitted);
}

TEST_CASE("threads share one budget") {
  constexpr int kThreads = 4;
  constexpr std::uint64_t kBurst = 100'000;
  std::barrier start(kThreads);
  TokenBuckets buckets({.average = 1, .period = 3600 * kSecond, .burst = kBurst, .max_delay = 0}, 0);
  std::vector<std::uint64_t> admitted(kThreads);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&buckets, &admitted, &start, t] {
      start.arrive_and_wait();
      for (int i = 0; i < 60'000; ++i) admitted[t] += buckets.take(kSource, kSecond).admitted ? 1 : 0;
    });
  }
  std::uint64_t sum = 0;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads[t].join();
    sum += admitted[t];
  }
  CHECK(sum == kBurst);
}

}  // namespace
}  // namespace fairlead::middleware
