#include "exchange/service_state.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "test/support/native/run_task.h"
#include "test/support/native/snapshot_writer.h"
#include "test/support/native/sockets.h"

using namespace fairlead;
using exchange::Plan;
using exchange::ServiceState;
using exchange::WorkerPlan;
using test::ServiceSpec;
using test::SnapshotSpec;

namespace {

struct Fixture {
  LocalRef<WorkerPlan> plan(const SnapshotSpec& spec, std::uint32_t workers = 1) {
    std::string fault;
    auto bytes = exchange::SnapshotBytes::verify(test::SnapshotWriter(spec).bytes(), fault);
    REQUIRE_MESSAGE(bytes != nullptr, fault);
    std::vector<std::string> faults;
    std::shared_ptr<const Plan> built = Plan::build(std::move(bytes), {shared, nullptr, nullptr}, faults);
    return LocalRef<WorkerPlan>(new WorkerPlan(std::move(built), services, pools, workers));
  }
  void give_connection(upstream::Pool& pool) {
    test::Ends ends = test::unix_pair();
    peers.push_back(std::move(ends.theirs));
    pool.give(std::make_unique<upstream::Connection>(loop, scratch, ends.ours.release()));
  }

  loop::Loop loop;
  net::StreamScratch scratch;
  exchange::SharedStates shared;
  std::vector<test::Fd> peers;
  upstream::PoolRegistry pools;
  exchange::ServiceRegistry services;
};

SnapshotSpec two_servers(std::uint64_t service_identity = 21, std::uint64_t first = 11, std::uint64_t second = 12) {
  SnapshotSpec spec;
  spec.services = {
      {.servers = {{.port = 1, .identity = first}, {.port = 2, .identity = second}}, .identity = service_identity}};
  return spec;
}

}  // namespace

TEST_CASE("a service's balancer goes on where it was when a new plan names the same service") {
  Fixture f;
  LocalRef<WorkerPlan> before = f.plan(two_servers());
  CHECK(before->service(0).balancer().pick({}) == 0);
  LocalRef<WorkerPlan> after = f.plan(two_servers());
  after->adopt_states();
  const ServiceState* state = &before->service(0);
  before = {};
  CHECK(&after->service(0) == state);
  CHECK(after->service(0).balancer().pick({}) == 1);
  CHECK(after->service(0).balancer().pick({}) == 0);
}

TEST_CASE("a state that the new plan does not name ends with the last exchange of the old one") {
  Fixture f;
  LocalRef<WorkerPlan> before = f.plan(two_servers());
  const LocalRef<WorkerPlan> exchange = before;
  before->service(0).balancer().pick({});
  before->pool(0);
  LocalRef<WorkerPlan> after = f.plan(two_servers(99, 91, 92));
  after->adopt_states();
  before = {};
  std::size_t states = 0;
  f.services.each([&](ServiceState&) { ++states; });
  CHECK(states == 1);
  CHECK(f.pools.size() == 1);
}

TEST_CASE("nothing is left when the last plan is gone") {
  Fixture f;
  {
    LocalRef<WorkerPlan> plan = f.plan(two_servers());
    plan->service(0).balancer().pick({});
    plan->pool(0);
    plan->pool(1);
    CHECK(f.pools.size() == 2);
  }
  CHECK(f.pools.size() == 0);
  f.services.each([](ServiceState&) { FAIL("a state is left"); });
}

TEST_CASE("idle connections survive an unrelated reload, and end when their server is no longer named") {
  Fixture f;
  LocalRef<WorkerPlan> plan = f.plan(two_servers());
  f.give_connection(plan->pool(0));
  f.give_connection(plan->pool(1));
  CHECK(plan->pool(0).idle() == 1);

  // The second server is replaced; the service is another one now, the first server is the same.
  LocalRef<WorkerPlan> next = f.plan(two_servers(22, 11, 13));
  next->adopt_states();
  plan = std::move(next);
  CHECK(plan->pool(0).idle() == 1);
  CHECK(plan->pool(1).idle() == 0);
  char byte;
  CHECK(::recv(f.peers[0].get(), &byte, 1, MSG_DONTWAIT) == -1);
  CHECK(::recv(f.peers[1].get(), &byte, 1, MSG_DONTWAIT) == 0);
}

TEST_CASE("two services may share a server, and then share its connections") {
  Fixture f;
  SnapshotSpec spec;
  spec.services = {{.servers = {{.port = 1, .identity = 11}}, .identity = 21},
                   {.servers = {{.port = 1, .identity = 11}}, .identity = 22}};
  const LocalRef<WorkerPlan> plan = f.plan(spec);
  CHECK(&plan->pool(0) == &plan->pool(1));
}

