#include "engine/engine.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <fstream>
#include <string>
#include <vector>

#include "test/support/native/engine_fixture.h"

using namespace fairlead;
using stats::Counter;
using test::EngineFixture;
using test::Fd;
using test::SnapshotSpec;

namespace {

/// Everything is answered with 200 by the proxy itself; an access log when `log` is a path.
SnapshotSpec ping(std::uint64_t generation = 1, const std::string& log = {}) {
  SnapshotSpec spec;
  spec.generation = generation;
  spec.services[0].kind = wire::ServiceKind::kPing;
  spec.access_log = log;
  spec.routers[0].access_log = !log.empty();
  return spec;
}

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

/// The status of the answer to a request on this connection.
int ask(const Fd& client) {
  test::send_all(client.get(), kGet);
  const std::string head = test::read_until(client.get(), "\r\n\r\nOK");
  return head.size() < 12 ? 0 : std::stoi(head.substr(9, 3));
}
int ask(std::uint16_t port) { return ask(test::connect_to_loopback(port)); }

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Threads of this process.
std::size_t threads() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("Threads:")) return std::stoul(line.substr(8));
  }
  return 0;
}

class Folder {
 public:
  Folder() { REQUIRE(::mkdtemp(path_) != nullptr); }
  ~Folder() {
    for (const std::string& name : names_) ::unlink(name.c_str());
    ::rmdir(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file(const std::string& name) {
    names_.push_back(std::string(path_) + "/" + name);
    return names_.back();
  }

 private:
  char path_[32] = "/tmp/fairlead-engine-XXXXXX";
  std::vector<std::string> names_;
};

}  // namespace

TEST_CASE("an engine serves the snapshot that was applied, and tells so") {
  EngineFixture f;
  f.serve(ping());
  const std::uint16_t port = f.port();
  CHECK(port != 0);
  CHECK(ask(port) == 200);
  CHECK(f.count(Counter::kSnapshotsLive) == 1);
  CHECK_FALSE(f.engine->start());  // it runs already
}

TEST_CASE("what is no snapshot is refused, and the old one serves on") {
  EngineFixture f;
  f.serve(ping());
  const std::uint16_t port = f.port();
  SnapshotSpec other_build = ping(2);
  other_build.fingerprint ^= 1;
  SnapshotSpec broken = ping(3);
  broken.routers[0].service = 9;
  const std::vector<std::byte> garbage(5000, std::byte{0xa5});
  f.engine->apply(garbage);
  CHECK(f.event("applyFailed").find("\"generation\":0,\"code\":\"SNAPSHOT\"") != std::string::npos);
  f.engine->apply({});
  CHECK(f.event("applyFailed").find("SNAPSHOT") != std::string::npos);
  f.apply(other_build);
  CHECK(f.event("applyFailed").find("another build") != std::string::npos);
  f.apply(broken);
  CHECK(f.event("applyFailed").find("does not exist") != std::string::npos);
  CHECK(ask(port) == 200);
  f.apply(ping(4));
  CHECK(f.event("applied").find("\"generation\":4") != std::string::npos);
}

TEST_CASE("check finds faults, without threads, sockets or events") {
  const std::size_t before = test::open_descriptors();
  EngineFixture f;
  const std::size_t created = test::open_descriptors();
  CHECK(f.engine->check(test::SnapshotWriter(ping()).bytes()).empty());
  const std::vector<std::byte> garbage(100, std::byte{1});
  REQUIRE(f.engine->check(garbage).size() == 1);
  CHECK(test::open_descriptors() == created);
  CHECK(created >= before);
  CHECK(f.engine->events().empty());
}

TEST_CASE("an address in use refuses the whole snapshot: no other entry point listens, the log is not touched") {
  std::uint16_t taken = 0;
  const Fd holder = test::listen_on_loopback(taken);
  Folder folder;
  const std::string log = folder.file("access.log");
  EngineFixture f;
  REQUIRE(f.engine->start());
  const std::size_t before = test::open_descriptors();
  SnapshotSpec spec = ping(1, log);
  spec.entry_points.push_back({.name = "other", .port = taken});
  f.apply(spec);
  const std::string refused = f.event("applyFailed");
  CHECK(refused.find("\"code\":\"BIND\"") != std::string::npos);
  CHECK(refused.find("entry point \\\"other\\\" cannot listen on 127.0.0.1:") != std::string::npos);
  CHECK_FALSE(f.has_event("listening"));
  CHECK(test::open_descriptors() == before);
  CHECK(::access(log.c_str(), F_OK) != 0);
  // Nothing stands in the way of the next one.
  f.apply(ping(2, log));
  f.event("applied");
  CHECK(ask(f.port()) == 200);
}

TEST_CASE("a log that cannot be opened refuses the whole snapshot: nothing listens, the old log goes on") {
  Folder folder;
  const std::string log = folder.file("access.log");
  EngineFixture f;
  REQUIRE(f.engine->start());
  const std::size_t before = test::open_descriptors();
  f.apply(ping(1, "/dev/null/access.log"));
  CHECK(f.event("applyFailed").find("\"code\":\"ACCESS_LOG\"") != std::string::npos);
  CHECK_FALSE(f.has_event("listening"));
  CHECK(test::open_descriptors() == before);
  f.apply(ping(2, log));
  f.event("applied");
  const std::uint16_t port = f.port();
  f.apply(ping(3, "/dev/null/access.log"));
  f.event("applyFailed");
  CHECK(ask(port) == 200);
  EngineFixture::until([&] { return text_of(log).find("\"GET / HTTP/1.1\" 200") != std::string::npos; });
}

TEST_CASE("a snapshot with other entry points is refused while running") {
  EngineFixture f;
  f.serve(ping());
  const std::uint16_t port = f.port();
  SnapshotSpec moved = ping(2);
  moved.entry_points[0].name = "elsewhere";
  f.apply(moved);
  CHECK(f.event("applyFailed").find("\"code\":\"RESTART\"") != std::string::npos);
  CHECK(ask(port) == 200);
}

TEST_CASE("each exchange has its line, also those of the last moment before close") {
  Folder folder;
  const std::string log = folder.file("access.log");
  EngineFixture f({.workers = 2});
  f.serve(ping(1, log));
  const std::uint16_t port = f.port();
  for (int i = 0; i < 20; ++i) CHECK(ask(port) == 200);
  f.engine->close();
  const std::string lines = text_of(log);
  std::size_t count = 0;
  for (std::size_t at = 0; (at = lines.find("\"GET / HTTP/1.1\" 200", at)) != std::string::npos; ++at) ++count;
  CHECK(count == 20);
  CHECK(lines.ends_with('\n'));
}

TEST_CASE("lines go to a new file after reopen_logs, none is lost") {
  Folder folder;
  const std::string log = folder.file("access.log");
  const std::string moved = folder.file("access.log.1");
  EngineFixture f;
  f.serve(ping(1, log));
  const std::uint16_t port = f.port();
  CHECK(ask(port) == 200);
  EngineFixture::until([&] { return !text_of(log).empty(); });
  REQUIRE(::rename(log.c_str(), moved.c_str()) == 0);
  f.engine->reopen_logs();
  EngineFixture::until([&] { return ::access(log.c_str(), F_OK) == 0; });
  CHECK(ask(port) == 200);
  EngineFixture::until([&] { return !text_of(log).empty(); });
  CHECK_FALSE(text_of(moved).empty());
}

TEST_CASE("an old plan lives as long as something runs under it, and no longer") {
  test::Fd waiting;
  std::uint16_t server_port = 0;
  Fd server = test::listen_on_loopback(server_port);
  SnapshotSpec forwards;
  forwards.services[0].servers = {{.port = server_port}};
  EngineFixture f;
  f.serve(forwards);
  const Fd client = test::connect_to_loopback(f.port());
  test::send_all(client.get(), kGet);
  Fd asked(::accept4(server.get(), nullptr, nullptr, SOCK_CLOEXEC));
  test::read_until(asked.get(), "\r\n\r\n");
  for (std::uint64_t generation = 2; generation <= 5; ++generation) {
    forwards.generation = generation;
    f.apply(forwards);
    f.event("applied");
  }
  EngineFixture::until([&] { return f.count(Counter::kSnapshotsLive) == 2; });
  test::send_all(asked.get(), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  CHECK(test::read_until(client.get(), "ok").starts_with("HTTP/1.1 200"));
  EngineFixture::until([&] { return f.count(Counter::kSnapshotsLive) == 1; });
}

TEST_CASE("a drain lets requests end, refuses connections, and tells when all is done") {
  std::uint16_t server_port = 0;
  Fd server = test::listen_on_loopback(server_port);
  SnapshotSpec forwards;
  forwards.services[0].servers = {{.port = server_port}};
  EngineFixture f;
  f.serve(forwards);
  const std::uint16_t port = f.port();
  const Fd client = test::connect_to_loopback(port);
  test::send_all(client.get(), kGet);
  Fd asked(::accept4(server.get(), nullptr, nullptr, SOCK_CLOEXEC));
  test::read_until(asked.get(), "\r\n\r\n");
  f.engine->drain(0, 20 * kSecond);
  EngineFixture::until([&] {
    Fd late(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return ::connect(late.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0;
  });
  CHECK_FALSE(f.has_event("drained"));
  test::send_all(asked.get(), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  CHECK(test::read_to_end(client.get()).ends_with("\r\n\r\nok"));
  CHECK(f.event("drained").find("\"cut\":0") != std::string::npos);
}

TEST_CASE("a drain cuts what does not end in time, and counts it") {
  std::uint16_t server_port = 0;
  Fd server = test::listen_on_loopback(server_port);
  SnapshotSpec forwards;
  forwards.services[0].servers = {{.port = server_port}};
  EngineFixture f;
  f.serve(forwards);
  const Fd client = test::connect_to_loopback(f.port());
  test::send_all(client.get(), kGet);
  Fd asked(::accept4(server.get(), nullptr, nullptr, SOCK_CLOEXEC));
  test::read_until(asked.get(), "\r\n\r\n");
  f.engine->drain(0, 50 * kMillisecond);
  CHECK(f.event("drained").find("\"cut\":1") != std::string::npos);
  CHECK(test::read_to_end(client.get()).empty());
}

TEST_CASE("close ends everything at once, as often as it is called, and before start as well") {
  EngineFixture idle;
  idle.engine->close();
  idle.engine->close();
  EngineFixture f;
  f.serve(ping());
  const std::uint16_t port = f.port();
  const Fd client = test::connect_to_loopback(port);
  CHECK(ask(client) == 200);
  f.engine->close();
  f.engine->close();
  CHECK(test::read_to_end(client.get()).empty());
}

TEST_CASE("fifty starts and ends leave no descriptor and no thread behind") {
  const auto cycle = [] {
    EngineFixture f({.workers = 2});
    f.serve(ping());
    CHECK(ask(f.port()) == 200);
    f.engine->close();
  };
  cycle();  // whatever the first one of a process opens for good
  const std::size_t descriptors = test::open_descriptors();
  const std::size_t before = threads();
  for (int i = 0; i < 50; ++i) cycle();
  CHECK(test::open_descriptors() == descriptors);
  CHECK(threads() == before);
}

TEST_CASE("two engines of one process do not know each other") {
  EngineFixture one;
  EngineFixture other;
  one.serve(ping(1));
  other.serve(ping(7));
  const std::uint16_t first = one.port();
  const std::uint16_t second = other.port();
  CHECK(ask(first) == 200);
  CHECK(ask(second) == 200);
  one.engine->close();
  CHECK(ask(second) == 200);
  CHECK(one.count(Counter::kRequestsTotal) == 1);
  EngineFixture::until([&] { return other.count(Counter::kRequestsTotal) == 2; });
}
