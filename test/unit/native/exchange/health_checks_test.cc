#include "exchange/health_checks.h"

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <vector>

#include "test/support/native/worker_fixture.h"

using namespace fairlead;
using stats::Counter;
using test::Fd;
using test::HealthSpec;
using test::ScriptedServer;
using test::SnapshotSpec;
using test::WorkerFixture;

namespace {

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

/// A server that answers requests of clients "hello", and probes by a status that the test sets.
class Backend {
 public:
  explicit Backend(int answer = 200) : answer_(answer) {}
  std::uint16_t port() const { return server_.port(); }
  /// Of probes.
  void turn(int status) { health_ = status; }
  int probes() const { return probes_; }
  int requests() const { return requests_; }

 private:
  void serve(int fd) {
    for (;;) {
      const std::string head = test::read_until(fd, "\r\n\r\n");
      if (!head.ends_with("\r\n\r\n")) return;
      const bool probe = head.starts_with("GET /health ");
      ++(probe ? probes_ : requests_);
      test::send_all(fd, "HTTP/1.1 " + std::to_string(probe ? health_.load() : answer_) +
                             " x\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello");
      return;
    }
  }
  std::atomic<int> health_{200};
  const int answer_;
  std::atomic<int> probes_{0};
  std::atomic<int> requests_{0};
  ScriptedServer server_{[this](int fd, int) { serve(fd); }};
};

SnapshotSpec watching(std::vector<std::uint16_t> ports, HealthSpec health) {
  SnapshotSpec spec;
  std::uint64_t identity = 10;
  for (const std::uint16_t port : ports) spec.services[0].servers.push_back({.port = port, .identity = ++identity});
  if (!health.probes.empty()) health.probes.resize(ports.size(), health.probes[0]);
  spec.services[0].health = 0;
  spec.services[0].name = "app";
  spec.health = {std::move(health)};
  return spec;
}

/// Probes every 10 ms.
HealthSpec active() {
  return {.probes = {"/health"}, .interval = 10 * kMillisecond, .unhealthy_interval = 10 * kMillisecond};
}

std::string line(std::uint16_t port, std::string_view change) {
  return "app http://127.0.0.1:" + std::to_string(port) + " " + std::string(change);
}

int status_of(std::string_view response) {
  return response.size() < 12 ? 0 : std::stoi(std::string(response.substr(9, 3)));
}

/// The status of a request on a connection of its own.
int ask(WorkerFixture& f) {
  const Fd client = f.connect();
  return status_of(f.ask(client, kGet, "hello"));
}

}  // namespace

TEST_CASE("a server that fails its probes gets no requests until it passes again") {
  Backend first;
  Backend second;
  WorkerFixture f(watching({first.port(), second.port()}, active()));
  const auto changes = [&](std::size_t count) {
    test::run_until(f.worker.loop, [&] { return f.shared.changes.size() >= count; });
  };
  CHECK(f.worker.health.size() == 2);
  first.turn(500);
  changes(1);
  CHECK(f.shared.changes[0] == line(first.port(), "down probe"));
  const int before = first.requests();
  for (int i = 0; i < 6; ++i) CHECK(ask(f) == 200);
  CHECK(first.requests() == before);
  first.turn(200);
  changes(2);
  CHECK(f.shared.changes[1] == line(first.port(), "up probe"));
  for (int i = 0; i < 6; ++i) CHECK(ask(f) == 200);
  CHECK(first.requests() > before);
  CHECK(f.count(Counter::kServersTakenDown) == 1);
  CHECK(f.count(Counter::kServersRestored) == 1);
  CHECK(f.count(Counter::kHealthChecks) > f.count(Counter::kHealthChecksFailed));
}

TEST_CASE("a probe that is not answered in time fails") {
  ScriptedServer silent([](int fd, int) { test::read_to_end(fd); });
  HealthSpec health = active();
  health.timeout = 20 * kMillisecond;
  WorkerFixture f(watching({silent.port()}, health));
  test::run_until(f.worker.loop, [&] { return !f.shared.changes.empty(); });
  CHECK(f.shared.changes[0] == line(silent.port(), "down probe"));
  const exchange::Watched& watched = *f.worker.plan->plan().watched(0);
  CHECK(watched.health().report(*watched.servers[0]).error == "no answer within 20 ms");
  const Fd client = f.connect();
  CHECK(status_of(f.ask(client, kGet, "no available server\n")) == 503);
}

TEST_CASE("the first probe comes after an interval") {
  Backend backend;
  HealthSpec health = active();
  health.interval = 3600 * kSecond;
  WorkerFixture f(watching({backend.port()}, health));
  f.pass(50 * kMillisecond);
  CHECK(backend.probes() == 0);
}

