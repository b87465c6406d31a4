// What each strategy promises beyond what holds for all.
#include "test/unit/native/scheduler/choosing.h"

#include "scheduler/drr.h"

using namespace fairlead;
using scheduler::Balancer;
using scheduler::Excluded;
using scheduler::kNobody;
using test::balancer;
using test::picks;
using test::Traffic;
using test::Weights;
using wire::Strategy;

namespace {

constexpr std::uint64_t kClients = 100'000;

/// Whom each client is sent to.
std::vector<std::uint32_t> homes(Balancer& chooser) {
  test::Numbers clients(99);
  std::vector<std::uint32_t> all;
  for (std::uint64_t i = 0; i < kClients; ++i) all.push_back(chooser.pick({.key = clients.bits()}));
  return all;
}

double part_of(const std::vector<std::uint32_t>& homes, std::uint32_t index) {
  return static_cast<double>(std::count(homes.begin(), homes.end(), index)) / kClients;
}

}  // namespace

TEST_CASE("hrw gives a client the same server again and again, and each server its share of the clients") {
  const std::unique_ptr<Balancer> chooser = balancer(Strategy::kHrw, {1, 2, 3, 4});
  const std::vector<std::uint32_t> first = homes(*chooser);
  CHECK(homes(*chooser) == first);
  CHECK(homes(*balancer(Strategy::kHrw, {1, 2, 3, 4})) == first);
  for (std::uint32_t i = 0; i < 4; ++i) CHECK(std::abs(part_of(first, i) - 0.1 * (i + 1)) < 0.01);
}

TEST_CASE("hrw spreads clients with neighbouring addresses") {
  const std::unique_ptr<Balancer> chooser = balancer(Strategy::kHrw, {1, 1, 1, 1});
  std::vector<std::uint64_t> served(4);
  for (std::uint64_t client = 0; client < 4000; ++client) ++served[chooser->pick({.key = client})];
  for (const std::uint64_t count : served) CHECK(std::abs(static_cast<double>(count) - 1000) < 150);
}

TEST_CASE("hrw moves only the clients of the server that leaves, to all others alike, and back when it returns") {
  const std::unique_ptr<Balancer> chooser = balancer(Strategy::kHrw, {1, 1, 1, 1, 1});
  const std::vector<std::uint32_t> before = homes(*chooser);
  chooser->set_available(2, false, 0);
  const std::vector<std::uint32_t> without = homes(*chooser);
  for (std::size_t client = 0; client < kClients; ++client) {
    CHECK(without[client] != 2);
    if (before[client] != 2) REQUIRE(without[client] == before[client]);
  }
  for (const std::uint32_t index : {0U, 1U, 3U, 4U}) CHECK(std::abs(part_of(without, index) - 0.25) < 0.01);
  chooser->set_available(2, true, 0);
  CHECK(homes(*chooser) == before);
}

TEST_CASE("hrw moves to a new server only what is its share") {
  const std::vector<scheduler::Candidate> all = test::candidates({1, 1, 1, 1, 1});
  const auto four = scheduler::make_balancer(Strategy::kHrw, std::span(all).first(4));
  const auto five = scheduler::make_balancer(Strategy::kHrw, all);
  const std::vector<std::uint32_t> before = homes(*four);
  const std::vector<std::uint32_t> after = homes(*five);
  for (std::size_t client = 0; client < kClients; ++client) {
    if (after[client] != 4) REQUIRE(after[client] == before[client]);
  }
  CHECK(std::abs(part_of(after, 4) - 0.2) < 0.01);
}

TEST_CASE("hrw moves few when a weight changes, and only towards what has grown") {
  const std::vector<std::uint32_t> before = homes(*balancer(Strategy::kHrw, {2, 2, 2}));
  const std::vector<std::uint32_t> after = homes(*balancer(Strategy::kHrw, {2, 3, 2}));
  for (std::size_t client = 0; client < kClients; ++client) {
    if (after[client] != before[client]) REQUIRE(after[client] == 1);
  }
}

