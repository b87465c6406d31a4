#include "upstream/pool.h"

#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include "test/support/native/fake_layer.h"
#include "test/support/native/run_task.h"
#include "test/support/native/sockets.h"

using namespace fairlead;
using upstream::Connection;
using upstream::Pool;
using upstream::PoolRegistry;

namespace {

struct Fixture {
  Fixture() : pool(registry.find_or_create(7)) { pool->configure(8, 0); }

  /// A connection that could be given, and the server's end of it in `servers`.
  std::unique_ptr<Connection> connect() {
    test::Ends ends = test::unix_pair();
    servers.push_back(std::move(ends.theirs));
    return std::make_unique<Connection>(loop, scratch, ends.ours.release());
  }
  /// Gives a new connection; only to be compared with.
  const Connection* give() {
    std::unique_ptr<Connection> connection = connect();
    const Connection* raw = connection.get();
    pool->give(std::move(connection));
    return raw;
  }
  void wait_until_idle(std::size_t count) {
    test::run_until(loop, [&] { return pool->idle() == count; });
  }
  /// Lets everything that has happened be noticed.
  void settle() {
    int turns = 0;
    test::run_until(loop, [&] { return ++turns == 3; });
  }
  bool server_sees_end(std::size_t server) {
    char byte;
    return ::recv(servers[server].get(), &byte, 1, MSG_DONTWAIT) == 0;
  }

  loop::Loop loop;
  net::StreamScratch scratch;
  std::vector<test::Fd> servers;
  PoolRegistry registry;
  LocalRef<Pool> pool;
};

}  // namespace

TEST_CASE("an empty pool has nothing to take") {
  Fixture f;
  CHECK(f.pool->take() == nullptr);
  CHECK(f.pool->idle() == 0);
}

TEST_CASE("the connection used last is taken first, and is known to have been used") {
  Fixture f;
  const Connection* first = f.give();
  const Connection* second = f.give();
  CHECK(f.pool->idle() == 2);
  const std::unique_ptr<Connection> one = f.pool->take();
  const std::unique_ptr<Connection> other = f.pool->take();
  CHECK(one.get() == second);
  CHECK(other.get() == first);
  CHECK(one->reused);
  CHECK(f.pool->take() == nullptr);
}

TEST_CASE("a connection that was taken works: bytes are its user's, and its idle deadline is gone") {
  Fixture f;
  f.pool->configure(8, 10 * kMillisecond);
  f.give();
  const std::unique_ptr<Connection> taken = f.pool->take();
  test::send_all(f.servers[0].get(), "response");
  char room[16];
  CHECK(test::run(f.loop, taken->stream.read(room, 0)).count == 8);
  int turns = 0;
  test::run_until(f.loop, [&] { return ++turns == 5; });
  CHECK(taken->stream.open());
}

TEST_CASE("no more than the limit stay idle") {
  Fixture f;
  f.pool->configure(2, 0);
  for (int i = 0; i < 3; ++i) f.give();
  CHECK(f.pool->idle() == 2);
  CHECK(f.server_sees_end(2));
  f.pool->configure(1, 0);
  CHECK(f.pool->idle() == 1);
  CHECK(f.server_sees_end(0));  // the one that has been idle longest
  CHECK_FALSE(f.server_sees_end(1));
  f.pool->configure(0, 0);
  CHECK(f.pool->idle() == 0);
  f.give();
  CHECK(f.pool->idle() == 0);
}

TEST_CASE("an idle connection is closed at its deadline") {
  Fixture f;
  f.pool->configure(8, 10 * kMillisecond);
  const Nanos began = f.loop.refresh_now();
  f.give();
  f.wait_until_idle(0);
  CHECK(f.loop.now() - began >= 10 * kMillisecond);
  CHECK(f.server_sees_end(0));
}

TEST_CASE("whatever an idle connection says, it is closed: an end, an error, or bytes nobody asked for") {
  Fixture f;
  f.give();
  f.servers[0].reset();
  f.wait_until_idle(0);

  f.give();
  test::send_all(f.servers[1].get(), "HTTP/1.1 408 Request Timeout\r\n\r\n");
  f.wait_until_idle(0);
  CHECK(f.pool->take() == nullptr);

  test::Ends ends = test::tcp_pair();
  f.pool->give(std::make_unique<Connection>(f.loop, f.scratch, ends.ours.release()));
  CHECK(f.pool->idle() == 1);
  const linger hard{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(ends.theirs.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
  ends.theirs.reset();
  f.wait_until_idle(0);
}

TEST_CASE("one that fails does not disturb the others") {
  Fixture f;
  f.give();
  const Connection* quiet = f.give();
  f.give();
  f.servers[0].reset();
  test::send_all(f.servers[2].get(), "x");
  f.wait_until_idle(1);
  CHECK(f.pool->take().get() == quiet);
}

TEST_CASE("a connection that has something to say already is not kept") {
  Fixture f;
  std::unique_ptr<Connection> talks = f.connect();
  test::send_all(f.servers[0].get(), "stray");
  f.pool->give(std::move(talks));
  CHECK(f.pool->idle() == 0);

  std::unique_ptr<Connection> ended = f.connect();
  f.servers[1].reset();
  f.pool->give(std::move(ended));
  CHECK(f.pool->idle() == 0);
}

TEST_CASE("an event that has been told of but not handled keeps a connection from being taken") {
  Fixture f;
  std::unique_ptr<Connection> connection = f.connect();
  loop::Descriptor& descriptor = connection->stream.descriptor();
  const Connection* good = f.give();
  f.pool->give(std::move(connection));
  descriptor.readable = true;
  CHECK(f.pool->take().get() == good);
  CHECK(f.server_sees_end(0));
}

TEST_CASE("a message of the secure layer itself does not end an idle connection, data does") {
  Fixture f;
  std::unique_ptr<Connection> connection = f.connect();
  test::send_all(f.servers[0].get(), test::fake_record('H'));
  CHECK(test::run(f.loop, connection->stream.handshake(std::make_unique<test::FakeLayer>(), 0)).ok());
  f.pool->give(std::move(connection));
  REQUIRE(f.pool->idle() == 1);
  test::send_all(f.servers[0].get(), test::fake_record('T'));
  f.settle();
  CHECK(f.pool->idle() == 1);
  test::send_all(f.servers[0].get(), test::fake_record('D', "x"));
  f.wait_until_idle(0);
}

TEST_CASE("a pool lives while it is named, and its connections end with it") {
  Fixture f;
  CHECK(f.registry.find_or_create(7).get() == f.pool.get());
  CHECK(f.registry.size() == 1);
  {
    const LocalRef<Pool> other = f.registry.find_or_create(8);
    CHECK(other->identity() == 8);
    CHECK(f.registry.size() == 2);
  }
  CHECK(f.registry.size() == 1);
  f.give();
  f.pool = {};
  CHECK(f.registry.size() == 0);
  CHECK(f.server_sees_end(0));
  f.pool = f.registry.find_or_create(7);
  CHECK(f.pool->idle() == 0);
}
