#include "upstream/health.h"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "test/support/native/snapshot_writer.h"

using namespace fairlead;
using test::HealthSpec;
using upstream::HealthCause;
using upstream::HealthChange;
using upstream::HealthEpoch;
using upstream::HealthRules;
using upstream::ServerHealth;
using upstream::ServiceHealth;
using upstream::TryOutcome;

namespace {

constexpr TryOutcome kGood{Reason::kNone, 200};
constexpr TryOutcome kBad{Reason::kNone, 503};
constexpr TryOutcome kRefused{Reason::kConnectFailed, 0};

/// A service of some servers, judged by the rules of a snapshot.
struct Service {
  explicit Service(HealthSpec rules, std::size_t count = 3) {
    test::SnapshotSpec spec;
    rules.probes.resize(rules.probes.empty() ? 0 : count, "/");
    spec.health = {rules};
    spec.services = {{.servers = {}, .health = 0}};
    for (std::size_t i = 0; i < count; ++i) {
      spec.services[0].servers.push_back({.port = static_cast<std::uint16_t>(i + 1)});
    }
    const test::SnapshotWriter writer(spec);
    bytes.assign(writer.bytes().begin(), writer.bytes().end());
    const auto* root = reinterpret_cast<const wire::Snapshot*>(bytes.data());
    health = std::make_unique<ServiceHealth>("app", HealthRules(root->health[0]), epoch);
    servers = health->servers(root->services[0].servers);
  }
  std::optional<HealthChange> tried(std::size_t server, const TryOutcome& outcome, Nanos now) {
    return health->tried(servers, *servers[server], outcome, now);
  }
  std::optional<HealthChange> probed(std::size_t server, bool passed) {
    return health->probed(*servers[server], passed, passed ? "" : "status 500");
  }
  /// Who is up, as in "101".
  std::string up() const {
    std::string all;
    for (const auto& server : servers) all += server->up() ? '1' : '0';
    return all;
  }

  std::shared_ptr<HealthEpoch> epoch = std::make_shared<HealthEpoch>(1);
  std::vector<std::byte> bytes;
  std::unique_ptr<ServiceHealth> health;
  std::vector<std::shared_ptr<ServerHealth>> servers;
};

/// Requests only, no probes.
HealthSpec passive(std::uint32_t max_failed, Nanos window = 10 * kSecond) {
  return {.max_failed = max_failed, .window = window};
}
HealthSpec active(std::uint32_t fails = 1, std::uint32_t passes = 1) {
  return {.probes = {"/"}, .fails = fails, .passes = passes};
}

}  // namespace

TEST_CASE("servers start up") {
  Service s(active());
  CHECK(s.up() == "111");
  CHECK(s.health->report(*s.servers[0]).cause == HealthCause::kNew);
}

TEST_CASE("by default one probe takes a server down and one brings it back") {
  Service s(active());
  const std::optional<HealthChange> down = s.probed(1, false);
  REQUIRE(down.has_value());
  CHECK_FALSE(down->server.up);
  CHECK(down->server.cause == HealthCause::kProbe);
  CHECK(down->server.error == "status 500");
  CHECK(s.up() == "101");
  CHECK_FALSE(s.probed(1, false).has_value());
  const std::optional<HealthChange> up = s.probed(1, true);
  REQUIRE(up.has_value());
  CHECK(up->server.up);
  CHECK(up->server.error == "status 500");  // what was wrong the last time
  CHECK(s.up() == "111");
}

TEST_CASE("thresholds keep a server that flaps in its state") {
  Service s(active(3, 2));
  const auto probes = [&s](std::string_view outcomes) {
    int changes = 0;
    for (const char outcome : outcomes) changes += s.probed(0, outcome == '+').has_value() ? 1 : 0;
    return changes;
  };
  CHECK(probes("-+-+-+--+--+--+-+") == 0);
  CHECK(s.up() == "111");
  CHECK(probes("---") == 1);
  CHECK(s.up() == "011");
  CHECK(probes("+-+-+-+--+---+-") == 0);
  CHECK(s.up() == "011");
  CHECK(probes("++") == 1);
  CHECK(s.up() == "111");
}