TEST_CASE("p2c prefers who has less in flight, and never the busiest") {
  const std::unique_ptr<Balancer> chooser = balancer(Strategy::kP2c, {1, 1, 1});
  for (int i = 0; i < 5; ++i) chooser->sent(1);
  const std::string picked = picks(*chooser, 1000);
  CHECK(test::count_of(picked, 'b') == 0);
  CHECK(std::abs(test::count_of(picked, 'a') - 500) < 80);
  for (int i = 0; i < 5; ++i) chooser->ended(1, {});
  CHECK(std::abs(test::count_of(picks(*chooser, 3000), 'b') - 1000) < 120);
}

TEST_CASE("p2c finds the only one left among many") {
  const std::unique_ptr<Balancer> chooser = balancer(Strategy::kP2c, Weights(500, 1));
  for (std::uint32_t i = 0; i < 500; ++i) chooser->set_available(i, i == 321, 0);
  for (int i = 0; i < 100; ++i) CHECK(chooser->pick({}) == 321);
  chooser->set_available(17, true, 0);
  std::size_t others = 0;
  for (int i = 0; i < 1000; ++i) others += chooser->pick({}) == 17 ? 1 : 0;
  CHECK(others > 300);
  CHECK(others < 700);
}

TEST_CASE("leastconn fills servers in proportion to their weights") {
  const std::unique_ptr<Balancer> chooser = balancer(Strategy::kLeastconn, {3, 1});
  std::string picked;
  for (int i = 0; i < 40; ++i) {
    picked += picks(*chooser, 1);
    chooser->sent(static_cast<std::uint32_t>(picked.back() - 'a'));
  }
  CHECK(test::count_of(picked, 'a') == 30);
  // A server that lets go of its requests gets the next ones.
  for (int i = 0; i < 6; ++i) chooser->ended(1, {});
  for (int i = 0; i < 6; ++i) {
    CHECK(picks(*chooser, 1) == "b");
    chooser->sent(1);
  }
}

