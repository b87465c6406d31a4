#include "codec/http1/body_source.h"

#include <doctest/doctest.h>

#include <cstring>
#include <memory>
#include <string>

#include "test/support/native/run_task.h"
#include "test/support/native/sockets.h"

using namespace fairlead;
using codec::BodyKind;
using codec::http1::BodySource;
using loop::Task;
using Failure = BodySource::Failure;

namespace {

struct Fixture {
  Fixture() {
    test::Ends ends = test::unix_pair();
    peer = std::move(ends.theirs);
    stream = std::make_unique<net::Stream>(loop, scratch, ends.ours.release());
    source = std::make_unique<BodySource>(*stream, pool);
  }
  /// Begins a body of which `bytes` came behind the head.
  void start(BodyKind kind, std::uint64_t length, std::string_view bytes) {
    received = pool.small();
    received.clear(100);
    std::memcpy(received.tail().data(), bytes.data(), bytes.size());
    received.commit(bytes.size());
    source->start(kind, length, received, &trailers);
  }
  BodySource::Piece read() { return test::run(loop, source->read(0)); }
  std::string whole() {
    std::string body;
    for (;;) {
      const BodySource::Piece piece = read();
      if (piece.failure != Failure::kNone) return body + "|" + std::to_string(static_cast<int>(piece.failure));
      body += piece.chunk.data;
      if (piece.chunk.last) return body;
    }
  }

  Arena arena;
  loop::Loop loop;
  net::StreamScratch scratch;
  net::BufferPool pool{1 << 20};
  test::Fd peer;
  std::unique_ptr<net::Stream> stream;
  net::Buffer received;
  codec::Headers trailers{arena};
  std::unique_ptr<BodySource> source;
};

}  // namespace

TEST_CASE("a body ends where its framing says, and what lies behind it stays") {
  struct Case {
    const char* name;
    BodyKind kind;
    std::uint64_t length;
    std::string_view bytes;
    std::string_view body;
    std::string_view rest;
  };
  constexpr Case kCases[] = {
      {"none", BodyKind::kNone, 0, "GET", "", "GET"},
      {"no length", BodyKind::kLength, 0, "GET", "", "GET"},
      {"length", BodyKind::kLength, 5, "helloGET", "hello", "GET"},
      {"chunks", BodyKind::kChunked, 0, "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\nGET", "hello", "GET"},
      {"no chunks", BodyKind::kChunked, 0, "0\r\n\r\nGET", "", "GET"},
  };
  for (const Case& c : kCases) {
    CAPTURE(c.name);
    for (std::size_t split = 0; split <= c.bytes.size(); ++split) {
      CAPTURE(split);
      Fixture f;
      f.start(c.kind, c.length, c.bytes.substr(0, split));
      test::send_all(f.peer.get(), c.bytes.substr(split));
      CHECK(f.whole() == c.body);
      CHECK(f.source->finished());
      CHECK(f.source->bytes() == c.body.size());
      f.source->take_rest(f.received);
      const std::string rest = std::string(f.received.view()) + test::received(f.stream->descriptor().fd());
      CHECK(rest == c.rest);
    }
  }
}

TEST_CASE("a body that ends with the connection ends there, and no other does") {
  Fixture open;
  open.start(BodyKind::kUntilClose, 0, "first ");
  test::send_all(open.peer.get(), "second");
  ::shutdown(open.peer.get(), SHUT_WR);
  CHECK(open.whole() == "first second");

  Fixture counted;
  counted.start(BodyKind::kLength, 10, "01234");
  ::shutdown(counted.peer.get(), SHUT_WR);
  CHECK(counted.whole() == "01234|" + std::to_string(static_cast<int>(Failure::kTruncated)));

  Fixture chunked;
  chunked.start(BodyKind::kChunked, 0, "5\r\nhello\r\n0\r\n");
  ::shutdown(chunked.peer.get(), SHUT_WR);
  CHECK(chunked.whole() == "hello|" + std::to_string(static_cast<int>(Failure::kTruncated)));
}

TEST_CASE("failures are told apart") {
  Fixture malformed;
  malformed.start(BodyKind::kChunked, 0, "zz\r\n");
  CHECK(malformed.read().failure == Failure::kMalformed);

  Fixture late;
  late.start(BodyKind::kLength, 1, "");
  const Nanos deadline = late.loop.refresh_now() + 10 * kMillisecond;
  CHECK(test::run(late.loop, late.source->read(deadline)).failure == Failure::kTimeout);

  Fixture broken;
  broken.start(BodyKind::kLength, 1, "");
  broken.stream->close();
  CHECK(broken.read().failure == Failure::kBroken);
}

