#include "scheduler/wrr.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

using namespace fairlead;
using scheduler::Candidate;
using scheduler::Excluded;
using scheduler::kNobody;
using scheduler::WeightedRoundRobin;

namespace {

using Weights = std::vector<std::uint32_t>;

WeightedRoundRobin balancer(const Weights& weights) {
  std::vector<Candidate> candidates;
  for (const std::uint32_t weight : weights) candidates.push_back({weight});
  return WeightedRoundRobin(candidates);
}

std::uint64_t sum_of(const Weights& weights) {
  return std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
}

/// `count` picks as letters.
std::string picks(WeightedRoundRobin& chooser, std::size_t count, const Excluded& excluded = {}) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t index = chooser.pick({.excluded = excluded});
    text += index == kNobody ? '-' : static_cast<char>('a' + index);
  }
  return text;
}

/// Weight vectors of all shapes, the same in every run.
std::vector<Weights> samples() {
  std::vector<Weights> all = {{1},       {1, 1},       {90, 10}, {99, 1}, {1, 2, 3, 4, 5, 6, 7},
                              {5, 1, 1}, {0, 3, 0, 2}, {1000, 1}};
  std::uint64_t random = 42;
  const auto next = [&random](std::uint64_t below) {
    random = random * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::uint32_t>((random >> 33) % below);
  };
  for (int i = 0; i < 200; ++i) {
    Weights weights(1 + next(12));
    for (std::uint32_t& weight : weights) weight = next(20);
    weights[next(weights.size())] = 1 + next(30);
    all.push_back(weights);
  }
  return all;
}

std::string described(const Weights& weights) {
  std::string text;
  for (const std::uint32_t weight : weights) text += std::to_string(weight) + ' ';
  return text;
}

}  // namespace

TEST_CASE("shares are exact over every cycle, wherever it begins") {
  for (const Weights& weights : samples()) {
    CAPTURE(described(weights));
    WeightedRoundRobin chooser = balancer(weights);
    const std::uint64_t cycle = sum_of(weights);
    std::vector<std::uint32_t> order;
    for (std::uint64_t i = 0; i < 3 * cycle; ++i) order.push_back(chooser.pick({}));
    for (std::uint64_t start = 0; start <= 2 * cycle; start += 1 + cycle / 3) {
      for (std::uint32_t i = 0; i < weights.size(); ++i) {
        const auto from = order.begin() + static_cast<std::ptrdiff_t>(start);
        CHECK(std::count(from, from + static_cast<std::ptrdiff_t>(cycle), i) == weights[i]);
      }
    }
  }
}

TEST_CASE("after any number of picks nobody is a whole pick or more ahead of its share") {
  for (const Weights& weights : samples()) {
    CAPTURE(described(weights));
    WeightedRoundRobin chooser = balancer(weights);
    const auto total = static_cast<double>(sum_of(weights));
    std::vector<double> served(weights.size());
    for (std::uint64_t i = 1; i <= 2 * sum_of(weights); ++i) {
      const std::uint32_t index = chooser.pick({});
      REQUIRE(index < weights.size());
      served[index] += 1;
      for (std::size_t each = 0; each < weights.size(); ++each) {
        CHECK(served[each] - static_cast<double>(i) * weights[each] / total < 1.0);
      }
    }
  }
}

TEST_CASE("a heavy candidate is not served in bursts") {
  WeightedRoundRobin chooser = balancer({5, 1, 1});
  CHECK(picks(chooser, 14) == "aabacaaaabacaa");
  WeightedRoundRobin even = balancer({1, 1, 1});
  CHECK(picks(even, 7) == "abcabca");
}

TEST_CASE("a candidate of weight 0 is never chosen, also not when it is alone") {
  WeightedRoundRobin chooser = balancer({0, 1, 0, 1});
  CHECK(picks(chooser, 4) == "bdbd");
  WeightedRoundRobin zero = balancer({0, 0});
  CHECK(picks(zero, 3) == "---");
  WeightedRoundRobin empty = balancer({});
  CHECK(empty.pick({}) == kNobody);
}

TEST_CASE("an excluded candidate is passed over, the others keep their shares") {
  WeightedRoundRobin chooser = balancer({3, 2, 1});
  Excluded without_first;
  without_first.add(0);
  const std::string others = picks(chooser, 300, without_first);
  CHECK(std::count(others.begin(), others.end(), 'a') == 0);
  CHECK(std::count(others.begin(), others.end(), 'b') == 200);
  CHECK(std::count(others.begin(), others.end(), 'c') == 100);
  Excluded all = without_first;
  all.add(1);
  all.add(2);
  CHECK(chooser.pick({.excluded = all}) == kNobody);
  // Nobody has saved up for its return.
  const std::string after = picks(chooser, 600);
  CHECK(std::abs(std::count(after.begin(), after.end(), 'a') - 300) <= 1);
}

TEST_CASE("the largest weights do not overflow") {
  WeightedRoundRobin chooser = balancer({0xffffffff, 0xffffffff, 1});
  const std::string order = picks(chooser, 1000);
  CHECK(std::count(order.begin(), order.end(), 'a') == 500);
  CHECK(std::count(order.begin(), order.end(), 'b') == 500);
}

TEST_CASE("a look at the next choice does not change it") {
  WeightedRoundRobin chooser = balancer({3, 1, 2});
  for (int turn = 0; turn < 30; ++turn) {
    const std::uint32_t seen = chooser.peek({});
    CHECK(chooser.peek({}) == seen);
    CHECK(chooser.pick({}) == seen);
  }
  chooser.set_available(0, false, 0);
  const std::uint32_t seen = chooser.peek({});
  CHECK(chooser.pick({}) == seen);
  CHECK(balancer({0}).peek({}) == kNobody);
}

TEST_CASE("exclusion tells the first sixty-four apart") {
  Excluded excluded;
  CHECK(excluded.empty());
  excluded.add(0);
  excluded.add(63);
  excluded.add(64);
  CHECK(excluded.has(0));
  CHECK_FALSE(excluded.has(1));
  CHECK(excluded.has(63));
  CHECK_FALSE(excluded.has(64));
  CHECK_FALSE(excluded.has(kNobody));
}

TEST_CASE("every strategy of the wire format has a balancer, an unknown one has none") {
  const std::vector<Candidate> candidates = {{1}};
  CHECK(scheduler::make_balancer(wire::Strategy::kWrr, candidates)->pick({}) == 0);
  CHECK(scheduler::make_balancer(static_cast<wire::Strategy>(200), candidates) == nullptr);
}
