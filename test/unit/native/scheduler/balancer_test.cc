// What holds for every strategy.
#include "scheduler/balancer.h"

#include "test/unit/native/scheduler/choosing.h"

using namespace fairlead;
using scheduler::Balancer;
using scheduler::Candidate;
using scheduler::Excluded;
using scheduler::kNobody;
using test::balancer;
using test::Weights;

TEST_CASE("exclusion tells any number apart") {
  Excluded excluded;
  CHECK(excluded.empty());
  for (const std::uint32_t index : {0U, 63U, 64U, 1000U, kNobody}) excluded.add(index);
  for (std::uint32_t index = 0; index < 2000; ++index) {
    CHECK(excluded.has(index) == (index == 0 || index == 63 || index == 64 || index == 1000));
  }
  CHECK_FALSE(excluded.has(kNobody));
  Excluded late;
  late.add(64);
  CHECK_FALSE(late.empty());
  const Excluded copy = late;
  CHECK(copy.has(64));
  CHECK_FALSE(copy.has(65));
}

TEST_CASE("every strategy of the wire format has a balancer, an unknown one has none") {
  for (const wire::Strategy strategy : test::kStrategies) CHECK(balancer(strategy, {1})->pick({}) == 0);
  const std::vector<Candidate> one = {{1}};
  CHECK(scheduler::make_balancer(static_cast<wire::Strategy>(200), one) == nullptr);
}

TEST_CASE("nobody is chosen who has no weight, is not available or is excluded, whatever else happens") {
  test::Numbers numbers(11);
  for (const wire::Strategy strategy : test::kStrategies) {
    CAPTURE(static_cast<int>(strategy));
    for (const Weights& weights : test::samples()) {
      CAPTURE(test::described(weights));
      const std::unique_ptr<Balancer> chooser = balancer(strategy, weights);
      std::vector<bool> up(weights.size(), true);
      std::vector<std::uint32_t> in_flight;
      Nanos now = kSecond;
      for (int i = 0; i < 300; ++i) {
        now += numbers.below(2 * kSecond);
        const std::uint32_t changing = numbers.below(weights.size());
        if (numbers.below(4) == 0) {
          up[changing] = !up[changing];
          chooser->set_available(changing, up[changing], now);
        }
        Excluded excluded;
        for (std::uint32_t index = 0; index < weights.size(); ++index) {
          if (numbers.below(3) == 0) excluded.add(index);
        }
        bool anybody = false;
        bool usable = false;
        for (std::uint32_t index = 0; index < weights.size(); ++index) {
          const bool available = weights[index] > 0 && up[index];
          CHECK(chooser->available(index) == available);
          anybody = anybody || available;
          usable = usable || (available && !excluded.has(index));
        }
        CHECK(chooser->anybody() == anybody);
        const scheduler::Ask ask{excluded, numbers.bits(), now};
        const std::uint32_t seen = chooser->peek(ask);
        CHECK(chooser->peek(ask) == seen);
        const std::uint32_t index = chooser->pick(ask);
        CHECK(index == seen);
        REQUIRE((index != kNobody) == usable);
        if (index != kNobody) {
          CHECK(weights[index] > 0);
          CHECK(up[index]);
          CHECK_FALSE(excluded.has(index));
          chooser->sent(index);
          in_flight.push_back(index);
        }
        while (in_flight.size() > numbers.below(20)) {
          chooser->ended(in_flight.back(), {now, numbers.below(kSecond), numbers.below(3) == 0});
          in_flight.pop_back();
        }
      }
    }
  }
}

TEST_CASE("exclusion is exact beyond sixty-four candidates") {
  for (const wire::Strategy strategy : test::kStrategies) {
    CAPTURE(static_cast<int>(strategy));
    const std::unique_ptr<Balancer> chooser = balancer(strategy, Weights(200, 1));
    scheduler::Ask ask{.key = 5};
    // Each one that fails is excluded: two hundred tries lead to two hundred candidates.
    std::vector<bool> tried(200);
    for (int i = 0; i < 200; ++i) {
      const std::uint32_t index = chooser->pick(ask);
      REQUIRE(index < 200);
      CHECK_FALSE(tried[index]);
      tried[index] = true;
      ask.excluded.add(index);
    }
    CHECK(chooser->pick(ask) == kNobody);
  }
}

TEST_CASE("over 100,000 requests to servers that are alike every strategy keeps its shares") {
  const Weights weights = {5, 3, 2};
  for (const wire::Strategy strategy : test::kStrategies) {
    CAPTURE(static_cast<int>(strategy));
    const std::unique_ptr<Balancer> chooser = balancer(strategy, weights);
    test::Traffic traffic(*chooser, weights.size());
    const std::vector<std::uint64_t> served = traffic.send(100'000);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      // p2c knows no weights; hrw and p2c draw lots; least time adds its probes and rounds by one request in flight.
      const bool weighted = strategy != wire::Strategy::kP2c;
      const double expected = weighted ? 10'000.0 * weights[i] : 100'000.0 / 3;
      const bool exact = strategy == wire::Strategy::kWrr || strategy == wire::Strategy::kLeastconn ||
                         strategy == wire::Strategy::kDrr;
      if (strategy == wire::Strategy::kLeasttime) continue;
      CHECK(std::abs(static_cast<double>(served[i]) - expected) <= (exact ? 1 : 1000));
    }
  }
}

TEST_CASE("nobody of positive weight starves") {
  // The bound on the picks between two for the same one, however slow or broken it is. hrw gives by client, not by turn.
  const Weights weights = {8, 4, 2, 1};
  struct Case {
    wire::Strategy strategy;
    std::size_t bound;
  };
  const Case cases[] = {{wire::Strategy::kWrr, 15},
                        {wire::Strategy::kLeastconn, 15},
                        {wire::Strategy::kDrr, 15 * 16 * 2},
                        {wire::Strategy::kLeasttime, 32 * 4 + 4}};
  for (const Case& c : cases) {
    CAPTURE(static_cast<int>(c.strategy));
    for (std::size_t bad = 0; bad < weights.size(); ++bad) {
      const std::unique_ptr<Balancer> chooser = balancer(c.strategy, weights);
      test::Traffic traffic(*chooser, weights.size());
      traffic.latency[bad] = 3 * kSecond;
      traffic.fails[bad] = bad % 2 == 0;
      std::vector<std::size_t> last(weights.size());
      std::size_t longest = 0;
      for (std::size_t i = 1; i <= 20'000; ++i) {
        const std::uint32_t index = traffic.send();
        for (std::size_t each = 0; each < weights.size(); ++each) longest = std::max(longest, i - last[each]);
        last[index] = i;
      }
      CHECK(longest <= c.bound + 1);
    }
  }
}