TEST_CASE("leasttime prefers the fast one in proportion, and asks the slow one now and then") {
  const std::unique_ptr<Balancer> chooser = balancer(Strategy::kLeasttime, {1, 1});
  Traffic traffic(*chooser, 2);
  traffic.latency = {kMillisecond, 10 * kMillisecond};
  const std::vector<std::uint64_t> served = traffic.send(10'000);
  CHECK(served[0] > 9'500);
  CHECK(served[1] > 100);
}

TEST_CASE("leasttime takes the load into account: one that is busy is slower than it was") {
  const std::unique_ptr<Balancer> chooser = balancer(Strategy::kLeasttime, {1, 1});
  chooser->ended((chooser->sent(0), 0), {kSecond, kMillisecond, false});
  chooser->ended((chooser->sent(1), 1), {kSecond, 3 * kMillisecond, false});
  std::string picked;
  for (int i = 0; i < 6; ++i) {
    const std::uint32_t index = chooser->pick({.now = kSecond});
    chooser->sent(index);
    picked += static_cast<char>('a' + index);
  }
  // 1, 2, then 3 against 3 (whoever), ...: three of the fast one for one of the slow one.
  CHECK(picked.substr(0, 2) == "aa");
  CHECK(test::count_of(picked, 'b') >= 1);
  CHECK(test::count_of(picked, 'b') <= 2);
}

TEST_CASE("leasttime does not give everything to one that is new until it has answered") {
  const std::unique_ptr<Balancer> chooser = balancer(Strategy::kLeasttime, {1, 1, 1});
  Traffic traffic(*chooser, 2);
  for (const std::uint32_t index : {0U, 1U}) {
    chooser->sent(index);
    chooser->ended(index, {kSecond, kMillisecond, false});
  }
  std::string picked;
  for (int i = 0; i < 9; ++i) {
    const std::uint32_t index = chooser->pick({.now = kSecond});
    chooser->sent(index);
    picked += static_cast<char>('a' + index);
  }
  CHECK(picked[0] == 'c');
  for (const char letter : {'a', 'b', 'c'}) CHECK(test::count_of(picked, letter) == 3);
}

TEST_CASE("leasttime is not deceived by a server that fails at once") {
  const std::unique_ptr<Balancer> chooser = balancer(Strategy::kLeasttime, {1, 1});
  Traffic traffic(*chooser, 2);
  traffic.latency = {5 * kMillisecond, 10 * kMicrosecond};
  traffic.fails[1] = true;
  const std::vector<std::uint64_t> served = traffic.send(10'000);
  CHECK(served[1] < 500);
}

TEST_CASE("leasttime gives a server its part again when it has recovered") {
  const std::unique_ptr<Balancer> chooser = balancer(Strategy::kLeasttime, {1, 1});
  Traffic traffic(*chooser, 2);
  traffic.fails[1] = true;
  traffic.send(10'000);
  CHECK(traffic.send(1'000)[1] < 50);
  // It fails no more, and is faster than the other one now.
  traffic.fails[1] = false;
  traffic.latency[1] = kMillisecond / 2;
  traffic.send(60'000);  // a minute
  CHECK(traffic.send(1'000)[1] > 900);
}

TEST_CASE("drr lowers the weight of one that fails, and raises it when that is over") {
  scheduler::DynamicRoundRobin chooser(test::candidates({1, 1, 1}));
  Traffic traffic(chooser, 3);
  CHECK(traffic.send(3000) == std::vector<std::uint64_t>{1000, 1000, 1000});
  traffic.fails[2] = true;
  traffic.send(10'000);
  CHECK(chooser.part(2) == 1024 / 16);
  CHECK(chooser.part(0) == 1024);
  const std::vector<std::uint64_t> failing = traffic.send(3300);
  CHECK(failing[2] > 50);
  CHECK(failing[2] < 150);
  traffic.fails[2] = false;
  traffic.send(15'000);
  CHECK(chooser.part(2) == 1024);
  const std::vector<std::uint64_t> after = traffic.send(3000);
  CHECK(std::abs(static_cast<double>(after[2]) - 1000) <= 1);
}

TEST_CASE("drr follows latency, within bounds, and forgives small differences") {
  scheduler::DynamicRoundRobin chooser(test::candidates({1, 1, 1, 1}));
  Traffic traffic(chooser, 4);
  traffic.latency = {10 * kMillisecond, 14 * kMillisecond, 30 * kMillisecond, 2 * kSecond};
  traffic.send(20'000);
  CHECK(chooser.part(0) == 1024);
  CHECK(chooser.part(1) == 1024);
  CHECK(std::abs(chooser.part(2) - 512) < 20);
  CHECK(chooser.part(3) == 1024 / 16);
}

TEST_CASE("drr leaves weights as they are when all fail alike") {
  scheduler::DynamicRoundRobin chooser(test::candidates({2, 1}));
  Traffic traffic(chooser, 2);
  traffic.fails = {true, true};
  traffic.send(20'000);
  CHECK(chooser.part(0) == 1024);
  CHECK(chooser.part(1) == 1024);
}

TEST_CASE("drr gives a server that comes back the weight it was given") {
  scheduler::DynamicRoundRobin chooser(test::candidates({1, 1}));
  Traffic traffic(chooser, 2);
  traffic.fails[1] = true;
  traffic.send(10'000);
  CHECK(chooser.part(1) < 1024);
  chooser.set_available(1, false, traffic.now);
  traffic.fails[1] = false;
  traffic.send(10);
  chooser.set_available(1, true, traffic.now);
  CHECK(chooser.part(1) == 1024);
}

TEST_CASE("drr forgets slowly what a server did that nobody has heard of since") {
  scheduler::DynamicRoundRobin chooser(test::candidates({1000, 1}));
  Traffic traffic(chooser, 2);
  traffic.fails[1] = true;
  traffic.between = 10 * kMicrosecond;
  traffic.send(1'000'000);
  CHECK(chooser.part(1) == 1024 / 16);
  traffic.fails[1] = false;
  // One request in 16,000 reaches it; until then its failures fade.
  traffic.between = 100 * kMillisecond;
  traffic.send(100);
  CHECK(chooser.part(1) == 1024);
}
