#include "exchange/splice.h"

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <vector>

#include "test/support/native/worker_fixture.h"

using namespace fairlead;
using stats::Counter;
using test::Fd;
using test::ScriptedServer;
using test::SnapshotSpec;
using test::WorkerFixture;

namespace {

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr std::size_t kLong = 6 << 20;

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('!' + i * 7919 / 64 % 90);
  return text;
}

std::string response_head(std::size_t size) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
}

std::string body_of(const std::string& response) { return response.substr(response.find("\r\n\r\n") + 4); }

void reset(int fd) {
  const linger hard{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
}

/// Sends as much of `bytes` as the other side takes before it goes away.
void send_some(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

struct Fixture : WorkerFixture {
  explicit Fixture(const ScriptedServer& server) : WorkerFixture(spec(server.port())) { worker.splice_bytes = 4096; }
  static SnapshotSpec spec(std::uint16_t port) {
    SnapshotSpec made;
    made.services[0].servers.push_back({.port = port, .identity = 11});
    return made;
  }
  Fd connect() { return WorkerFixture::connect(test::tcp_pair()); }
  void end_of(Counter counter) {
    test::run_until(worker.loop, [&] { return count(counter) == 0; });
  }
};

}  // namespace

TEST_CASE("a long response passes whole, and the connections carry short ones afterwards") {
  const std::string body = pattern(kLong);
  ScriptedServer server([&](int fd, int) {
    for (bool is_long = true; test::read_until(fd, "\r\n\r\n").ends_with("\r\n\r\n"); is_long = !is_long) {
      test::send_all(fd, is_long ? response_head(kLong) + body : response_head(5) + "short");
    }
  });
  Fixture f(server);
  const Fd client = f.connect();
  for (int i = 0; i < 2; ++i) {
    CHECK(body_of(f.ask(client, kGet, body.substr(kLong - 64))) == body);
    CHECK(body_of(f.ask(client, kGet, "short")) == "short");
  }
  CHECK(f.worker.pipes.open() == 1);
  CHECK(server.accepted() == 1);
  CHECK(f.count(Counter::kBytesSent) == 2 * (kLong + 5));
  CHECK(f.count(Counter::kResponses2xx) == 4);
}

TEST_CASE("a long request passes whole, and the next one is heard") {
  const std::string body = pattern(kLong);
  std::atomic<bool> same{false};
  ScriptedServer server([&](int fd, int) {
    while (test::read_until(fd, "\r\n\r\n").ends_with("\r\n\r\n")) {
      std::string got(kLong, '\0');
      same = ::recv(fd, got.data(), got.size(), MSG_WAITALL) == static_cast<ssize_t>(kLong) && got == body;
      test::send_all(fd, response_head(2) + "ok");
    }
  });
  Fixture f(server);
  const Fd client = f.connect();
  for (int i = 0; i < 2; ++i) {
    same = false;
    const std::string request = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(kLong) + "\r\n\r\n";
    std::thread sender([&] {
      test::set_blocking(client.get(), true);
      test::send_all(client.get(), request + body);
      test::set_blocking(client.get(), false);
    });
    // The sender changes the mode of the descriptor, so nothing is read from it meanwhile.
    test::run_until(f.worker.loop,
                    [&] { return f.count(Counter::kResponses2xx) == static_cast<std::uint64_t>(i + 1); });
    sender.join();
    CHECK(body_of(f.receive(client, "ok")) == "ok");
    CHECK(same);
  }
  CHECK(f.count(Counter::kBytesReceived) == 2 * kLong);
  CHECK(f.worker.pipes.open() == 1);
}

TEST_CASE("a response that ends too early, in order or by reset, is cut by a reset") {
  for (const bool resets : {false, true}) {
    CAPTURE(resets);
    ScriptedServer server([&](int fd, int) {
      test::read_until(fd, "\r\n\r\n");
      test::send_all(fd, response_head(kLong) + pattern(kLong / 2));
      if (resets) reset(fd);
    });
    Fixture f(server);
    const Fd client = f.connect();
    const std::string got = f.ask(client, kGet, "never");
    CHECK(got.size() < kLong / 2 + 200);
    CHECK(f.last_error == ECONNRESET);
    CHECK(f.count(Reason::kUpstreamTruncated) == 1);
    CHECK(f.count(Counter::kConnectionsOpen) == 0);
    CHECK(f.worker.pipes.open() <= 1);
  }
}

TEST_CASE("a client that goes away in the middle ends the transfer, and what is in the pipe reaches nobody") {
  const std::string body = pattern(kLong * 4);
  ScriptedServer server([&](int fd, int) {
    test::read_until(fd, "\r\n\r\n");
    send_some(fd, response_head(body.size()) + body);
  });
  Fixture f(server);
  Fd client = f.connect();
  test::send_all(client.get(), kGet);
  f.pass(50 * kMillisecond);
  reset(client.get());
  client.reset();
  f.end_of(Counter::kConnectionsOpen);
  CHECK(f.count(Reason::kClientClosed) == 1);
  CHECK(f.count(Counter::kRequestsActive) == 0);
  CHECK(f.count(Counter::kBytesSent) < body.size());
  CHECK(f.worker.pipes.open() <= 1);
}

TEST_CASE("a client whose body ends too early is not answered for, and its server sees no end of it") {
  std::atomic<int> heard{-1};
  ScriptedServer server([&](int fd, int) {
    test::read_until(fd, "\r\n\r\n");
    heard = static_cast<int>(test::read_to_end(fd).size());
  });
  Fixture f(server);
  Fd client = f.connect();
  test::send_all(client.get(), "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + pattern(300'000));
  f.pass(50 * kMillisecond);
  client.reset();
  f.end_of(Counter::kConnectionsOpen);
  CHECK(f.count(Reason::kClientClosed) == 1);
  test::run_until(f.worker.loop, [&] { return heard >= 0; });
  CHECK(heard <= 300'000);
  CHECK(f.count(Counter::kBytesReceived) == 300'000);
}

TEST_CASE("a slow reader holds the server back, and gets everything") {
  const std::string body = pattern(kLong * 8);
  std::atomic<bool> sent{false};
  ScriptedServer server([&](int fd, int) {
    test::read_until(fd, "\r\n\r\n");
    send_some(fd, response_head(body.size()) + body);
    sent = true;
    test::read_to_end(fd);
  });
  Fixture f(server);
  const Fd client = f.connect();
  test::send_all(client.get(), kGet);
  f.pass(300 * kMillisecond);
  CHECK_FALSE(sent);
  CHECK(f.worker.buffers.used_bytes() <= 2 * net::BufferPool::kSmallBytes);
  CHECK(body_of(f.receive(client, body.substr(body.size() - 64))) == body);
}

TEST_CASE("a server that has little to say at a time is heard at once") {
  std::atomic<int> asked{0};
  ScriptedServer server([&](int fd, int) {
    test::read_until(fd, "\r\n\r\n");
    test::send_all(fd, response_head(kLong) + "begin");
    for (int said = 0; said < 3; ++said) {
      while (asked <= said) std::this_thread::yield();
      test::send_all(fd, "piece" + std::to_string(said));
    }
    test::read_to_end(fd);
  });
  Fixture f(server);
  const Fd client = f.connect();
  f.ask(client, kGet, "begin");
  for (int said = 0; said < 3; ++said) {
    ++asked;
    f.receive(client, "piece" + std::to_string(said));
    CHECK(f.last_error == EAGAIN);
  }
}

TEST_CASE("without a pipe to spare, bodies are copied") {
  const std::string body = pattern(kLong);
  ScriptedServer server([&](int fd, int) {
    test::read_until(fd, "\r\n\r\n");
    test::send_all(fd, response_head(kLong) + body);
    test::read_to_end(fd);
  });
  Fixture f(server);
  std::vector<net::Pipe> taken;
  for (net::Pipe pipe = f.worker.pipes.take(); pipe.valid(); pipe = f.worker.pipes.take()) {
    taken.push_back(std::move(pipe));
  }
  CHECK(taken.size() == 64);
  const Fd client = f.connect();
  CHECK(body_of(f.ask(client, kGet, body.substr(kLong - 64))) == body);
}

TEST_CASE("a plan that is replaced in the middle does not touch the transfer") {
  const std::string body = pattern(kLong);
  std::atomic<bool> replaced{false};
  ScriptedServer server([&](int fd, int) {
    test::read_until(fd, "\r\n\r\n");
    test::send_all(fd, response_head(kLong) + body.substr(0, kLong / 2));
    while (!replaced) std::this_thread::yield();
    test::send_all(fd, body.substr(kLong / 2));
    test::read_to_end(fd);
  });
  Fixture f(server);
  const Fd client = f.connect();
  std::string got = f.ask(client, kGet, body.substr(kLong / 2 - 64, 64));
  f.install(Fixture::spec(test::closed_port()));
  replaced = true;
  got += f.receive(client, body.substr(kLong - 64));
  CHECK(body_of(got) == body);
}
