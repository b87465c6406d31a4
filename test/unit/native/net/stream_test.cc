#include "net/stream.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "test/support/native/run_task.h"
#include "test/support/native/sockets.h"

using namespace fairlead;
using loop::Task;
using net::IoResult;
using net::Stream;
using Kind = IoResult::Kind;

namespace {

/// A stream and the other end of its connection.
struct Fixture {
  explicit Fixture(test::Ends ends = test::unix_pair())
      : stream(std::make_unique<Stream>(loop, scratch, ends.ours.release())), peer(std::move(ends.theirs)) {}

  IoResult read(std::span<char> into, Nanos deadline = 0) { return test::run(loop, stream->read(into, deadline)); }
  std::string try_text(std::size_t most = 64) {
    std::string text(most, '\0');
    const IoResult got = stream->try_read(text);
    text.resize(got.count);
    return text;
  }

  loop::Loop loop;
  net::StreamScratch scratch;
  std::unique_ptr<Stream> stream;
  test::Fd peer;
  char room[64];
};

Task<IoResult> write(Stream& stream, std::string_view bytes, Nanos stall) {
  const IoResult result = co_await stream.write_all(bytes, stall);
  co_return result;
}

}  // namespace

TEST_CASE("a short read tells that nothing is left, a full one that there may be more") {
  Fixture f;
  test::send_all(f.peer.get(), "abcdef");
  CHECK(f.try_text(4) == "abcd");
  CHECK(f.stream->maybe_readable());
  CHECK(f.stream->is_readable());
  CHECK(f.try_text(4) == "ef");
  CHECK_FALSE(f.stream->maybe_readable());
  CHECK(f.stream->try_read(f.room).kind == Kind::kAgain);
}

TEST_CASE("asking the socket tells what a full read has left open") {
  Fixture f;
  test::send_all(f.peer.get(), "abcd");
  CHECK(f.try_text(4) == "abcd");
  CHECK(f.stream->maybe_readable());
  CHECK_FALSE(f.stream->is_readable());
  CHECK_FALSE(f.stream->maybe_readable());
  test::send_all(f.peer.get(), "e");
  CHECK(f.read(f.room).count == 1);
}

TEST_CASE("reading waits for bytes, and for the end") {
  Fixture f;
  f.loop.mailbox().post([&] { test::send_all(f.peer.get(), "later"); });
  IoResult got = f.read(f.room);
  CHECK(got.ok());
  CHECK(std::string_view(f.room, got.count) == "later");

  f.loop.mailbox().post([&] { f.peer.reset(); });
  CHECK(f.read(f.room).kind == Kind::kEof);
  CHECK(f.read(f.room).kind == Kind::kEof);
}

TEST_CASE("what was sent before the end is read before the end, however it is cut") {
  Fixture f;
  test::send_all(f.peer.get(), "0123456789");
  f.peer.reset();
  std::string all;
  IoResult got;
  while ((got = f.read({f.room, 3})).ok()) all.append(f.room, got.count);
  CHECK(all == "0123456789");
  CHECK(got.kind == Kind::kEof);
}

TEST_CASE("the end is noticed when it comes behind data that was read with a short read") {
  Fixture f;
  CHECK(f.stream->try_read(f.room).kind == Kind::kAgain);
  f.loop.mailbox().post([&] { test::send_all(f.peer.get(), "x"); });
  CHECK(f.read(f.room).count == 1);
  f.loop.mailbox().post([&] { f.peer.reset(); });
  CHECK(f.read(f.room).kind == Kind::kEof);
}

TEST_CASE("reading gives up at its deadline") {
  Fixture f;
  const Nanos deadline = f.loop.refresh_now() + 10 * kMillisecond;
  CHECK(f.read(f.room, deadline).kind == Kind::kTimeout);
  CHECK(f.loop.now() >= deadline);
}

TEST_CASE("writing more than the socket takes waits for the reader, and loses nothing") {
  for (const bool tcp : {false, true}) {
    CAPTURE(tcp);
    Fixture f(tcp ? test::tcp_pair() : test::unix_pair());
    std::string text;
    for (int i = 0; text.size() < (4U << 20); ++i) text += std::to_string(i) + ' ';
    Task<IoResult> writing = write(*f.stream, text, 0);
    writing.start();
    CHECK_FALSE(writing.done());

    std::string got;
    test::run_until(f.loop, [&] {
      got += test::received(f.peer.get());
      return got.size() >= text.size();
    });
    CHECK(got == text);
    REQUIRE(writing.done());
    CHECK(writing.take().count == text.size());
  }
}

TEST_CASE("a message that fits leaves at once, the rest of one that does not is left to the caller") {
  Fixture f;
  std::string_view bytes = "small";
  IoResult result;
  CHECK(f.stream->write_now(bytes, result));
  CHECK(result.ok());
  CHECK(test::received(f.peer.get()) == "small");

  const std::string large(8U << 20, 'x');
  bytes = large;
  CHECK_FALSE(f.stream->write_now(bytes, result));
  CHECK(bytes.size() < large.size());
  CHECK(test::received(f.peer.get()).size() == large.size() - bytes.size());
}