TEST_CASE("servers that are down are probed at a pace of their own") {
  Backend backend;
  backend.turn(500);
  HealthSpec health = active();
  health.unhealthy_interval = 3600 * kSecond;
  WorkerFixture f(watching({backend.port()}, health));
  test::run_until(f.worker.loop, [&] { return !f.shared.changes.empty(); });
  f.pass(50 * kMillisecond);
  CHECK(backend.probes() == 1);
}

TEST_CASE("a reload goes on with the checks of servers that stay, and ends those of servers that go") {
  Backend first;
  Backend second;
  WorkerFixture f(watching({first.port(), second.port()}, active()));
  first.turn(500);
  test::run_until(f.worker.loop, [&] { return f.shared.changes.size() == 1; });
  // Without the second one, and with other weights: the first stays down.
  SnapshotSpec spec = watching({first.port()}, active());
  spec.generation = 2;
  spec.services[0].servers[0].weight = 7;
  f.install(spec);
  CHECK(f.worker.health.size() == 1);
  const Fd client = f.connect();
  CHECK(status_of(f.ask(client, kGet, "no available server\n")) == 503);
  const int probes = first.probes();
  test::run_until(f.worker.loop, [&] { return first.probes() > probes + 1; });
  CHECK(f.shared.changes.size() == 1);
  // And without any check.
  spec.generation = 3;
  spec.services[0].health = wire::kNone;
  spec.health = {};
  f.install(spec);
  CHECK(f.worker.health.size() == 0);
  CHECK(ask(f) == 200);
}

TEST_CASE("a plan is not kept for the sake of probes between which it has changed") {
  Backend backend;
  WorkerFixture f(watching({backend.port()}, active()));
  const exchange::Plan* const before = &f.worker.plan->plan();
  std::weak_ptr<upstream::ServerHealth> server = before->watched(0)->servers[0];
  test::run_until(f.worker.loop, [&] { return backend.probes() > 2; });
  HealthSpec other = active();
  other.identity = 2;
  f.install(watching({backend.port()}, other));
  test::run_until(f.worker.loop, [&] { return server.expired(); });
  CHECK(f.worker.health.size() == 1);
}

TEST_CASE("servers to which requests fail are left out for a while") {
  Backend good;
  Backend bad(500);
  WorkerFixture f(watching({good.port(), bad.port()}, {.max_failed = 2, .window = 100 * kMillisecond}));
  int failures = 0;
  while (f.shared.changes.empty()) failures += ask(f) == 500 ? 1 : 0;
  CHECK(failures == 2);
  CHECK(f.shared.changes[0] == line(bad.port(), "down requests"));
  CHECK(f.count(Counter::kServersEjected) == 1);
  const int before = bad.requests();
  CHECK(ask(f) == 200);
  CHECK(ask(f) == 200);
  CHECK(bad.requests() == before);
  test::run_until(f.worker.loop, [&] { return f.shared.changes.size() == 2; });
  CHECK(f.shared.changes[1] == line(bad.port(), "up time"));
}

TEST_CASE("a server that cannot be connected to has failed, although the client got its answer from another") {
  Backend good;
  const std::uint16_t closed = test::closed_port();
  WorkerFixture f(watching({good.port(), closed}, {.max_failed = 1, .window = 60 * kSecond}));
  for (int i = 0; i < 4; ++i) CHECK(ask(f) == 200);
  REQUIRE(f.shared.changes.size() == 1);
  CHECK(f.shared.changes[0] == line(closed, "down requests"));
  CHECK(f.count(Counter::kUpstreamConnectFailures) == 1);
}

TEST_CASE("the last server is asked on, whatever it answers") {
  Backend bad(503);
  WorkerFixture f(watching({bad.port()}, {.max_failed = 1, .window = 60 * kSecond}));
  for (int i = 0; i < 4; ++i) CHECK(ask(f) == 503);
  CHECK(bad.requests() == 4);
  CHECK(f.shared.changes.empty());
}

TEST_CASE("a client that goes away says nothing of the server") {
  ScriptedServer slow([](int fd, int) { test::read_to_end(fd); });
  Backend other;
  WorkerFixture f(watching({slow.port(), other.port()}, {.max_failed = 1, .window = 60 * kSecond}));
  Fd client = f.connect();
  test::send_all(client.get(), kGet);
  test::run_until(f.worker.loop, [&] { return slow.accepted() == 1; });
  client.reset();
  test::run_until(f.worker.loop, [&] { return f.count(Reason::kClientClosed) == 1; });
  CHECK(f.shared.changes.empty());
}
