// Weights that grow: of servers that are new or have come back.
#include "test/unit/native/scheduler/choosing.h"

using namespace fairlead;
using scheduler::Balancer;
using scheduler::Candidate;
using test::balancer;
using test::Traffic;
using test::Weights;
using wire::Strategy;

namespace {

constexpr scheduler::Settings kTenSeconds{.slow_start = 10 * kSecond};

/// The part of 1,000 requests within a hundredth of a second that goes to `index`.
double part_now(Balancer& chooser, std::size_t servers, std::uint32_t index, Nanos now) {
  Traffic traffic(chooser, servers);
  traffic.now = now;
  traffic.between = 10 * kMicrosecond;
  return static_cast<double>(traffic.send(1000)[index]) / 1000;
}

}  // namespace

TEST_CASE("servers have their whole weight when everything starts") {
  for (const Strategy strategy : {Strategy::kWrr, Strategy::kDrr, Strategy::kLeastconn}) {
    const std::unique_ptr<Balancer> chooser = balancer(strategy, {1, 3}, kTenSeconds);
    CHECK(part_now(*chooser, 2, 1, kSecond) == doctest::Approx(0.75));
  }
}

TEST_CASE("the weight of a server that comes back grows from a sixteenth, in a line, and then is exact") {
  for (const Strategy strategy : {Strategy::kWrr, Strategy::kDrr, Strategy::kHrw, Strategy::kLeastconn}) {
    CAPTURE(static_cast<int>(strategy));
    const std::unique_ptr<Balancer> chooser = balancer(strategy, {1, 1}, kTenSeconds);
    chooser->set_available(1, false, 100 * kSecond);
    CHECK(part_now(*chooser, 2, 1, 101 * kSecond) == 0);
    chooser->set_available(1, true, 200 * kSecond);
    CHECK(chooser->available(1));
    for (const std::uint64_t second : {0U, 2U, 5U, 8U}) {
      const double weight = 1.0 / 16 + 15.0 / 16 * static_cast<double>(second) / 10;
      const double part = part_now(*chooser, 2, 1, (200 + second) * kSecond);
      CHECK(std::abs(part - weight / (1 + weight)) < 0.04);
    }
    const double after = part_now(*chooser, 2, 1, 210 * kSecond);
    CHECK(std::abs(after - 0.5) <= (strategy == Strategy::kHrw ? 0.04 : 0.002));
  }
}

TEST_CASE("a server that is alone gets everything however little of its weight it has") {
  const std::unique_ptr<Balancer> chooser = balancer(Strategy::kWrr, {1}, kTenSeconds);
  chooser->set_available(0, false, kSecond);
  CHECK_FALSE(chooser->anybody());
  chooser->set_available(0, true, 2 * kSecond);
  CHECK(part_now(*chooser, 1, 0, 2 * kSecond) == 1);
}

TEST_CASE("one that goes down while it starts begins anew when it comes back") {
  const std::unique_ptr<Balancer> chooser = balancer(Strategy::kWrr, {1, 1}, kTenSeconds);
  chooser->set_available(1, false, kSecond);
  chooser->set_available(1, true, 2 * kSecond);
  chooser->set_available(1, false, 11 * kSecond);
  chooser->set_available(1, true, 13 * kSecond);
  chooser->set_available(1, true, 14 * kSecond);  // no news
  CHECK(part_now(*chooser, 2, 1, 13 * kSecond) < 0.08);
}

TEST_CASE("only who is new starts slowly after a change of the list, and who was starting goes on") {
  std::vector<Candidate> before = test::candidates({1, 1, 1});
  const auto old = scheduler::make_balancer(Strategy::kWrr, before, kTenSeconds);
  old->set_available(2, false, kSecond);
  old->set_available(2, true, 95 * kSecond);
  // The first one leaves, the others change places, a new one comes.
  const std::vector<Candidate> after = {before[2], before[1], {1, 4711}};
  const auto fresh = scheduler::make_balancer(Strategy::kWrr, after, kTenSeconds);
  fresh->inherit(*old, 100 * kSecond);
  const double half = 1.0 / 16 + 15.0 / 16 / 2;
  const double sum = 1 + half + 1.0 / 16;
  CHECK(std::abs(part_now(*fresh, 3, 0, 100 * kSecond) - half / sum) < 0.02);
  CHECK(std::abs(part_now(*fresh, 3, 1, 100 * kSecond) - 1 / sum) < 0.02);
  CHECK(std::abs(part_now(*fresh, 3, 2, 100 * kSecond) - 1.0 / 16 / sum) < 0.02);
  CHECK(std::abs(part_now(*fresh, 3, 2, 110 * kSecond) - 1.0 / 3) < 0.002);
}

TEST_CASE("requests that began before a change of the list are counted until they end") {
  const std::vector<Candidate> before = test::candidates({1, 1});
  const auto old = scheduler::make_balancer(Strategy::kLeastconn, before);
  for (int i = 0; i < 10; ++i) old->sent(0);
  const std::vector<Candidate> after = {before[1], before[0], {1, 4711}};
  const auto fresh = scheduler::make_balancer(Strategy::kLeastconn, after);
  fresh->inherit(*old, kSecond);
  CHECK(test::count_of(test::picks(*fresh, 100), 'b') == 0);
  for (int i = 0; i < 10; ++i) old->ended(0, {});
  CHECK(test::count_of(test::picks(*fresh, 99), 'b') == 33);
}

TEST_CASE("what leasttime has measured survives a change of the list") {
  const std::vector<Candidate> before = test::candidates({1, 1});
  const auto old = scheduler::make_balancer(Strategy::kLeasttime, before);
  Traffic traffic(*old, 2);
  traffic.latency = {kMillisecond, 50 * kMillisecond};
  traffic.send(1000);
  const std::vector<Candidate> after = {before[1], before[0]};
  const auto fresh = scheduler::make_balancer(Strategy::kLeasttime, after);
  fresh->inherit(*old, traffic.now);
  std::string picked;
  for (int i = 0; i < 10; ++i) picked += static_cast<char>('a' + fresh->pick({.now = traffic.now}));
  CHECK(picked == "bbbbbbbbbb");
}
