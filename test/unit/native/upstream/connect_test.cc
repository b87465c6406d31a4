#include "upstream/connect.h"

#include <doctest/doctest.h>
#include <sys/un.h>

#include <cstddef>
#include <string>
#include <vector>

#include "test/support/native/encoded.h"
#include "test/support/native/run_task.h"
#include "test/support/native/sockets.h"
#include "test/support/native/wire_writer.h"

using namespace fairlead;
using stats::Counter;
using upstream::ConnectResult;

namespace {

/// A server and its transport as a snapshot holds them.
struct Target {
  wire::Server server;
  wire::Transport transport;
  bool verify(const wire::Bounds& bounds) const { return server.verify(bounds) && transport.verify(bounds); }
};

struct Spec {
  std::string host = {};
  std::uint16_t port = 0;
  std::string unix_path = {};
  Nanos dial_timeout = 5 * kSecond;
  bool tls = false;
};

test::Encoded<Target> encoded(const Spec& spec) {
  test::WireWriter writer;
  writer.reserve<Target>();
  const std::size_t server = offsetof(Target, server);
  writer.text(server + offsetof(wire::Server, host), spec.host);
  writer.text(server + offsetof(wire::Server, path), spec.unix_path);
  writer.put(server + offsetof(wire::Server, port), std::uint32_t{spec.port});
  writer.put(server + offsetof(wire::Server, unix), static_cast<std::uint8_t>(!spec.unix_path.empty()));
  writer.put(server + offsetof(wire::Server, tls), static_cast<std::uint8_t>(spec.tls));
  writer.put(offsetof(Target, transport) + offsetof(wire::Transport, dial_timeout), spec.dial_timeout);
  return test::Encoded<Target>(writer.bytes());
}

struct Fixture {
  ConnectResult connect(const Spec& spec) {
    const test::Encoded<Target> target = encoded(spec);
    const upstream::ConnectContext context{loop, scratch, resolver, counters};
    return test::run(loop, upstream::connect(context, target->server, target->transport, nullptr));
  }
  net::Addresses look_up(const std::string& host) const { return host == "many" ? addresses : net::Addresses{}; }

  net::Addresses addresses;
  loop::Loop loop;
  net::StreamScratch scratch;
  net::ResolverThreads threads{[this](const std::string& host) { return look_up(host); }};
  net::Resolver resolver{loop, threads};
  stats::Counters counters;
};

std::string reason_of(const ConnectResult& result) {
  return result.status.ok() ? "ok" : reason_name(result.status.error().reason);
}

}  // namespace

TEST_CASE("a server that listens is connected to, and counted") {
  Fixture f;
  std::uint16_t port = 0;
  const test::Fd listener = test::listen_on_loopback(port);
  const ConnectResult result = f.connect({.host = "127.0.0.1", .port = port});
  CHECK(reason_of(result) == "ok");
  REQUIRE(result.connection != nullptr);
  CHECK_FALSE(result.connection->reused);
  CHECK(f.counters.get(Counter::kUpstreamConnects) == 1);
  CHECK(f.counters.get(Counter::kUpstreamConnectFailures) == 0);

  const test::Fd accepted(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  net::IoResult written;
  std::string_view bytes = "hello";
  CHECK(result.connection->stream.write_now(bytes, written));
  CHECK(test::read_until(accepted.get(), "hello") == "hello");
}

TEST_CASE("a server that refuses may be followed by another one, whatever the request") {
  Fixture f;
  std::uint16_t port = 0;
  test::listen_on_loopback(port).reset();
  const ConnectResult result = f.connect({.host = "127.0.0.1", .port = port});
  CHECK(reason_of(result) == "connect_failed");
  CHECK(result.connection == nullptr);
  CHECK(result.status.error().retry == Retry::kYes);
  CHECK(result.status.error().origin == Origin::kUpstream);
  CHECK(f.counters.get(Counter::kUpstreamConnectFailures) == 1);
}

TEST_CASE("a server whose queue is full ends at the dial timeout") {
  Fixture f;
  std::uint16_t port = 0;
  const test::Fd listener = test::listen_on_loopback(port, 0);
  // Linux completes one connection beyond a queue of 0; the next SYN is dropped.
  std::vector<test::Fd> queued;
  queued.push_back(test::connect_to_loopback(port));
  const Nanos began = f.loop.refresh_now();
  const ConnectResult result = f.connect({.host = "127.0.0.1", .port = port, .dial_timeout = 50 * kMillisecond});
  CHECK(reason_of(result) == "connect_timeout");
  CHECK(f.loop.now() - began >= 50 * kMillisecond);
  CHECK(result.status.error().retry == Retry::kYes);
}

TEST_CASE("a name that cannot be resolved is told apart") {
  Fixture f;
  CHECK(reason_of(f.connect({.host = "nowhere", .port = 80})) == "resolve_failed");
}

TEST_CASE("the addresses of a name are tried in turn") {
  Fixture f;
  std::uint16_t port = 0;
  const test::Fd listener = test::listen_on_loopback(port);
  f.addresses = {*net::IpAddress::parse("127.0.0.2"), *net::IpAddress::parse("127.0.0.3"),
                 *net::IpAddress::parse("127.0.0.1")};
  CHECK(reason_of(f.connect({.host = "many", .port = port})) == "ok");
}

TEST_CASE("an address that answers nothing leaves time for the next one") {
  Fixture f;
  std::uint16_t port = 0;
  const test::Fd dead = test::listen_on_loopback(port, 0);
  const test::Fd queued = test::connect_to_loopback(port);
  // The same port on the next address.
  test::Fd alive(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
  address.sin_port = htons(port);
  REQUIRE(::bind(alive.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  REQUIRE(::listen(alive.get(), 4) == 0);
  f.addresses = {*net::IpAddress::parse("127.0.0.1"), *net::IpAddress::parse("127.0.0.2")};
  CHECK(reason_of(f.connect({.host = "many", .port = port, .dial_timeout = 3 * kSecond})) == "ok");
}

TEST_CASE("unix sockets are connected to by path") {
  Fixture f;
  const std::string path = "/tmp/fairlead-connect-test-" + std::to_string(::getpid());
  CHECK(reason_of(f.connect({.unix_path = path})) == "connect_failed");
  const test::Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  REQUIRE(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  REQUIRE(::listen(listener.get(), 1) == 0);
  CHECK(reason_of(f.connect({.unix_path = path})) == "ok");
  ::unlink(path.c_str());
}

TEST_CASE("https without a usable context fails before a byte of the request is sent") {
  Fixture f;
  std::uint16_t port = 0;
  const test::Fd listener = test::listen_on_loopback(port);
  const ConnectResult result = f.connect({.host = "127.0.0.1", .port = port, .tls = true});
  CHECK(reason_of(result) == "upstream_tls");
  CHECK(result.connection == nullptr);
}

TEST_CASE("cancelling while connecting closes the socket") {
  Fixture f;
  const std::size_t before = test::open_descriptors();
  std::uint16_t port = 0;
  {
    const test::Fd listener = test::listen_on_loopback(port, 0);
    const test::Fd queued = test::connect_to_loopback(port);
    const test::Encoded<Target> target = encoded({.host = "127.0.0.1", .port = port});
    const upstream::ConnectContext context{f.loop, f.scratch, f.resolver, f.counters};
    loop::Task<ConnectResult> connecting = upstream::connect(context, target->server, target->transport, nullptr);
    connecting.start();
    CHECK_FALSE(connecting.done());
  }
  CHECK(test::open_descriptors() == before);
}
