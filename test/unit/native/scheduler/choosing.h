// What the tests of strategies share: weights of all shapes, picks as letters, and servers that answer as told.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "scheduler/balancer.h"

namespace fairlead::test {

using Weights = std::vector<std::uint32_t>;

/// All strategies there are.
inline constexpr wire::Strategy kStrategies[] = {wire::Strategy::kWrr,       wire::Strategy::kDrr,
                                                 wire::Strategy::kHrw,       wire::Strategy::kLeastconn,
                                                 wire::Strategy::kLeasttime, wire::Strategy::kP2c};

/// Numbers that look random and are the same in every run.
class Numbers {
 public:
  explicit Numbers(std::uint64_t seed = 42) : state_(seed) {}
  std::uint64_t bits() {
    std::uint64_t x = state_ += 0x9E3779B97F4A7C15ULL;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    return x ^ (x >> 31);
  }
  std::uint32_t below(std::uint64_t bound) { return static_cast<std::uint32_t>((bits() >> 33) % bound); }

 private:
  std::uint64_t state_;
};

inline std::vector<scheduler::Candidate> candidates(const Weights& weights, std::uint64_t first_key = 1) {
  std::vector<scheduler::Candidate> all;
  Numbers keys(first_key);
  for (const std::uint32_t weight : weights) all.push_back({weight, keys.bits()});
  return all;
}

inline std::unique_ptr<scheduler::Balancer> balancer(wire::Strategy strategy, const Weights& weights,
                                                     const scheduler::Settings& settings = {}) {
  return scheduler::make_balancer(strategy, candidates(weights), settings);
}

inline std::uint64_t sum_of(const Weights& weights) {
  return std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
}

inline std::string described(const Weights& weights) {
  std::string text;
  for (const std::uint32_t weight : weights) text += std::to_string(weight) + ' ';
  return text;
}

/// Weight vectors of all shapes, the same in every run.
inline std::vector<Weights> samples() {
  std::vector<Weights> all = {{1},       {1, 1},       {90, 10}, {99, 1}, {1, 2, 3, 4, 5, 6, 7},
                              {5, 1, 1}, {0, 3, 0, 2}, {1000, 1}};
  Numbers numbers;
  for (int i = 0; i < 200; ++i) {
    Weights weights(1 + numbers.below(12));
    for (std::uint32_t& weight : weights) weight = numbers.below(20);
    weights[numbers.below(weights.size())] = 1 + numbers.below(30);
    all.push_back(weights);
  }
  return all;
}

/// `count` picks as letters; what is picked ends at once when `ends` is set, else it stays in flight.
inline std::string picks(scheduler::Balancer& chooser, std::size_t count, const scheduler::Excluded& excluded = {}) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t index = chooser.pick({.excluded = excluded});
    text += index == scheduler::kNobody ? '-' : static_cast<char>('a' + index);
  }
  return text;
}

inline std::ptrdiff_t count_of(const std::string& picked, char letter) {
  return std::count(picked.begin(), picked.end(), letter);
}

/// Servers behind a balancer, on a clock that goes on by as much as there is between two requests. Each request ends
/// before the next one begins.
class Traffic {
 public:
  Traffic(scheduler::Balancer& chooser, std::size_t servers)
      : latency(servers, kMillisecond), fails(servers), chooser_(chooser) {}

  /// Sends one request; whom it went to.
  std::uint32_t send() {
    now += between;
    const std::uint32_t index = chooser_.pick({.key = clients_.bits(), .now = now});
    if (index == scheduler::kNobody) return index;
    chooser_.sent(index);
    chooser_.ended(index, {now + latency[index], latency[index], fails[index]});
    return index;
  }
  /// How many of `count` requests went to each.
  std::vector<std::uint64_t> send(std::size_t count) {
    std::vector<std::uint64_t> served(latency.size());
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t index = send();
      if (index != scheduler::kNobody) ++served[index];
    }
    return served;
  }

  Nanos now = kSecond;
  Nanos between = kMillisecond;
  std::vector<Nanos> latency;
  std::vector<bool> fails;

 private:
  scheduler::Balancer& chooser_;
  Numbers clients_{7};
};

}  // namespace fairlead::test
