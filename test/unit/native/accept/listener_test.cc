#include "accept/listener.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <vector>

#include "test/support/native/run_task.h"
#include "test/support/native/sockets.h"

using namespace fairlead;
using test::Fd;

namespace {

/// Keeps what it is given.
class Keeper final : public accept::Receiver {
 public:
  void take(std::uint32_t tag, int fd, const net::Endpoint& client) override {
    tags.push_back(tag);
    clients.push_back(client);
    sockets.emplace_back(fd);
    if (listener != nullptr && sockets.size() == pause_after) listener->set_paused(true);
  }
  void out_of_descriptors(bool turned) override {
    ++failures;
    turned_away += turned ? 1 : 0;
  }

  std::vector<Fd> sockets;
  std::vector<std::uint32_t> tags;
  std::vector<net::Endpoint> clients;
  int failures = 0;
  int turned_away = 0;
  accept::Listener* listener = nullptr;
  std::size_t pause_after = 0;
};

/// A listener and clients that have connected to it.
struct Fixture {
  explicit Fixture(int backlog = 16) {
    Fd listening = test::listen_on_loopback(port, backlog);
    test::set_blocking(listening.get(), false);
    fd = listening.release();
  }
  /// Connections that wait in the kernel.
  std::vector<Fd> crowd(std::size_t count) const {
    std::vector<Fd> all;
    for (std::size_t i = 0; i < count; ++i) all.push_back(test::connect_to_loopback(port));
    return all;
  }