TEST_CASE("two services that call themselves the same get balancers of their own when they differ in size") {
  // No compiler writes this; an index from one balancer must not lead out of the other's list.
  Fixture f;
  SnapshotSpec spec = two_servers();
  spec.services.push_back({.servers = {{.port = 3, .identity = 13}}, .identity = 21});
  LocalRef<WorkerPlan> plan = f.plan(spec);
  for (int i = 0; i < 4; ++i) {
    CHECK(plan->service(0).balancer().pick({}) < 2);
    CHECK(plan->service(1).balancer().pick({}) == 0);
  }
  SnapshotSpec smaller;
  smaller.services = {{.servers = {{.port = 3, .identity = 13}}, .identity = 21}};
  LocalRef<WorkerPlan> next = f.plan(smaller);
  next->adopt_states();
  plan = std::move(next);
  for (int i = 0; i < 4; ++i) CHECK(plan->service(0).balancer().pick({}) == 0);
}

TEST_CASE("the limit on idle connections is shared out among the workers, at least one each") {
  struct Case {
    std::int64_t limit;
    std::uint32_t workers;
    std::size_t kept;
  };
  constexpr Case kCases[] = {{4, 1, 4}, {4, 2, 2}, {5, 2, 3}, {1, 4, 1}, {0, 1, 0}, {-1, 1, 0}};
  for (const Case& c : kCases) {
    CAPTURE(c.limit);
    CAPTURE(c.workers);
    Fixture f;
    SnapshotSpec spec = two_servers();
    spec.max_idle = c.limit;
    const LocalRef<WorkerPlan> plan = f.plan(spec, c.workers);
    for (int i = 0; i < 6; ++i) f.give_connection(plan->pool(0));
    CHECK(plan->pool(0).idle() == c.kept);
  }
}

TEST_CASE("weighted services choose among their children") {
  Fixture f;
  SnapshotSpec spec;
  spec.services = {{.kind = wire::ServiceKind::kWeighted, .children = {{1, 3}, {2, 0}, {1, 1}}, .identity = 1},
                   {.identity = 2},
                   {.identity = 3}};
  const LocalRef<WorkerPlan> plan = f.plan(spec);
  std::string picked;
  for (int i = 0; i < 8; ++i) picked += static_cast<char>('0' + plan->service(0).balancer().pick({}));
  CHECK(picked == "00200020");
  CHECK(plan->service(1).balancer().pick({}) == scheduler::kNobody);
}

namespace {

/// Two load balancers of two servers each below a weighted service, the first of which is watched.
SnapshotSpec watched_below() {
  SnapshotSpec spec;
  spec.health = {{.identity = 77, .probes = {"/", "/"}}};
  spec.services = {{.kind = wire::ServiceKind::kWeighted, .children = {{1}, {2}}, .identity = 1},
                   {.servers = {{.port = 1}, {.port = 2}}, .identity = 2, .name = "a", .health = 0},
                   {.servers = {{.port = 3}, {.port = 4}}, .identity = 3, .name = "b"}};
  return spec;
}

void set_up(const Plan& plan, std::uint32_t service, std::uint32_t server, bool up) {
  const exchange::Watched& watched = *plan.watched(service);
  watched.health().probed(*watched.servers[server], up, "status 500");
}

std::string picks(WorkerPlan& plan, std::uint32_t service, int count) {
  std::string picked;
  for (int i = 0; i < count; ++i) {
    const std::uint32_t candidate = plan.pick(service, {});
    picked += candidate == scheduler::kNobody ? '-' : static_cast<char>('0' + candidate);
  }
  return picked;
}

}  // namespace

TEST_CASE("a server that is down is not picked, from the next pick on") {
  Fixture f;
  const LocalRef<WorkerPlan> plan = f.plan(watched_below());
  CHECK(picks(*plan, 1, 4) == "0101");
  set_up(plan->plan(), 1, 0, false);
  CHECK(picks(*plan, 1, 4) == "1111");
  set_up(plan->plan(), 1, 0, true);
  CHECK(picks(*plan, 1, 4).find('0') != std::string::npos);
}

TEST_CASE("a service none of whose servers is up has nobody to pick") {
  Fixture f;
  const LocalRef<WorkerPlan> plan = f.plan(watched_below());
  set_up(plan->plan(), 1, 0, false);
  CHECK(plan->available(1, 0));
  set_up(plan->plan(), 1, 1, false);
  CHECK_FALSE(plan->available(1, 0));
  CHECK(picks(*plan, 1, 2) == "--");
}