TEST_CASE("every change is one step of the epoch") {
  Service s(active());
  const std::uint64_t before = s.epoch->load();
  s.probed(0, true);
  CHECK(s.epoch->load() == before);
  s.probed(0, false);
  CHECK(s.epoch->load() == before + 1);
}

TEST_CASE("requests that fail within the window take a server down") {
  Service s(passive(3));
  CHECK_FALSE(s.tried(0, kBad, 1 * kSecond));
  CHECK_FALSE(s.tried(0, kRefused, 2 * kSecond));
  const std::optional<HealthChange> change = s.tried(0, kBad, 3 * kSecond);
  REQUIRE(change.has_value());
  CHECK(change->server.cause == HealthCause::kRequests);
  CHECK(change->server.error == "status 503");
  CHECK(change->until == 13 * kSecond);
  CHECK(s.up() == "011");
}

TEST_CASE("failures that are too old do not count") {
  Service s(passive(3));
  s.tried(0, kBad, 1 * kSecond);
  s.tried(0, kBad, 2 * kSecond);
  CHECK_FALSE(s.tried(0, kBad, 11 * kSecond + 1));
  CHECK(s.tried(0, kBad, 12 * kSecond).has_value());
}

TEST_CASE("a success forgets the failures before it") {
  Service s(passive(2));
  s.tried(0, kBad, 1 * kSecond);
  CHECK(s.servers[0]->is_suspected());
  s.tried(0, kGood, 2 * kSecond);
  CHECK_FALSE(s.servers[0]->is_suspected());
  CHECK_FALSE(s.tried(0, kBad, 3 * kSecond));
}

TEST_CASE("below 500 no status is a failure") {
  CHECK_FALSE(TryOutcome{Reason::kNone, 499}.failed());
  CHECK(TryOutcome{Reason::kNone, 500}.failed());
  CHECK(TryOutcome{Reason::kUpstreamReset, 0}.failed());
}

TEST_CASE("the last server that is up is never ejected") {
  Service s(passive(1));
  CHECK(s.tried(0, kBad, 1).has_value());
  CHECK(s.tried(1, kBad, 1).has_value());
  for (int i = 0; i < 5; ++i) CHECK_FALSE(s.tried(2, kBad, 1));
  CHECK(s.up() == "001");
  // As soon as another one is back, it may go.
  REQUIRE(s.health->readmit(*s.servers[0], 11 * kSecond).has_value());
  CHECK(s.tried(2, kBad, 11 * kSecond).has_value());
  CHECK(s.up() == "100");

  Service alone(passive(1), 1);
  CHECK_FALSE(alone.tried(0, kRefused, 1));
  CHECK(alone.up() == "1");
}

TEST_CASE("no more than a share of the servers is ejected, but one of them always may") {
  struct Case {
    std::uint32_t percent;
    std::size_t servers;
    std::size_t ejected;
  };
  constexpr Case kCases[] = {{100, 4, 3}, {50, 4, 2}, {50, 5, 2}, {10, 4, 1}, {0, 4, 0}, {100, 1, 0}, {75, 8, 6}};
  for (const Case& c : kCases) {
    CAPTURE(c.percent);
    CAPTURE(c.servers);
    HealthSpec rules = passive(1);
    rules.max_percent = c.percent;
    Service s(rules, c.servers);
    std::size_t ejected = 0;
    for (std::size_t i = 0; i < c.servers; ++i) ejected += s.tried(i, kBad, 1).has_value() ? 1 : 0;
    CHECK(ejected == c.ejected);
  }
}

