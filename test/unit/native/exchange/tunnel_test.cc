#include "exchange/tunnel.h"

#include <doctest/doctest.h>

#include <cstring>
#include <memory>
#include <string>

#include "test/support/native/worker_fixture.h"

using namespace fairlead;
using loop::Task;

namespace {

/// A tunnel whose both far ends the test holds.
struct Fixture : test::WorkerFixture {
  explicit Fixture(bool tcp = true) : WorkerFixture(test::SnapshotSpec{}) {
    for (auto [fd, stream] : {std::pair{&client, &client_stream}, std::pair{&server, &server_stream}}) {
      test::Ends ends = tcp ? test::tcp_pair() : test::unix_pair();
      *fd = std::move(ends.theirs);
      test::set_blocking(fd->get(), false);
      *stream = std::make_unique<net::Stream>(worker.loop, worker.scratch, ends.ours.release());
    }
  }
  net::Buffer buffer(std::string_view text) {
    if (text.empty()) return {};
    net::Buffer made = worker.buffers.small();
    made.clear();
    std::memcpy(made.tail().data(), text.data(), text.size());
    made.commit(text.size());
    return made;
  }
  void open(std::string_view from_client = {}, std::string_view from_server = {}) {
    task = exchange::run_tunnel(worker, *client_stream, buffer(from_client), *server_stream, buffer(from_server));
    task.start();
  }
  /// Runs until `fd` has got `text`.
  void expect(const test::Fd& fd, std::string_view text) {
    std::string got;
    test::run_until(worker.loop, [&] {
      got += test::received(fd.get());
      return got.size() >= text.size();
    });
    CHECK(got == text);
  }
  void expect_end(const test::Fd& fd) {
    test::run_until(worker.loop, [&] {
      char byte;
      return ::recv(fd.get(), &byte, 1, MSG_DONTWAIT) == 0;
    });
  }
  void run_to_end() {
    test::run_until(worker.loop, [&] { return task.done(); });
  }

  test::Fd client;
  test::Fd server;
  std::unique_ptr<net::Stream> client_stream;
  std::unique_ptr<net::Stream> server_stream;
  Task<void> task;
};

}  // namespace

TEST_CASE("bytes go through in both directions, the ones that were there before it first") {
  Fixture f;
  f.open("early client ", "early server ");
  f.expect(f.server, "early client ");
  f.expect(f.client, "early server ");
  test::send_all(f.client.get(), "ping");
  f.expect(f.server, "ping");
  test::send_all(f.server.get(), "pong");
  f.expect(f.client, "pong");
  CHECK_FALSE(f.task.done());
}

TEST_CASE("an idle tunnel holds no buffer") {
  Fixture f;
  f.open("early", "early");
  f.expect(f.server, "early");
  f.expect(f.client, "early");
  CHECK(f.worker.buffers.used_bytes() == 0);
}

TEST_CASE("when one side ends the other is told, and what it still says is delivered") {
  Fixture f;
  f.open();
  test::send_all(f.client.get(), "question");
  ::shutdown(f.client.get(), SHUT_WR);
  f.expect(f.server, "question");
  f.expect_end(f.server);
  test::send_all(f.server.get(), "answer");
  f.expect(f.client, "answer");
  CHECK_FALSE(f.task.done());
  f.server.reset();
  f.run_to_end();
  f.expect_end(f.client);
}

TEST_CASE("a side that breaks ends the tunnel at once") {
  Fixture f;
  f.open();
  const linger hard{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(f.server.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
  f.server.reset();
  f.run_to_end();
}

TEST_CASE("a slow reader is waited for, and holds back the other side only") {
  Fixture f(false);  // whose buffers do not grow
  f.open();
  std::string text;
  for (int i = 0; text.size() < (8U << 20); ++i) text += std::to_string(i) + ' ';
  std::string_view rest = text;
  std::string got;
  test::run_until(f.worker.loop, [&] {
    const ssize_t sent = rest.empty() ? 0 : ::send(f.server.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent > 0) rest.remove_prefix(static_cast<std::size_t>(sent));
    // Takes less than there is until the sender is stuck.
    return sent <= 0;
  });
  CHECK_FALSE(rest.empty());
  test::send_all(f.client.get(), "still heard");
  f.expect(f.server, "still heard");
  test::run_until(f.worker.loop, [&] {
    const ssize_t sent = rest.empty() ? 0 : ::send(f.server.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent > 0) rest.remove_prefix(static_cast<std::size_t>(sent));
    got += test::received(f.client.get());
    return got.size() >= text.size();
  });
  CHECK(got == text);
}

TEST_CASE("a tunnel that is cancelled leaves nothing behind") {
  Fixture f;
  f.open("early");
  f.task.cancel();
  CHECK(f.worker.buffers.used_bytes() == 0);
  test::send_all(f.client.get(), "nobody listens");
  f.pass(10 * kMillisecond);
}