TEST_CASE("a service above chooses a child that is available") {
  Fixture f;
  const LocalRef<WorkerPlan> plan = f.plan(watched_below());
  CHECK(picks(*plan, 0, 4) == "0101");
  set_up(plan->plan(), 1, 0, false);
  CHECK(picks(*plan, 0, 4) == "0101");
  set_up(plan->plan(), 1, 1, false);
  CHECK(picks(*plan, 0, 4) == "1111");
  CHECK(plan->available(0, 0));
  set_up(plan->plan(), 1, 1, true);
  CHECK(picks(*plan, 0, 4).find('0') != std::string::npos);
}

TEST_CASE("a load balancer without servers is not available, and passed over by the services above it") {
  Fixture f;
  SnapshotSpec spec;
  spec.services = {{.kind = wire::ServiceKind::kWeighted, .children = {{1}, {2}}, .identity = 1},
                   {.servers = {}, .identity = 2},
                   {.servers = {{.port = 3}}, .identity = 3},
                   {.kind = wire::ServiceKind::kWeighted, .children = {{1}, {2, 0}}, .identity = 4},
                   {.kind = wire::ServiceKind::kPing, .identity = 5}};
  const LocalRef<WorkerPlan> plan = f.plan(spec);
  CHECK_FALSE(plan->available(1, 0));
  CHECK(plan->available(2, 0));
  CHECK(plan->available(0, 0));
  CHECK(picks(*plan, 0, 2) == "11");
  CHECK_FALSE(plan->available(3, 0));  // its only child with servers has no weight
  CHECK(plan->available(4, 0));
}

TEST_CASE(
    "a failover service is available while either of its services is, a mirroring one with the one that answers") {
  Fixture f;
  SnapshotSpec spec;
  spec.health = {{.identity = 77, .probes = {"/"}}, {.identity = 78, .probes = {"/"}}};
  spec.services = {
      {.kind = wire::ServiceKind::kFailover, .children = {{1}, {3}}, .identity = 1, .failover = {{}}},
      {.kind = wire::ServiceKind::kMirroring, .children = {{2, 0}, {3, 100}}, .identity = 2, .mirroring = {{}}},
      {.servers = {{.port = 1}}, .identity = 3, .name = "a", .health = 0},
      {.servers = {{.port = 2}}, .identity = 4, .name = "b", .health = 1},
      {.kind = wire::ServiceKind::kWeighted, .children = {{0}, {1}}, .identity = 5}};
  const LocalRef<WorkerPlan> plan = f.plan(spec);
  CHECK((plan->available(0, 0) && plan->available(1, 0)));
  CHECK(picks(*plan, 4, 4) == "0101");
  set_up(plan->plan(), 2, 0, false);
  CHECK(plan->available(0, 0));
  CHECK_FALSE(plan->available(1, 0));
  CHECK(plan->fresh_service(0, 0).told().available == std::vector<bool>{false, true});
  CHECK(picks(*plan, 4, 2) == "00");
  set_up(plan->plan(), 3, 0, false);
  CHECK_FALSE(plan->available(0, 0));
  CHECK(picks(*plan, 4, 2) == "--");
  set_up(plan->plan(), 2, 0, true);
  CHECK((plan->available(0, 0) && plan->available(1, 0)));
  CHECK(plan->fresh_service(0, 0).told().available == std::vector<bool>{true, false});
}

TEST_CASE("availability is asked for once per change, however many ways lead to a service") {
  // On each level four ways lead to the next: 4^16 ways in all.
  Fixture f;
  SnapshotSpec spec;
  spec.health = {{.identity = 77, .probes = {"/"}}};
  constexpr std::uint32_t kLevels = 16;
  for (std::uint32_t i = 0; i < kLevels; ++i) {
    spec.services.push_back(
        {.kind = wire::ServiceKind::kWeighted, .children = {{i + 1}, {i + 1}, {i + 1}, {i + 1}}, .identity = 100 + i});
  }
  spec.services.erase(spec.services.begin());
  spec.services.push_back({.servers = {{.port = 1}}, .identity = 99, .health = 0});
  const LocalRef<WorkerPlan> plan = f.plan(spec);
  CHECK(plan->available(0, 0));
  set_up(plan->plan(), kLevels, 0, false);
  CHECK_FALSE(plan->available(0, 0));
}