TEST_CASE("without growth every ejection lasts as long as the window") {
  Service s(passive(1));
  Nanos now = kSecond;
  for (int i = 0; i < 4; ++i) {
    const std::optional<HealthChange> change = s.tried(0, kBad, now);
    REQUIRE(change.has_value());
    CHECK(change->until == now + 10 * kSecond);
    now = change->until;
    const std::optional<HealthChange> back = s.health->readmit(*s.servers[0], now);
    REQUIRE(back.has_value());
    CHECK(back->server.cause == HealthCause::kTime);
  }
}

TEST_CASE("who fails again soon is left out twice as long, and who serves well begins anew") {
  HealthSpec rules = passive(1);
  rules.longest = 60 * kSecond;
  Service s(rules);
  Nanos now = kSecond;
  for (const Nanos expected : {10, 20, 40, 60, 60}) {
    const std::optional<HealthChange> change = s.tried(0, kBad, now);
    REQUIRE(change.has_value());
    CHECK(change->until - now == expected * kSecond);
    now = change->until;
    s.health->readmit(*s.servers[0], now);
    now += kSecond;
  }
  now += 60 * kSecond;
  CHECK(s.tried(0, kBad, now)->until - now == 10 * kSecond);
}

TEST_CASE("where there are probes only a probe brings a server back") {
  HealthSpec rules = passive(1);
  rules.probes = {"/"};
  Service s(rules);
  const std::optional<HealthChange> change = s.tried(0, kBad, 1);
  REQUIRE(change.has_value());
  CHECK(change->until == 0);
  s.tried(0, kGood, 2);  // one that was under way
  CHECK(s.up() == "011");
  CHECK(s.probed(0, true).has_value());
  CHECK(s.up() == "111");
}

TEST_CASE("a server that a probe has taken down is not let in by time") {
  HealthSpec rules = passive(1);
  rules.probes = {"/"};
  Service s(rules);
  s.probed(0, false);
  CHECK_FALSE(s.health->readmit(*s.servers[0], kSecond));
  CHECK(s.up() == "011");
}

TEST_CASE("a server keeps its state as long as anybody holds it") {
  Service s(active());
  s.probed(1, false);
  const auto* root = reinterpret_cast<const wire::Snapshot*>(s.bytes.data());
  const auto again = s.health->servers(root->services[0].servers);
  CHECK(again[1] == s.servers[1]);
  CHECK_FALSE(again[1]->up());
  s.servers = {};
  CHECK_FALSE(again[1]->up());
  const ServerHealth* const before = again[1].get();
  CHECK(s.health->servers(root->services[0].servers)[1].get() == before);
}

TEST_CASE("a server that nobody holds any more starts up") {
  Service s(active());
  s.probed(1, false);
  s.servers = {};
  const auto* root = reinterpret_cast<const wire::Snapshot*>(s.bytes.data());
  CHECK(s.health->servers(root->services[0].servers)[1]->up());
}

TEST_CASE("servers of one URL share their state") {
  test::SnapshotSpec spec;
  spec.health = {active()};
  spec.health[0].probes = {"/", "/"};
  spec.services = {{.servers = {{.port = 1}, {.port = 1}}, .health = 0}};
  const test::SnapshotWriter writer(spec);
  const auto* root = reinterpret_cast<const wire::Snapshot*>(writer.bytes().data());
  ServiceHealth health("app", HealthRules(root->health[0]), std::make_shared<HealthEpoch>(1));
  const auto servers = health.servers(root->services[0].servers);
  CHECK(servers[0] == servers[1]);
}

TEST_CASE("many threads report at once, and one server stays") {
  Service s(passive(1), 4);
  std::atomic<int> changes = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (Nanos i = 1; i < 2000; ++i) {
        const auto server = static_cast<std::size_t>(i % 4);
        if (s.tried(server, i % 3 == 0 ? kGood : kBad, i)) ++changes;
        if (i % 7 == 0 && s.health->readmit(*s.servers[server], i)) ++changes;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(s.up() != "0000");
  CHECK(s.epoch->load() == 1 + static_cast<std::uint64_t>(changes.load()));
}