TEST_CASE("a peer that takes nothing for the stall time ends the write, one that takes a little does not") {
  Fixture f;
  const std::string text(8U << 20, 'x');
  CHECK(test::run(f.loop, write(*f.stream, text, 10 * kMillisecond)).kind == Kind::kTimeout);

  Fixture slow;
  // Every look takes something. The stall time is long enough for a machine that has other things to do.
  Task<IoResult> writing = write(*slow.stream, text, 2 * kSecond);
  writing.start();
  std::string room(64 * 1024, '\0');
  std::size_t taken = 0;
  test::run_until(slow.loop, [&] {
    const ssize_t got = ::recv(slow.peer.get(), room.data(), room.size(), MSG_DONTWAIT);
    taken += got > 0 ? static_cast<std::size_t>(got) : 0;
    return writing.done();
  });
  CHECK(writing.take().ok());
  taken += test::received(slow.peer.get()).size();
  CHECK(taken == text.size());
}

TEST_CASE("writing to a peer that is gone fails and does not raise a signal") {
  Fixture f(test::tcp_pair());
  f.peer.reset();
  const std::string text(1U << 20, 'x');
  IoResult result = IoResult::bytes(0);
  while (result.ok()) result = test::run(f.loop, write(*f.stream, text, 0));
  CHECK(result.kind == Kind::kError);
}

TEST_CASE("our end is told with a FIN, after which the peer may still talk") {
  Fixture f;
  CHECK(test::run(f.loop, write(*f.stream, "last words", 0)).ok());
  f.stream->shutdown_write();
  CHECK(test::read_to_end(f.peer.get()) == "last words");
  test::send_all(f.peer.get(), "answer");
  CHECK(f.read(f.room).count == 6);
}

TEST_CASE("closing after abort() resets the connection, closing alone does not") {
  for (const bool aborts : {false, true}) {
    CAPTURE(aborts);
    Fixture f(test::tcp_pair());
    CHECK(test::run(f.loop, write(*f.stream, "partial", 0)).ok());
    if (aborts) f.stream->abort();
    f.stream->close();
    int error = 0;
    test::read_to_end(f.peer.get(), &error);
    CHECK(error == (aborts ? ECONNRESET : 0));
  }
}

TEST_CASE("a reset by the peer is an error, not an end") {
  Fixture f(test::tcp_pair());
  const linger hard{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(f.peer.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
  f.peer.reset();
  CHECK(f.read(f.room).kind == Kind::kError);
}

TEST_CASE("a closed stream can be closed again and answers nothing but errors") {
  Fixture f;
  f.stream->close();
  f.stream->close();
  f.stream->abort();
  f.stream->shutdown_write();
  CHECK_FALSE(f.stream->open());
  CHECK(f.stream->try_read(f.room).kind == Kind::kError);
  CHECK(f.stream->try_write("x").kind == Kind::kError);
}

TEST_CASE("cancelling a wait leaves the stream usable, and a destroyed stream leaves the loop usable") {
  Fixture f;
  {
    Task<IoResult> waiting = f.stream->read(f.room, f.loop.now() + kSecond);
    waiting.start();
  }
  test::send_all(f.peer.get(), "x");
  CHECK(f.read(f.room).count == 1);
  f.stream.reset();
  CHECK(test::read_to_end(f.peer.get()).empty());
  f.loop.mailbox().post([&] { f.loop.stop(); });
  f.loop.run();
}

namespace {

Task<loop::Wake> bulk(Stream& stream, std::uint64_t left, Nanos deadline) {
  const loop::Wake wake = co_await stream.await_bulk(left, deadline);
  co_return wake;
}

}  // namespace

TEST_CASE("much of a long body wakes at once, little of it after a moment, and then each byte") {
  Fixture f(test::tcp_pair());
  constexpr std::uint64_t kLong = 10 << 20;
  CHECK(f.try_text().empty());
  f.loop.mailbox().post([&] { test::send_all(f.peer.get(), "little"); });
  const Nanos begun = monotonic_now();
  CHECK(test::run(f.loop, bulk(*f.stream, kLong, 0)) == loop::Wake::kReady);
  CHECK(monotonic_now() - begun < kSecond);
  CHECK(f.try_text() == "little");
  int mark = 0;
  socklen_t size = sizeof(mark);
  REQUIRE(::getsockopt(f.stream->descriptor().fd(), SOL_SOCKET, SO_RCVLOWAT, &mark, &size) == 0);
  CHECK(mark == 1);
  f.loop.mailbox().post([&] { test::send_all(f.peer.get(), "more"); });
  CHECK(f.try_text().empty());
  CHECK(test::run(f.loop, bulk(*f.stream, kLong, 0)) == loop::Wake::kReady);
  CHECK(f.try_text() == "more");
}

TEST_CASE("a deadline that is near ends the wait for a long body") {
  Fixture f(test::tcp_pair());
  CHECK(f.try_text().empty());
  CHECK(test::run(f.loop, bulk(*f.stream, 1 << 20, f.loop.refresh_now() + 1)) == loop::Wake::kTimeout);
}

TEST_CASE("the last bytes of a body, and the first ones behind it, wake") {
  Fixture f(test::tcp_pair());
  CHECK(f.try_text().empty());
  f.loop.mailbox().post([&] { test::send_all(f.peer.get(), "12345"); });
  CHECK(test::run(f.loop, bulk(*f.stream, 5, 0)) == loop::Wake::kReady);
  CHECK(f.try_text() == "12345");
  f.stream->expect_anything();
  f.loop.mailbox().post([&] { test::send_all(f.peer.get(), "6"); });
  CHECK(f.read(f.room).count == 1);
}
