// A request on a connection that has carried one before must not reach malloc: what it needs is in pools and free lists.
#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <string>

#include "test/support/native/worker_fixture.h"

// The sanitizers bring an allocator of their own, and take frames from it.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && defined(__GLIBC__)

namespace {

/// Allocations of the thread that counts.
thread_local std::size_t allocations = 0;

}  // namespace

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);

void* malloc(std::size_t size) {
  ++allocations;
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  ++allocations;
  return __libc_calloc(count, size);
}
void* realloc(void* block, std::size_t size) {
  ++allocations;
  return __libc_realloc(block, size);
}
}

using namespace fairlead;

namespace {

constexpr std::string_view kRequest =
    "GET /item?a=b HTTP/1.1\r\nHost: Example.com\r\nUser-Agent: x\r\nAccept: */*\r\n\r\n";

/// Sends requests one after the other from within the loop: the test's own code allocates nothing while it counts.
class Asker {
 public:
  Asker(test::WorkerFixture& fixture, int fd) : fixture_(fixture), descriptor_(fd), waiter_(on_readable) {
    waiter_.owner = this;
    descriptor_.reader = &waiter_;
    REQUIRE(fixture.worker.loop.watch(descriptor_));
  }
  ~Asker() { fixture_.worker.loop.forget(descriptor_); }
  Asker(const Asker&) = delete;
  Asker& operator=(const Asker&) = delete;

  /// Allocations by the worker while it answers `count` requests.
  std::size_t ask(int count) {
    left_ = count;
    send();
    const std::size_t before = allocations;
    after_ = before;
    fixture_.worker.loop.run();
    return after_ - before;
  }

 private:
  struct Ready : loop::Waiter {
    using Waiter::Waiter;
    Asker* owner = nullptr;
  };
  static void on_readable(loop::Waiter& waiter) {
    Asker& self = *static_cast<Ready&>(waiter).owner;
    char room[4096];
    while (::recv(self.descriptor_.fd(), room, sizeof(room), MSG_DONTWAIT) > 0) {
    }
    if (--self.left_ > 0) return self.send();
    self.after_ = allocations;  // run() gives free frames back when it ends
    self.fixture_.worker.loop.stop();
  }
  void send() {
    REQUIRE(::send(descriptor_.fd(), kRequest.data(), kRequest.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(kRequest.size()));
  }

  test::WorkerFixture& fixture_;
  loop::Descriptor descriptor_;
  Ready waiter_;
  int left_ = 0;
  std::size_t after_ = 0;
};

}  // namespace

TEST_CASE("requests on a warm connection allocate nothing") {
  test::ScriptedServer server([](int fd, int) {
    while (test::read_until(fd, "\r\n\r\n").ends_with("\r\n\r\n")) {
      test::send_all(fd, "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 5\r\n\r\nhello");
    }
  });
  test::SnapshotSpec spec;
  spec.services[0].servers.push_back({.port = server.port(), .identity = 11});
  test::WorkerFixture f(spec);
  const test::Fd client = f.connect();
  Asker asker(f, client.get());
  const std::size_t first = asker.ask(1);
  CHECK(first > 0);  // the connection to the server, frames, buffers: it does count
  // run() has trimmed the frames: the first of these brings them back, and that is all.
  const std::size_t few = asker.ask(2);
  const std::size_t many = asker.ask(1000);
  CHECK(many == few);
  f.worker.cut();
  f.worker.plan = {};
}

#endif