namespace {

/// Two plans: `server` of the watched service is down in the first, and the second is what `spec` has become since.
struct Reload : Fixture {
  explicit Reload(std::uint32_t server) : before(plan(spec)) { set_up(before->plan(), 1, server, false); }

  LocalRef<WorkerPlan> after() {
    spec.generation = 2;
    LocalRef<WorkerPlan> next = plan(spec);
    next->adopt_states();
    return next;
  }

  SnapshotSpec spec = watched_below();
  LocalRef<WorkerPlan> before;
};

}  // namespace

TEST_CASE("health survives a reload that changes other things, also of a server that others joined") {
  Reload f(1);
  CHECK(picks(*f.before, 1, 2) == "00");
  f.spec.services[1].servers = {{.port = 2}, {.port = 9}};
  f.spec.services[1].identity = 22;
  f.spec.health[0].probes = {"/", "/"};
  const LocalRef<WorkerPlan> after = f.after();
  f.before = {};
  CHECK(picks(*after, 1, 3) == "111");
}

TEST_CASE("without health checks every server is up again") {
  Reload f(0);
  CHECK(picks(*f.before, 1, 2) == "11");
  f.spec.services[1].health = wire::kNone;
  f.spec.health = {};
  const LocalRef<WorkerPlan> after = f.after();
  CHECK(picks(*after, 1, 4).find('0') != std::string::npos);
  CHECK(picks(*f.before, 1, 2) == "11");  // an exchange that began before
  CHECK(picks(*after, 1, 4).find('0') != std::string::npos);
}

TEST_CASE("other rules begin with servers that are up") {
  Reload f(0);
  CHECK(picks(*f.before, 1, 2) == "11");
  f.spec.health[0].identity = 78;
  const LocalRef<WorkerPlan> after = f.after();
  // Both plans use one balancer; each tells it what it knows.
  CHECK(picks(*after, 1, 4).find('0') != std::string::npos);
  CHECK(picks(*f.before, 1, 2) == "11");
  CHECK(picks(*after, 1, 4).find('0') != std::string::npos);
}

TEST_CASE("a server that a reload adds starts slowly on every worker, the others go on") {
  Fixture f;
  const auto spec = [](std::uint64_t identity, std::uint16_t servers) {
    SnapshotSpec made;
    made.services = {{.identity = identity, .slow_start = 10 * kSecond}};
    for (std::uint16_t port = 1; port <= servers; ++port) {
      made.services[0].servers.push_back({.port = port, .identity = port});
    }
    return made;
  };
  const auto part_of_last = [](WorkerPlan& plan, std::uint32_t last, Nanos now) {
    int count = 0;
    for (int i = 0; i < 330; ++i) count += plan.service(0).balancer().pick({.now = now}) == last ? 1 : 0;
    return count;
  };
  LocalRef<WorkerPlan> plan = f.plan(spec(21, 2));
  plan->adopt_states(100 * kSecond);
  CHECK(part_of_last(*plan, 1, 100 * kSecond) == 165);
  LocalRef<WorkerPlan> next = f.plan(spec(22, 3));
  next->adopt_states(100 * kSecond);
  plan = next;
  CHECK(part_of_last(*plan, 2, 100 * kSecond) == 10);
  // A further change: the third goes on growing.
  next = f.plan(spec(23, 4));
  next->adopt_states(110 * kSecond);
  plan = next;
  CHECK(part_of_last(*plan, 3, 110 * kSecond) <= 8);
  CHECK(part_of_last(*plan, 2, 120 * kSecond) == doctest::Approx(330.0 / 4).epsilon(0.02));
}

TEST_CASE("requests in flight are known to the service that a reload has changed") {
  Fixture f;
  SnapshotSpec spec = two_servers();
  spec.services[0].strategy = static_cast<std::uint8_t>(wire::Strategy::kLeastconn);
  LocalRef<WorkerPlan> before = f.plan(spec);
  before->adopt_states();
  scheduler::Balancer& old = before->service(0).balancer();
  old.sent(0);
  spec.services[0].identity = 22;
  spec.services[0].servers.push_back({.port = 3, .identity = 13});
  LocalRef<WorkerPlan> after = f.plan(spec);
  after->adopt_states();
  for (int i = 0; i < 10; ++i) CHECK(after->service(0).balancer().pick({}) != 0);
  old.ended(0, {});
  int first = 0;
  for (int i = 0; i < 9; ++i) first += after->service(0).balancer().pick({}) == 0 ? 1 : 0;
  CHECK(first == 3);
}
