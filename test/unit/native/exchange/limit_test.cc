// Requests behind a limit: who goes next, who is shed, and what becomes of those who wait.
#include "exchange/limit.h"

#include <doctest/doctest.h>
#include <poll.h>

#include <memory>
#include <string>
#include <vector>

#include "test/support/native/worker_fixture.h"

using namespace fairlead;
using exchange::Limit;
using exchange::LimitReport;
using test::Fd;
using test::LimitSpec;
using test::SnapshotSpec;
using test::WorkerFixture;

namespace {

/// A server that answers a request when it is told to: one connection for each, in the order in which they came.
class HeldServer {
 public:
  HeldServer() : listener_(test::listen_on_loopback(port_)) {}

  std::uint16_t port() const { return port_; }
  /// Takes the connections that have come by now; how many are not answered.
  std::size_t held() {
    pollfd poll{listener_.get(), POLLIN, 0};
    while (::poll(&poll, 1, 0) == 1) held_.emplace_back(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    return held_.size();
  }
  /// The connection that has been held for longest, for the test to play on.
  Fd take() {
    Fd connection = std::move(held_.front());
    held_.erase(held_.begin());
    return connection;
  }
  /// Answers the request that has been held for longest; its tenant, and path.
  std::string answer(
      std::string_view response = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok") {
    const Fd connection = take();
    const std::string head = test::read_until(connection.get(), "\r\n\r\n");
    test::send_all(connection.get(), response);
    const std::size_t at = head.find("X-Tenant: ");
    return at == std::string::npos ? "-" : head.substr(at + 10, head.find('\r', at) - at - 10);
  }

 private:
  std::uint16_t port_ = 0;
  Fd listener_;
  std::vector<Fd> held_;
};

SnapshotSpec limited(std::uint16_t port, const LimitSpec& limit) {
  SnapshotSpec spec;
  spec.services[0].servers.push_back({.port = port, .identity = 11});
  spec.services[0].limit = 0;
  spec.limits = {limit};
  return spec;
}

struct Fixture : WorkerFixture {
  explicit Fixture(const LimitSpec& limit) : Fixture(std::make_unique<HeldServer>(), limit) {}

  Fd send(std::string_view tenant) {
    Fd client = connect();
    test::send_all(client.get(), "GET / HTTP/1.1\r\nHost: x\r\nX-Tenant: " + std::string(tenant) + "\r\n\r\n");
    pass(20 * kMillisecond);
    return client;
  }
  /// Runs until the server holds as many requests.
  void hold(std::size_t count) {
    test::run_until(worker.loop, [&] { return server->held() >= count; });
    CHECK(server->held() == count);
  }
  /// Whose request the server answers, when it has come.
  std::string next() {
    hold(1);
    return server->answer();
  }
  LimitReport report() { return worker.plan->plan().limits()[0].account->report(); }
  void reload(LimitSpec limit, std::uint64_t version) {
    limit.version = version;
    SnapshotSpec spec = limited(server->port(), limit);
    spec.generation = ++generation;
    install(spec);
  }

  std::unique_ptr<HeldServer> server;
  std::uint64_t generation = 1;