TEST_CASE("what has not arrived is not waited for unless asked to") {
  Fixture f;
  f.start(BodyKind::kLength, 4, "ab");
  CHECK(f.source->try_read().chunk.data == "ab");
  const BodySource::Piece nothing = f.source->try_read();
  CHECK(nothing.chunk.data.empty());
  CHECK_FALSE(nothing.chunk.last);
  CHECK(nothing.failure == Failure::kNone);
  test::send_all(f.peer.get(), "cd");
  CHECK(f.read().chunk.data == "cd");
  CHECK(f.source->try_read().chunk.last);
}

TEST_CASE("the head in front of the body is not overwritten") {
  Fixture f;
  f.received = f.pool.small();
  f.received.clear();
  std::memcpy(f.received.tail().data(), "HEADbody", 8);
  f.received.commit(8);
  const std::string_view head = f.received.view().substr(0, 4);
  f.received.consume(4);
  f.source->start(BodyKind::kLength, 60'000, f.received, nullptr);
  const std::string more(59'996, 'x');
  test::set_blocking(f.peer.get(), false);
  std::string_view rest = more;
  std::size_t got = 0;
  while (got < 60'000) {
    const ssize_t sent = rest.empty() ? 0 : ::send(f.peer.get(), rest.data(), rest.size(), 0);
    if (sent > 0) rest.remove_prefix(static_cast<std::size_t>(sent));
    got += f.read().chunk.data.size();
  }
  CHECK(head == "HEAD");
}

TEST_CASE("long bodies are read into large buffers, short ones never are, and none is held afterwards") {
  Fixture brief;
  brief.start(BodyKind::kLength, 1000, "");
  test::send_all(brief.peer.get(), std::string(1000, 'x'));
  CHECK(brief.whole().size() == 1000);
  CHECK(brief.pool.used_bytes() <= 2 * net::BufferPool::kSmallBytes);

  Fixture bulk;
  bulk.start(BodyKind::kLength, 1 << 20, "");
  test::set_blocking(bulk.peer.get(), false);
  const std::string piece(64 * 1024, 'x');
  std::size_t most = 0;
  for (std::size_t got = 0; got < (1 << 20);) {
    while (::send(bulk.peer.get(), piece.data(), std::min<std::size_t>(piece.size(), (1 << 20) - got), 0) > 0) {
    }
    got += bulk.read().chunk.data.size();
    most = std::max(most, bulk.pool.used_bytes());
    if (bulk.source->finished()) break;
  }
  CHECK(most == net::BufferPool::kSmallBytes + net::BufferPool::kLargeBytes);
  bulk.source->release();
  bulk.received.release();
  CHECK(bulk.pool.used_bytes() == 0);
}

TEST_CASE("trailers come with the last piece") {
  Fixture f;
  f.start(BodyKind::kChunked, 0, "1\r\nx\r\n0\r\nX-Sum: 42\r\n\r\n");
  CHECK(f.whole() == "x");
  CHECK(f.trailers.first("x-sum") == "42");
}

TEST_CASE("chunks that carry next to nothing are bounded unless the limit is lifted") {
  std::string chunks;
  for (int i = 0; i < 40'000; ++i) chunks += "1\r\nx\r\n";
  chunks += "0\r\n\r\n";
  for (const bool lifted : {false, true}) {
    CAPTURE(lifted);
    Fixture f;
    f.received = f.pool.small();
    f.received.clear();
    f.source->start(BodyKind::kChunked, 0, f.received, nullptr, {.free_overhead = lifted ? 0 : 100U * 1024});
    test::set_blocking(f.peer.get(), false);
    std::string_view rest = chunks;
    std::size_t got = 0;
    Failure failure = Failure::kNone;
    while (failure == Failure::kNone && !f.source->finished()) {
      const ssize_t sent = rest.empty() ? 0 : ::send(f.peer.get(), rest.data(), rest.size(), 0);
      if (sent > 0) rest.remove_prefix(static_cast<std::size_t>(sent));
      const BodySource::Piece piece = f.read();
      failure = piece.failure;
      got += piece.chunk.data.size();
    }
    CHECK(failure == (lifted ? Failure::kNone : Failure::kMalformed));
    if (lifted) CHECK(got == 40'000);
  }
}

TEST_CASE("a read that is cancelled can be begun again") {
  Fixture f;
  f.start(BodyKind::kLength, 4, "");
  {
    Task<BodySource::Piece> waiting = f.source->read(0);
    waiting.start();
  }
  test::send_all(f.peer.get(), "body");
  CHECK(f.whole() == "body");
}
