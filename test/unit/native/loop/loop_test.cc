#include "loop/loop.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "test/support/native/run_task.h"

using namespace fairlead;
using loop::Descriptor;
using loop::IoWait;
using loop::Task;
using loop::Wake;
using Direction = IoWait::Direction;

namespace {

/// Both ends of a connected pair, one of them in a loop.
struct Pair {
  explicit Pair(loop::Loop& owner) : loop(owner) {
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
    ours.reset(fds[0]);
  }
  ~Pair() {
    loop.forget(ours);
    ::close(fds[0]);
    close_theirs();
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  void send(std::string_view text) const {
    REQUIRE(::send(fds[1], text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
  }
  void close_theirs() {
    if (fds[1] >= 0) ::close(fds[1]);
    fds[1] = -1;
  }
  /// Reads until nothing is left, as an owner of an edge-triggered descriptor must.
  std::string drain() {
    std::string all;
    char room[256];
    for (ssize_t got; (got = ::recv(fds[0], room, sizeof(room), 0)) > 0;)
      all.append(room, static_cast<std::size_t>(got));
    ours.readable = false;
    return all;
  }

  loop::Loop& loop;
  int fds[2] = {-1, -1};
  Descriptor ours;
};

Task<Wake> wait_for(loop::Loop& loop, Descriptor& descriptor, Direction direction, Nanos deadline) {
  const Wake wake = co_await IoWait(loop, descriptor, direction, deadline);
  co_return wake;
}

Task<Nanos> sleep_until(loop::Loop& loop, Nanos deadline) {
  co_await loop::SleepUntil(loop, deadline);
  co_return loop.now();
}

Task<void> note_when_readable(loop::Loop& loop, Descriptor& descriptor, std::string& log, char name) {
  const Wake wake = co_await IoWait(loop, descriptor, Direction::kRead, 0);
  log += wake == Wake::kReady ? name : '?';
}

}  // namespace

TEST_CASE("a descriptor is taken for readable until a read says otherwise") {
  loop::Loop loop;
  Pair pair(loop);
  CHECK(test::run(loop, wait_for(loop, pair.ours, Direction::kRead, 0)) == Wake::kReady);
  CHECK(pair.drain().empty());
}

TEST_CASE("a waiter is woken by bytes that come before and after it waits") {
  loop::Loop loop;
  Pair pair(loop);
  pair.drain();
  pair.send("before");
  CHECK(test::run(loop, wait_for(loop, pair.ours, Direction::kRead, 0)) == Wake::kReady);
  CHECK(pair.drain() == "before");
  CHECK_FALSE(pair.ours.hangup);

  loop.mailbox().post([&] { pair.send("after"); });
  CHECK(test::run(loop, wait_for(loop, pair.ours, Direction::kRead, 0)) == Wake::kReady);
  CHECK(pair.drain() == "after");
}

TEST_CASE("a wait ends at its deadline, not before it, and leaves nothing behind") {
  loop::Loop loop;
  Pair pair(loop);
  pair.drain();
  const Nanos deadline = loop.refresh_now() + 20 * kMillisecond;
  CHECK(test::run(loop, wait_for(loop, pair.ours, Direction::kRead, deadline)) == Wake::kTimeout);
  CHECK(loop.now() >= deadline);
  CHECK(pair.ours.reader == nullptr);
  pair.send("late");
  CHECK(test::run(loop, wait_for(loop, pair.ours, Direction::kRead, 0)) == Wake::kReady);
}

TEST_CASE("a full socket becomes writable when the other side reads") {
  loop::Loop loop;
  Pair pair(loop);
  const std::string block(64 * 1024, 'x');
  while (::send(pair.fds[0], block.data(), block.size(), 0) > 0) {
  }
  pair.ours.writable = false;
  loop.mailbox().post([&] {
    std::vector<char> room(1 << 20);
    while (::recv(pair.fds[1], room.data(), room.size(), 0) > 0) {
    }
  });
  CHECK(test::run(loop, wait_for(loop, pair.ours, Direction::kWrite, 0)) == Wake::kReady);
  CHECK(pair.ours.writable);
}

TEST_CASE("the end of the other side wakes the reader and the watcher") {
  loop::Loop loop;
  Pair pair(loop);
  pair.drain();
  static bool told;
  told = false;
  loop::Waiter watcher([](loop::Waiter& waiter) { told = waiter.outcome == Wake::kHangup; });
  pair.ours.watcher = &watcher;
  loop.mailbox().post([&] { pair.close_theirs(); });
  // The waiter of a read is told that it may read; the end is what it reads.
  CHECK(test::run(loop, wait_for(loop, pair.ours, Direction::kRead, 0)) == Wake::kReady);
  test::run_until(loop, [] { return told; });
  CHECK(pair.ours.hangup);
}

TEST_CASE("a descriptor that epoll refuses ends the wait as a hangup") {
  loop::Loop loop;
  Descriptor closed(::open("/dev/null", O_RDONLY | O_CLOEXEC));  // files cannot be polled
  closed.readable = false;
  CHECK(test::run(loop, wait_for(loop, closed, Direction::kRead, 0)) == Wake::kHangup);
  ::close(closed.fd());
}

TEST_CASE("a cancelled wait is forgotten, whatever happens afterwards") {
  loop::Loop loop;
  Pair pair(loop);
  pair.drain();
  Task<Wake> waiting = wait_for(loop, pair.ours, Direction::kRead, loop.now() + kMillisecond);
  waiting.start();
  CHECK(pair.ours.reader != nullptr);
  waiting.cancel();
  CHECK(pair.ours.reader == nullptr);
  pair.send("nobody waits");
  test::run(loop, sleep_until(loop, loop.now() + 10 * kMillisecond));
}

TEST_CASE("whoever is woken may destroy others that are woken in the same turn, with their descriptors") {
  // Whichever is dispatched first takes the other away; events for it are in the same batch.
  loop::Loop loop;
  auto one = std::make_unique<Pair>(loop);
  auto other = std::make_unique<Pair>(loop);
  for (Pair* pair : {one.get(), other.get()}) {
    pair->drain();
    REQUIRE(loop.watch(pair->ours));
  }
  static std::unique_ptr<Pair>* survivors[2];
  static int woken;
  survivors[0] = &one;
  survivors[1] = &other;
  woken = 0;
  struct Killer : loop::Waiter {
    using Waiter::Waiter;
    int victim = 0;
  };
  const auto kill = [](loop::Waiter& waiter) {
    ++woken;
    survivors[static_cast<Killer&>(waiter).victim]->reset();
  };
  Killer first(kill);
  Killer second(kill);
  first.victim = 1;
  second.victim = 0;
  one->ours.reader = &first;
  other->ours.reader = &second;
  one->send("x");
  other->send("x");
  test::run(loop, sleep_until(loop, loop.now() + 10 * kMillisecond));
  CHECK(woken == 1);
}

TEST_CASE("events of a descriptor whose socket a child process still holds are not delivered after forget()") {
  loop::Loop loop;
  Pair other(loop);
  int held = -1;
  {
    Pair pair(loop);
    pair.drain();
    REQUIRE(loop.watch(pair.ours));
    held = ::dup(pair.fds[0]);  // what a fork() does to every descriptor
    pair.send("x");
  }
  // The event would name a Descriptor that is gone; a sanitizer would tell.
  test::run(loop, sleep_until(loop, loop.now() + 10 * kMillisecond));
  ::close(held);
}

TEST_CASE("several wait for one descriptor each, and each is woken by its own") {
  loop::Loop loop;
  Pair a(loop);
  Pair b(loop);
  a.drain();
  b.drain();
  std::string log;
  Task<void> on_a = note_when_readable(loop, a.ours, log, 'a');
  Task<void> on_b = note_when_readable(loop, b.ours, log, 'b');
  on_a.start();
  on_b.start();
  b.send("x");
  test::run_until(loop, [&] { return log == "b"; });
  a.send("x");
  test::run_until(loop, [&] { return log == "ba"; });
}

TEST_CASE("sleeping ends at the deadline, and at once when that has passed") {
  loop::Loop loop;
  const Nanos deadline = loop.now() + 15 * kMillisecond;
  CHECK(test::run(loop, sleep_until(loop, deadline)) >= deadline);
  Task<Nanos> over = sleep_until(loop, loop.now());
  over.start();
  CHECK(over.done());
}

TEST_CASE("a sleep that is cancelled or destroyed with its loop's timers never ends") {
  loop::Loop loop;
  {
    Task<Nanos> sleeping = sleep_until(loop, loop.now() + kMillisecond);
    sleeping.start();
  }
  test::run(loop, sleep_until(loop, loop.now() + 10 * kMillisecond));
}

TEST_CASE("what is made ready for later runs in the next turn, after what has happened meanwhile") {
  loop::Loop loop;
  static std::string order;
  order.clear();
  static loop::Loop* current;
  current = &loop;
  struct Step : loop::Waiter {
    using Waiter::Waiter;
    int left = 3;
  };
  Step step([](loop::Waiter& waiter) {
    order += 'l';
    auto& self = static_cast<Step&>(waiter);
    if (--self.left > 0) {
      current->make_ready_later(waiter, Wake::kReady);
    } else {
      current->stop();
    }
  });
  loop.make_ready_later(step, Wake::kReady);
  loop.on_turn_end([](void*) { order += '.'; }, nullptr);
  const test::Watchdog watchdog(loop);
  loop.run();
  CHECK(order == "l.l.l.");
}

TEST_CASE("a loop may run again after it was stopped") {
  loop::Loop loop;
  for (int i = 0; i < 3; ++i) {
    loop.mailbox().post([&] { loop.stop(); });
    loop.run();
  }
}

TEST_CASE("a loop that polls serves descriptors and mailbox all the same") {
  loop::Loop loop;
  loop.set_polling(200, false);
  loop.in_flight = 1;
  Pair pair(loop);
  pair.drain();
  loop.mailbox().post([&] { pair.send("x"); });
  CHECK(test::run(loop, wait_for(loop, pair.ours, Direction::kRead, 0)) == Wake::kReady);
  CHECK(test::run(loop, sleep_until(loop, loop.now() + 5 * kMillisecond)) > 0);
}
