// What a worker gives up when memory is short.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "test/support/native/worker_fixture.h"

using namespace fairlead;
using stats::Counter;
using stats::Stage;
using test::Fd;
using test::ScriptedServer;
using test::SnapshotSpec;
using test::WorkerFixture;

namespace {

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr std::string_view kHello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

SnapshotSpec forwarding_to(std::uint16_t port) {
  SnapshotSpec spec;
  spec.services[0].servers.push_back({.port = port, .identity = 11});
  return spec;
}

void hello(int fd, int) {
  while (test::read_until(fd, "\r\n\r\n").ends_with("\r\n\r\n")) test::send_all(fd, kHello);
}

/// The process uses this many thousandths of its memory from now on.
void use(WorkerFixture& f, std::uint64_t share) {
  f.shared.account.set_limits(0, 1'000'000);
  f.shared.account.report_resident(share * 1000);
  f.worker.relieve();
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace

TEST_CASE("responses end their connections from 80 % on, and no longer do once memory suffices") {
  ScriptedServer server(hello);
  WorkerFixture f(forwarding_to(server.port()));
  use(f, 799);
  const Fd client = f.connect();
  CHECK_FALSE(contains(f.ask(client, kGet, "hello"), "Connection: close"));
  use(f, 800);
  CHECK(contains(f.ask(client, kGet, "hello"), "Connection: close"));
  CHECK(f.count(Counter::kOverloadKeepaliveEnded) == 1);
  use(f, 100);
  const Fd next = f.connect();
  CHECK_FALSE(contains(f.ask(next, kGet, "hello"), "Connection: close"));
  CHECK(f.count(Counter::kOverloadStagesEntered) == 2);
}

TEST_CASE("new requests are refused from 92 % on, with a reason and a time to come back; health checks are answered") {
  ScriptedServer server(hello);
  SnapshotSpec spec = forwarding_to(server.port());
  spec.routers = {{.path = "/", .service = 0}, {.path = "/ping", .service = 1}};
  spec.entry_points[0].routers = {1, 0};
  spec.services.push_back({.kind = wire::ServiceKind::kPing, .identity = 2, .name = "ping@internal"});
  WorkerFixture f(spec);
  use(f, 920);
  const Fd client = f.connect();
  const std::string refused = f.ask(client, kGet, "Service Unavailable");
  CHECK(refused.starts_with("HTTP/1.1 503 "));
  CHECK(contains(refused, "Retry-After: 1\r\n"));
  CHECK(contains(refused, "Connection: close"));
  CHECK(f.count(Reason::kOverload) == 1);
  CHECK(server.accepted() == 0);
  const Fd checker = f.connect();
  CHECK(f.ask(checker, "GET /ping HTTP/1.1\r\nHost: x\r\n\r\n", "OK").starts_with("HTTP/1.1 200 "));
  use(f, 100);
  const Fd next = f.connect();
  CHECK(f.ask(next, kGet, "hello").starts_with("HTTP/1.1 200 "));
}

TEST_CASE("connections that have been idle for a second are closed for want of memory, the longest idle first") {
  ScriptedServer server(hello);
  WorkerFixture f(forwarding_to(server.port()));
  const Fd first = f.connect();
  f.ask(first, kGet, "hello");
  const Fd second = f.connect();
  f.ask(second, kGet, "hello");
  CHECK(f.worker.close_idle(9) == 0);  // a request may be on its way
  f.pass(1100 * kMillisecond);
  f.ask(first, kGet, "hello");
  f.pass(1100 * kMillisecond);
  CHECK(f.worker.close_idle(1) == 1);
  CHECK(f.receive(second, "never").empty());
  CHECK(f.ask(first, kGet, "hello").starts_with("HTTP/1.1 200 "));
  CHECK(f.count(Counter::kIdleConnectionsClosed) == 1);
}

TEST_CASE("whoever holds the most is cut when memory ends; those who hold less go on") {
  constexpr std::size_t kBody = 8 << 20;
  ScriptedServer server([](int fd, int number) {
    test::read_until(fd, "\r\n\r\n");
    if (number == 0) {
      test::send_all(fd, "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(kBody) + "\r\n\r\n");
      const std::string piece(64 * 1024, 'x');
      for (std::size_t sent = 0; sent < kBody; sent += piece.size()) {
        if (::send(fd, piece.data(), piece.size(), MSG_NOSIGNAL) < 0) return;
      }
      return;
    }
    test::send_all(fd, kHello);
  });
  WorkerFixture f(forwarding_to(server.port()));
  // Takes nothing of a body that is larger than what the kernel holds.
  const Fd heavy = f.connect();
  test::send_all(heavy.get(), kGet);
  test::run_until(f.worker.loop, [&] { return f.worker.buffers.used_bytes() >= 256 * 1024; });
  const Fd light = f.connect();
  test::send_all(light.get(), "GET / HTTP/1.1\r\nHost: x\r\n");
  f.pass(50 * kMillisecond);
  CHECK(f.worker.buffers.used_bytes() > 256 * 1024);
  // Exactly what is held now is 98 % of the limit.
  f.shared.account.set_limits(f.worker.buffers.used_bytes() * 1000 / 981, 0);
  f.worker.relieve();
  CHECK(f.worker.stage == Stage::kShedding);
  test::run_until(f.worker.loop, [&] { return f.count(Reason::kOverloadCut) == 1; });
  f.receive(heavy, "never");
  CHECK(f.worker.buffers.used_bytes() < 64 * 1024);
  CHECK(f.worker.stage == Stage::kNormal);
  CHECK(f.ask(light, "\r\n", "hello").starts_with("HTTP/1.1 200 "));
}

TEST_CASE("buffers that grow within one turn are noticed within it") {
  WorkerFixture f(SnapshotSpec{});
  f.shared.account.set_limits(32 * net::BufferPool::kLargeBytes, 0);
  std::vector<net::Buffer> buffers;
  for (int i = 0; i < 8; ++i) buffers.push_back(f.worker.buffers.large());
  CHECK(f.shared.account.buffers() == 8 * net::BufferPool::kLargeBytes);
  while (f.shared.account.stage() < Stage::kFrugal) buffers.push_back(f.worker.buffers.large());
  // From now on they are small, until some are given back.
  CHECK(f.worker.buffers.large().capacity() == net::BufferPool::kSmallBytes);
  buffers.clear();
  f.worker.relieve();
  CHECK(f.worker.buffers.large().capacity() == net::BufferPool::kLargeBytes);
}
