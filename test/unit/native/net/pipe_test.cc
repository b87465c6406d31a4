#include "net/pipe.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "net/stream.h"
#include "test/support/native/run_task.h"
#include "test/support/native/sockets.h"

using namespace fairlead;
using net::IoResult;
using net::Pipe;
using net::PipePool;
using net::Stream;
using Kind = IoResult::Kind;

namespace {

/// Two of our streams, the test at the far end of each, and a pipe between.
struct Fixture {
  Fixture() {
    test::Ends left = test::tcp_pair();
    test::Ends right = test::tcp_pair();
    from = std::make_unique<Stream>(loop, scratch, left.ours.release());
    to = std::make_unique<Stream>(loop, scratch, right.ours.release());
    source = std::move(left.theirs);
    sink = std::move(right.theirs);
  }
  /// Waits until `stream` has something to read.
  void await(Stream& stream) {
    stream.descriptor().readable = false;
    test::run(loop, waiting(stream));
  }
  static loop::Task<void> waiting(Stream& stream) { co_await stream.readable(0); }

  loop::Loop loop;
  net::StreamScratch scratch;
  std::unique_ptr<Stream> from;
  std::unique_ptr<Stream> to;
  test::Fd source;
  test::Fd sink;
  PipePool pool{2, 1};
};

}  // namespace

TEST_CASE("pipes are bounded, lent again, and closed when there are enough") {
  const std::size_t before = test::open_descriptors();
  {
    PipePool pool(2, 1);
    Pipe one = pool.take();
    Pipe two = pool.take();
    CHECK(one.valid());
    CHECK(two.valid());
    CHECK_FALSE(pool.take().valid());
    const int kept = one.read_end();
    one.release();
    CHECK_FALSE(one.valid());
    CHECK(pool.open() == 2);
    two.release();
    CHECK(pool.open() == 1);
    const Pipe again = pool.take();
    CHECK(again.read_end() == kept);
  }
  CHECK(test::open_descriptors() == before);
}

TEST_CASE("a pipe with bytes inside is never lent again") {
  PipePool pool(1, 1);
  {
    Pipe pipe = pool.take();
    REQUIRE(::write(pipe.write_end(), "secret", 6) == 6);
    pipe.filled(6);
  }
  CHECK(pool.open() == 0);
  Pipe pipe = pool.take();
  char byte;
  CHECK(::read(pipe.read_end(), &byte, 1) < 0);
  const Pipe moved = std::move(pipe);
  CHECK_FALSE(pipe.valid());
  CHECK(moved.valid());
}

TEST_CASE("bytes pass through a pipe, no more than asked for") {
  Fixture f;
  Pipe pipe = f.pool.take();
  test::send_all(f.source.get(), "hello world");
  f.await(*f.from);
  CHECK(f.from->splice_in(pipe, 5).count == 5);
  CHECK(pipe.held() == 5);
  CHECK(f.to->splice_out(pipe).count == 5);
  CHECK(pipe.held() == 0);
  CHECK(test::read_until(f.sink.get(), "hello") == "hello");
  CHECK(f.from->splice_in(pipe, 100).count == 6);
  CHECK(f.to->splice_out(pipe).count == 6);
  CHECK(f.from->splice_in(pipe, 100).kind == Kind::kAgain);
  CHECK_FALSE(f.from->maybe_readable());
}

TEST_CASE("an end, a reset and a receiver that is gone are told apart") {
  SUBCASE("end") {
    Fixture f;
    Pipe pipe = f.pool.take();
    f.source.reset();
    f.await(*f.from);
    CHECK(f.from->splice_in(pipe, 10).kind == Kind::kEof);
  }
  SUBCASE("reset") {
    Fixture f;
    Pipe pipe = f.pool.take();
    const linger hard{.l_onoff = 1, .l_linger = 0};
    REQUIRE(::setsockopt(f.source.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)) == 0);
    f.source.reset();
    f.await(*f.from);
    CHECK(f.from->splice_in(pipe, 10).kind == Kind::kError);
  }
  SUBCASE("receiver") {
    Fixture f;
    Pipe pipe = f.pool.take();
    test::send_all(f.source.get(), "bytes");
    f.await(*f.from);
    REQUIRE(f.from->splice_in(pipe, 10).count == 5);
    const linger hard{.l_onoff = 1, .l_linger = 0};
    REQUIRE(::setsockopt(f.sink.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)) == 0);
    f.sink.reset();
    f.await(*f.to);
    CHECK(f.to->splice_out(pipe).kind == Kind::kError);
    CHECK(pipe.held() == 5);
  }
}

TEST_CASE("a receiver that reads nothing fills, and takes the rest later") {
  Fixture f;
  Pipe pipe = f.pool.take();
  const std::string block(PipePool::kPipeBytes, 'x');
  std::size_t taken = 0;
  test::set_blocking(f.source.get(), false);
  IoResult out;
  do {
    const ssize_t sent = ::send(f.source.get(), block.data(), block.size(), MSG_NOSIGNAL);
    if (sent > 0) f.await(*f.from);
    if (pipe.held() == 0) taken += f.from->splice_in(pipe, block.size()).count;
    out = f.to->splice_out(pipe);
  } while (out.ok());
  CHECK(out.kind == Kind::kAgain);
  CHECK_FALSE(f.to->descriptor().writable);
  std::size_t got = 0;
  test::run_until(f.loop, [&] {
    got += test::received(f.sink.get()).size();
    f.to->descriptor().writable = true;
    if (pipe.held() > 0) f.to->splice_out(pipe);
    return got == taken;
  });
  CHECK(pipe.held() == 0);
}
