#include "scheduler/wrr.h"

#include "test/unit/native/scheduler/choosing.h"

using namespace fairlead;
using scheduler::Excluded;
using scheduler::kNobody;
using scheduler::WeightedRoundRobin;
using test::described;
using test::picks;
using test::samples;
using test::sum_of;
using test::Weights;

namespace {

WeightedRoundRobin balancer(const Weights& weights, const scheduler::Settings& settings = {}) {
  return WeightedRoundRobin(test::candidates(weights), settings);
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

TEST_CASE("who comes back is not flooded with what it has missed") {
  WeightedRoundRobin chooser = balancer({1, 1});
  chooser.set_available(0, false, 0);
  CHECK(picks(chooser, 50) == std::string(50, 'b'));
  chooser.set_available(0, true, 0);
  const std::string after = picks(chooser, 20);
  CHECK(test::count_of(after, 'a') == 10);
  CHECK(after.find("aaa") == std::string::npos);
}

TEST_CASE("workers begin at different servers, and together keep the shares from their first requests on") {
  // As many workers as servers of one weight: their first picks are all of them, and so are their second ones.
  for (int round = 0; round < 2; ++round) {
    std::string first;
    for (std::uint32_t worker = 0; worker < 4; ++worker) {
      WeightedRoundRobin chooser = balancer({1, 1, 1, 1}, {.worker = worker, .workers = 4});
      first += picks(chooser, 2)[static_cast<std::size_t>(round)];
    }
    std::sort(first.begin(), first.end());
    CHECK(first == "abcd");
  }
  // Weights 3 and 1 on two workers: after two picks each, the four are a cycle.
  std::string both;
  for (std::uint32_t worker = 0; worker < 2; ++worker) {
    WeightedRoundRobin chooser = balancer({3, 1}, {.worker = worker, .workers = 2});
    both += picks(chooser, 2);
  }
  CHECK(test::count_of(both, 'a') == 3);
}

TEST_CASE("over all workers nobody is a request per worker or more ahead of its share") {
  test::Numbers numbers(3);
  for (const Weights& weights : samples()) {
    CAPTURE(described(weights));
    const std::uint32_t workers = 1 + numbers.below(8);
    std::vector<std::unique_ptr<WeightedRoundRobin>> all;
    for (std::uint32_t worker = 0; worker < workers; ++worker) {
      const scheduler::Settings settings{.worker = worker, .workers = workers};
      all.push_back(std::make_unique<WeightedRoundRobin>(test::candidates(weights), settings));
    }
    std::vector<double> served(weights.size());
    const auto total = static_cast<double>(sum_of(weights));
    for (int i = 1; i <= 500; ++i) {
      served[all[numbers.below(workers)]->pick({})] += 1;
      for (std::size_t each = 0; each < weights.size(); ++each) {
        CHECK(served[each] - i * weights[each] / total < 1.0 * workers);
      }
    }
  }
}

TEST_CASE("a cycle that is too long to be walked through costs no time") {
  WeightedRoundRobin chooser = balancer({0xffffffff, 0xfffffffe, 1}, {.worker = 7, .workers = 8});
  CHECK(chooser.pick({}) < 3);
}