  loop::Loop loop;
  Keeper keeper;
  std::uint16_t port = 0;
  int fd = -1;
};

/// Runs as many turns as it takes without a sleep: ends with the first one that would wait.
void run_without_sleep(loop::Loop& loop) {
  struct Stop : loop::Waiter {
    using Waiter::Waiter;
    loop::Loop* loop = nullptr;
    int turns = 0;
  };
  Stop stop([](loop::Waiter& waiter) {
    auto& self = static_cast<Stop&>(waiter);
    if (++self.turns == 100) {
      self.loop->stop();
    } else {
      self.loop->make_ready_later(self, loop::Wake::kReady);
    }
  });
  stop.loop = &loop;
  loop.make_ready_later(stop, loop::Wake::kReady);
  loop.run();
}

/// No more descriptors for this process than it has by now, as long as this lives.
class NoMoreDescriptors {
 public:
  NoMoreDescriptors() {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    const Fd next(::dup(0));  // the lowest that is free
    rlimit none = before_;
    none.rlim_cur = static_cast<rlim_t>(next.get());
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  }
  ~NoMoreDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoMoreDescriptors(const NoMoreDescriptors&) = delete;
  NoMoreDescriptors& operator=(const NoMoreDescriptors&) = delete;

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("a connection is handed over with its tag and the address of its client, and does not block") {
  Fixture f;
  accept::Listener listener(f.loop, f.fd, f.keeper, 7);
  REQUIRE(listener.start());
  const Fd client = test::connect_to_loopback(f.port);
  test::run_until(f.loop, [&] { return f.keeper.sockets.size() == 1; });
  CHECK(f.keeper.tags[0] == 7);
  CHECK(f.keeper.clients[0].ip == *net::IpAddress::parse("127.0.0.1"));
  char byte;
  CHECK(::recv(f.keeper.sockets[0].get(), &byte, 1, 0) == -1);
  CHECK(errno == EAGAIN);
  CHECK((::fcntl(f.keeper.sockets[0].get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("a backlog longer than one batch is taken without waiting for a tick of the timers") {
  Fixture f(512);
  const std::vector<Fd> crowd = f.crowd(300);
  accept::Listener listener(f.loop, f.fd, f.keeper, 0);
  REQUIRE(listener.start());
  const Nanos before = monotonic_now();
  run_without_sleep(f.loop);
  CHECK(f.keeper.sockets.size() == 300);
  // Four more batches at 4.2 ms each would have taken longer; not on a machine that is stopped in between.
  const Nanos took = monotonic_now() - before;
  CHECK_MESSAGE(took < 10 * kSecond, took);
}

TEST_CASE("others have their turn between two batches") {
  Fixture f(512);
  const std::vector<Fd> crowd = f.crowd(200);
  accept::Listener listener(f.loop, f.fd, f.keeper, 0);
  REQUIRE(listener.start());
  struct Other : loop::Waiter {
    using Waiter::Waiter;
    Fixture* fixture = nullptr;
    std::vector<std::size_t> seen;
  };
  Other other([](loop::Waiter& waiter) {
    auto& self = static_cast<Other&>(waiter);
    self.seen.push_back(self.fixture->keeper.sockets.size());
    if (self.seen.back() < 200) self.fixture->loop.make_ready_later(self, loop::Wake::kReady);
  });
  other.fixture = &f;
  f.loop.make_ready_later(other, loop::Wake::kReady);
  test::run_until(f.loop, [&] { return f.keeper.sockets.size() == 200; });
  std::size_t before = 0;
  for (const std::size_t count : other.seen) {
    CHECK(count - before <= 64);
    before = count;
  }
}

TEST_CASE("a paused listener leaves clients in the queue, and takes them when it goes on") {
  Fixture f;
  accept::Listener listener(f.loop, f.fd, f.keeper, 0);
  REQUIRE(listener.start());
  listener.set_paused(true);
  const std::vector<Fd> crowd = f.crowd(3);
  run_without_sleep(f.loop);
  CHECK(f.keeper.sockets.empty());
  listener.set_paused(false);
  test::run_until(f.loop, [&] { return f.keeper.sockets.size() == 3; });
}

TEST_CASE("a receiver that pauses has taken its last client") {
  Fixture f;
  const std::vector<Fd> crowd = f.crowd(10);
  accept::Listener listener(f.loop, f.fd, f.keeper, 0);
  f.keeper.listener = &listener;
  f.keeper.pause_after = 4;
  REQUIRE(listener.start());
  run_without_sleep(f.loop);
  CHECK(f.keeper.sockets.size() == 4);
  listener.accept_rest();
  CHECK(f.keeper.sockets.size() == 10);
}

TEST_CASE("accept_rest takes whoever waits, without the loop") {
  Fixture f(512);
  const std::vector<Fd> crowd = f.crowd(200);
  accept::Listener listener(f.loop, f.fd, f.keeper, 0);
  REQUIRE(listener.start());
  listener.accept_rest();
  CHECK(f.keeper.sockets.size() == 200);
}

TEST_CASE("without descriptors one client at a time is turned away, ten a second, until there are some again") {
  Fixture f;
  accept::Listener listener(f.loop, f.fd, f.keeper, 0);
  REQUIRE(listener.start());
  std::vector<Fd> crowd = f.crowd(8);
  {
    const NoMoreDescriptors scarce;
    const Nanos before = monotonic_now();
    test::run_until(f.loop, [&] { return f.keeper.failures == 3; });
    CHECK(monotonic_now() - before >= 200 * kMillisecond);
    CHECK(f.keeper.turned_away == 3);
    CHECK(f.keeper.sockets.empty());
    char byte;
    CHECK(::recv(crowd[0].get(), &byte, 1, 0) == 0);  // it need not wait for its time limit
  }
  test::run_until(f.loop, [&] { return f.keeper.sockets.size() == 5; });
  CHECK(f.keeper.failures == 3);
  // An empty queue is no failure, whatever the system says; and the reserve is there again for the next time.
  const NoMoreDescriptors scarce;
  listener.accept_rest();
  CHECK(f.keeper.failures == 3);
}

TEST_CASE("its descriptors end with it") {
  const std::size_t before = test::open_descriptors();
  {
    Fixture f;
    accept::Listener listener(f.loop, f.fd, f.keeper, 0);
    REQUIRE(listener.start());
    CHECK(test::open_descriptors() > before);
  }
  CHECK(test::open_descriptors() == before);
}