 private:
  Fixture(std::unique_ptr<HeldServer> held, const LimitSpec& limit)
      : WorkerFixture(limited(held->port(), limit)), server(std::move(held)) {}
};

constexpr std::string_view kOk = "\r\n\r\nok";
constexpr std::string_view kUnavailable = "Service Unavailable";

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace

TEST_CASE("as many requests are at the server as the limit says, others wait, and keys take turns") {
  Fixture f({.concurrency = 1});
  std::vector<Fd> clients;
  for (const char* tenant : {"flood", "flood", "flood", "flood", "quiet", "other"}) clients.push_back(f.send(tenant));
  f.hold(1);
  CHECK(f.report().active == 1);
  CHECK(f.report().waiting == 5);
  std::string order;
  for (int i = 0; i < 6; ++i) order += f.next()[0];
  CHECK(order == "ffqoff");
  for (const Fd& client : clients) CHECK(f.receive(client, kOk).ends_with(kOk));
  CHECK(f.report().active == 0);
  CHECK(f.worker.waiting.turns.empty());
}

TEST_CASE("a request that finds a free slot does not wait, and none is lost between two on one connection") {
  Fixture f({.concurrency = 2});
  const Fd client = f.connect();
  for (int i = 0; i < 3; ++i) {
    test::send_all(client.get(), "GET / HTTP/1.1\r\nHost: x\r\nX-Tenant: a\r\n\r\n");
    CHECK(f.next() == "a");
    f.receive(client, kOk);
    CHECK(f.report().active == 0);
  }
  REQUIRE(f.report().keys.size() == 1);
  CHECK(f.report().keys[0].totals.served == 3);
  CHECK(f.report().keys[0].totals.waited == 0);
}

TEST_CASE("a full queue sheds the last of the key with the most in it, with a reason and a time to come back") {
  Fixture f({.concurrency = 1, .max_length = 2});
  const Fd busy = f.send("flood");
  const Fd first = f.send("flood");
  const Fd second = f.send("flood");
  const Fd quiet = f.send("quiet");
  const std::string shed = f.receive(second, kUnavailable);
  CHECK(contains(shed, "503"));
  CHECK(contains(shed, "Retry-After: 1\r\n"));
  CHECK(f.count(Reason::kQueueFull) == 1);
  CHECK(f.next() == "flood");
  CHECK(f.next() == "flood");
  CHECK(f.next() == "quiet");
  CHECK(f.receive(first, kOk).ends_with(kOk));
  CHECK(f.receive(quiet, kOk).ends_with(kOk));
}

TEST_CASE("who would make the longest queue longer is shed at once, and its connection lives on") {
  Fixture f({.concurrency = 1, .max_length = 0});
  const Fd busy = f.send("a");
  const Fd client = f.send("b");
  CHECK(contains(f.receive(client, kUnavailable), "503"));
  CHECK(f.next() == "a");
  f.receive(busy, kOk);
  test::send_all(client.get(), "GET / HTTP/1.1\r\nHost: x\r\nX-Tenant: b\r\n\r\n");
  CHECK(f.next() == "b");
  CHECK(f.receive(client, kOk).ends_with(kOk));
}

TEST_CASE("who has waited for as long as may be is answered, and its slot goes to nobody") {
  Fixture f({.concurrency = 1, .max_wait = 30 * kMillisecond});
  const Fd busy = f.send("a");
  const Fd client = f.connect();
  const std::string late = f.ask(client, "GET / HTTP/1.1\r\nHost: x\r\nX-Tenant: b\r\n\r\n", kUnavailable);
  CHECK(contains(late, "503"));
  CHECK(contains(late, "Retry-After: 1\r\n"));
  CHECK(f.count(Reason::kQueueTimeout) == 1);
  CHECK(f.report().waiting == 0);
  CHECK(f.next() == "a");
  f.receive(busy, kOk);
  CHECK(f.report().active == 0);
  CHECK(f.server->held() == 0);
}

TEST_CASE("a client that goes away while it waits leaves the queue at once") {
  Fixture f({.concurrency = 1});
  const Fd busy = f.send("a");
  Fd gone = f.send("b");
  const Fd stays = f.send("c");
  REQUIRE(f.report().waiting == 2);
  gone.reset();
  test::run_until(f.worker.loop, [&] { return f.report().waiting == 1; });
  CHECK(f.count(Reason::kClientClosed) == 1);
  CHECK(f.next() == "a");
  CHECK(f.next() == "c");
  for (const exchange::KeyReport& key : f.report().keys) CHECK(key.totals.gone == (key.key == "b" ? 1U : 0U));
}

TEST_CASE("a client that goes away at the server gives its slot to the next") {
  Fixture f({.concurrency = 1});
  Fd gone = f.send("a");
  const Fd next = f.send("b");
  f.hold(1);
  gone.reset();
  f.hold(2);  // nobody has answered the first
  CHECK(f.report().active == 1);
  CHECK(f.report().waiting == 0);
}

TEST_CASE("those who wait stay through a reload, and new settings hold for them") {
  const LimitSpec limit{.concurrency = 1};
  Fixture f(limit);
  std::vector<Fd> clients;
  for (const char* tenant : {"a", "a", "a", "b", "b"}) clients.push_back(f.send(tenant));
  f.hold(1);
  f.reload(limit, 1);
  CHECK(f.report().active == 1);
  CHECK(f.report().waiting == 4);
  SUBCASE("the same settings") {
    CHECK(f.next() == "a");
    CHECK(f.next() == "a");
    CHECK(f.next() == "b");
  }
  SUBCASE("more concurrency") {
    f.reload({.concurrency = 3}, 2);
    f.hold(3);
    CHECK(f.report().waiting == 2);
  }
  SUBCASE("less concurrency, then more") {
    f.reload({.concurrency = 3}, 2);
    f.hold(3);
    f.reload({.concurrency = 1}, 3);
    f.server->answer();
    f.server->answer();
    f.pass(20 * kMillisecond);
    CHECK(f.server->held() == 1);
    CHECK(f.report().active == 1);
    CHECK(f.report().waiting == 2);
  }
  SUBCASE("a shorter queue") {
    f.reload({.concurrency = 1, .max_length = 1}, 2);
    test::run_until(f.worker.loop, [&] { return f.count(Reason::kQueueFull) == 3; });
    CHECK(f.report().waiting == 1);
  }
  SUBCASE("a shorter wait") {
    f.reload({.concurrency = 1, .max_wait = kMillisecond}, 2);
    test::run_until(f.worker.loop, [&] { return f.count(Reason::kQueueTimeout) == 4; });
    CHECK(f.report().waiting == 0);
  }
  SUBCASE("an older generation changes nothing") {
    --f.generation;
    f.reload({.concurrency = 3}, 2);
    f.pass(20 * kMillisecond);
    CHECK(f.report().active == 1);
  }
  SUBCASE("no limit at all, and back") {
    SnapshotSpec spec = limited(f.server->port(), limit);
    spec.limits.clear();
    spec.services[0].limit = wire::kNone;
    spec.generation = ++f.generation;
    f.install(spec);
    f.hold(5);
    f.reload(limit, 1);
    CHECK(f.report().active == 5);
    CHECK(f.report().concurrency == 1);
    const Fd more = f.send("a");
    CHECK(f.report().waiting == 1);
    for (int i = 0; i < 5; ++i) f.server->answer();
    CHECK(f.next() == "a");
  }
  for (int i = 0; i < 5 && f.server->held() > 0; ++i) {
    f.server->answer();
    f.pass(20 * kMillisecond);
  }
}

TEST_CASE("an upgraded connection keeps its slot until it ends, also when nothing names its limit any more") {
  Fixture f({.concurrency = 1});
  const Fd upgraded = f.connect();
  test::send_all(upgraded.get(), "GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: chat\r\n\r\n");
  f.hold(1);
  Fd server = f.server->take();
  test::read_until(server.get(), "\r\n\r\n");
  test::send_all(server.get(), "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: chat\r\n\r\nhi");
  f.receive(upgraded, "hi");
  const Fd next = f.send("b");
  CHECK(f.report().active == 1);
  CHECK(f.report().waiting == 1);
  SUBCASE("the limit stays") {
    server.reset();
    CHECK(f.next() == "b");
  }
  SUBCASE("the limit goes") {
    const std::weak_ptr<Limit> account = f.worker.plan->plan().limits()[0].account;
    SnapshotSpec spec = limited(f.server->port(), {});
    spec.limits.clear();
    spec.services[0].limit = wire::kNone;
    spec.generation = 2;
    f.install(spec);
    CHECK(f.next() == "b");
    f.receive(next, kOk);
    CHECK_FALSE(account.expired());
    server.reset();
    test::run_until(f.worker.loop, [&] { return account.expired(); });
  }
}

TEST_CASE("nothing is left of those who wait when the worker is cut") {
  Fixture f({.concurrency = 1});
  std::vector<Fd> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(f.send("a"));
  const std::shared_ptr<Limit> account = f.worker.plan->plan().limits()[0].account;
  CHECK(f.worker.cut() == 5);
  CHECK(account->report().active == 0);
  CHECK(account->report().waiting == 0);
  CHECK(f.worker.waiting.turns.empty());
}

TEST_CASE("keys are addresses, hosts, routers or headers") {
  struct Case {
    wire::LimitKey key;
    const char* expected;
  };
  constexpr Case kCases[] = {{wire::LimitKey::kClientIP, "192.0.2.7"},
                             {wire::LimitKey::kHost, "x"},
                             {wire::LimitKey::kRouter, "router@test"},
                             {wire::LimitKey::kHeader, "t"}};
  for (const Case& c : kCases) {
    Fixture f({.key = c.key});
    const Fd client = f.send("t");
    REQUIRE(f.report().keys.size() == 1);
    CHECK(f.report().keys[0].key == c.expected);
  }
}

TEST_CASE("where bytes count, a key with large bodies waits for as many turns as they are long") {
  Fixture f({.concurrency = 1, .costs_bytes = true, .quantum = 1024});
  const Fd busy = f.send("a");
  const Fd large = f.connect();
  test::send_all(large.get(), "POST / HTTP/1.1\r\nHost: x\r\nX-Tenant: large\r\nContent-Length: 3072\r\n\r\n");
  f.pass(20 * kMillisecond);
  std::vector<Fd> small;
  for (int i = 0; i < 4; ++i) small.push_back(f.send("small"));
  CHECK(f.next() == "a");
  CHECK(f.next() == "small");
  CHECK(f.next() == "small");
  CHECK(f.next() == "large");
  CHECK(f.next() == "small");
}

TEST_CASE("the access log says how long a request has waited, if it has") {
  wire::AccessLog config{};
  config.format = 2;
  config.fields_default = 1;
  Arena arena;
  const codec::Request request(arena);
  const codec::Peer peer;
  exchange::AccessRecord record;
  record.request = &request;
  record.peer = &peer;
  ByteBuffer line;
  exchange::format_access_line(config, record, line);
  CHECK_FALSE(contains(line.view(), "QueueDuration"));
  record.queue_duration = 42;
  exchange::format_access_line(config, record, line);
  CHECK(contains(line.view(), "\"QueueDuration\":42"));
}
