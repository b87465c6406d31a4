#include "codec/http1/server_stream.h"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "test/support/native/run_task.h"
#include "test/support/native/sockets.h"

using namespace fairlead;
using namespace fairlead::codec;
using codec::http1::HeadLimits;
using codec::http1::HeadResult;
using codec::http1::ServerStream;
using loop::Task;

namespace {

/// A client's connection, of which the test plays the client.
struct Fixture {
  Fixture() {
    test::Ends ends = test::unix_pair();
    client = std::move(ends.theirs);
    test::set_blocking(client.get(), false);
    stream = std::make_unique<net::Stream>(loop, scratch, ends.ours.release());
    codec = std::make_unique<ServerStream>(*stream, pool);
    begin();
  }
  /// Room for the next exchange.
  void begin() {
    response.reset();
    request.reset();
    arena = std::make_unique<Arena>();
    request.emplace(*arena);
    response.emplace(*arena);
    response->status = 200;
  }
  void send(std::string_view bytes) const { test::send_all(client.get(), bytes); }
  HeadResult read_head(Nanos deadline = 0, const HeadLimits& limits = {}) {
    return test::run(loop, codec->read_head(*request, limits, deadline));
  }
  /// Receives `head`, which must be fine.
  void receive(std::string_view head) {
    send(head);
    REQUIRE(read_head() == HeadResult::kRequest);
  }
  std::string body() {
    std::string all;
    for (;;) {
      const Result<BodyChunk> chunk = test::run(loop, codec->read_body(0));
      if (!chunk.ok()) return all + "|" + reason_name(chunk.error().reason);
      all += chunk->data;
      if (chunk->last) return all;
    }
  }
  Status write_head(std::string_view first = {}, bool last = true) {
    return test::run(loop, codec->write_head(*response, first, last));
  }
  Status write_body(std::string_view data, bool last) { return test::run(loop, codec->write_body(data, last)); }
  /// What the client has got, without the Date.
  std::string sent() const {
    std::string all = test::received(client.get());
    const std::size_t date = all.find("Date: ");
    if (date != std::string::npos) all.erase(date, all.find("\r\n", date) + 2 - date);
    return all;
  }
  void answer_empty() {
    response->body = BodyKind::kNone;
    CHECK(write_head().ok());
    sent();
  }

  loop::Loop loop;
  net::StreamScratch scratch;
  net::BufferPool pool{1 << 20};
  test::Fd client;
  std::unique_ptr<net::Stream> stream;
  std::unique_ptr<ServerStream> codec;
  std::unique_ptr<Arena> arena;
  std::optional<Request> request;
  std::optional<Response> response;
};

std::string reason_of(const Status& status) { return status.ok() ? "ok" : reason_name(status.error().reason); }

}  // namespace

TEST_CASE("an idle connection is told from one that speaks, and holds no buffer") {
  Fixture f;
  CHECK(f.read_head() == HeadResult::kNothing);
  CHECK(f.pool.used_bytes() == 0);
  f.send("GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n");
  test::run_until(f.loop, [&] { return f.stream->is_readable() || !f.loop.watch(f.stream->descriptor()); });
  CHECK(f.read_head() == HeadResult::kRequest);
  CHECK(f.request->path == "/a");
  CHECK(f.request->query == "b");
}

TEST_CASE("a head may come in pieces, and must be complete in time") {
  Fixture f;
  f.send("GET / HTTP/1.1\r\nHo");
  Task<HeadResult> reading = test::later(f.codec->read_head(*f.request, {}, 0));
  reading.start();
  CHECK_FALSE(reading.done());
  std::string_view rest = "st: x\r\n\r\n";
  test::run_until(f.loop, [&] {
    if (!rest.empty()) f.send(rest.substr(0, 1));
    rest.remove_prefix(rest.empty() ? 0 : 1);
    return reading.done();
  });
  CHECK(reading.take() == HeadResult::kRequest);

  Fixture slow;
  slow.send("GET / HTTP/1.1\r\nHo");
  CHECK(slow.read_head(slow.loop.refresh_now() + 10 * kMillisecond) == HeadResult::kTimeout);
}

TEST_CASE("a client that closes is gone, with or without part of a head") {
  for (const std::string_view part : {"", "GET / HT"}) {
    CAPTURE(part);
    Fixture f;
    f.send(part);
    f.client.reset();
    CHECK(f.read_head() == HeadResult::kClosed);
  }
}

TEST_CASE("a head that is refused says why") {
  struct Case {
    std::string bytes;
    HeadFault fault;
  };
  const std::string fields = "GET / HTTP/1.1\r\nHost: x\r\n";
  const Case cases[] = {
      {"\x16\x03\x01 nonsense\r\n\r\n", HeadFault::kMethodMalformed},
      {"GET / HTTP/1.1\r\n\r\n", HeadFault::kHostMissing},
      {fields + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", HeadFault::kLengthAndCoding},
      {fields + "X: " + std::string(70'000, 'x'), HeadFault::kHeadTooLarge},
      {"GET /" + std::string(70'000, 'x'), HeadFault::kRequestLineTooLong},
  };
  for (const Case& c : cases) {
    CAPTURE(c.bytes.substr(0, 60));
    Fixture f;
    test::set_blocking(f.client.get(), false);
    f.send(c.bytes);
    CHECK(f.read_head() == HeadResult::kMalformed);
    CHECK(head_fault_name(f.codec->fault()) == std::string(head_fault_name(c.fault)));
  }
}

TEST_CASE("a head that is refused on a kept connection is answered as if it were the first") {
  for (const std::string_view method : {"GET", "HEAD"}) {
    CAPTURE(method);
    Fixture f;
    f.receive(std::string(method) +
              " / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n");
    CHECK_FALSE(f.codec->reusable());
    f.answer_empty();
    CHECK(f.codec->reusable());
    f.codec->end_exchange();
    // What went before proves nothing about what comes.
    CHECK_FALSE(f.codec->reusable());
    CHECK_FALSE(f.codec->head_written());
    f.begin();
    CHECK(f.read_head() == HeadResult::kMalformed);
    f.codec->close_after_response();
    f.response->status = 400;
    f.response->body = BodyKind::kLength;
    f.response->content_length = 3;
    CHECK(f.write_head("bad").ok());
    CHECK(f.codec->bytes_written() == 3);
    CHECK(f.sent().ends_with("\r\n\r\nbad"));
  }
}

TEST_CASE("the refusal of a HEAD has no body") {
  Fixture f;
  f.send("HEAD / HTTP/1.1\r\n\r\n");
  CHECK(f.read_head() == HeadResult::kMalformed);
  f.codec->close_after_response();
  f.response->status = 400;
  f.response->body = BodyKind::kLength;
  f.response->content_length = 3;
  CHECK(f.write_head("bad").ok());
  CHECK(f.sent().ends_with("Content-Length: 3\r\nConnection: close\r\n\r\n"));
}

TEST_CASE("a head as large as the limit allows is read, whatever the size of buffers") {
  for (const std::uint32_t limit : {1'000U, 20'480U, 20'481U, 65'536U, 200'000U}) {
    CAPTURE(limit);
    for (const std::uint32_t size : {limit - 1, limit, limit + 1}) {
      CAPTURE(size);
      Fixture f;
      std::string head = "GET / HTTP/1.1\r\nHost: x\r\nX: \r\n\r\n";
      const std::string value(size - head.size(), 'v');
      head.insert(head.size() - 4, value);
      std::string_view rest = head;
      f.send(rest.substr(0, 100));
      rest.remove_prefix(100);
      Task<HeadResult> reading = test::later(f.codec->read_head(*f.request, {limit, limit, 100}, 0));
      reading.start();
      test::run_until(f.loop, [&] {
        const ssize_t sent = rest.empty() ? 0 : ::send(f.client.get(), rest.data(), rest.size(), 0);
        if (sent > 0) rest.remove_prefix(static_cast<std::size_t>(sent));
        return reading.done();
      });
      CHECK(reading.take() == (size <= limit ? HeadResult::kRequest : HeadResult::kMalformed));
      if (size > limit) continue;
      CHECK(f.request->headers.first("x") == value);
      CHECK(f.request->headers.first("host") == "x");
    }
  }
}

TEST_CASE("requests that were sent together are answered one after the other") {
  Fixture f;
  f.send(
      "POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\none"
      "POST /2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n"
      "GET /3 HTTP/1.1\r\nHost: x\r\n\r\n"
      "GET /4 HTT");
  const std::string_view bodies[] = {"one", "two", ""};
  for (std::size_t i = 0; i < 3; ++i) {
    CAPTURE(i);
    REQUIRE(f.read_head() == HeadResult::kRequest);
    CHECK(f.request->path == "/" + std::to_string(i + 1));
    CHECK(f.body() == bodies[i]);
    f.answer_empty();
    CHECK(f.codec->reusable());
    f.codec->end_exchange();
    CHECK(f.codec->has_received());
    f.begin();
  }
  f.send("P/1.1\r\nHost: x\r\n\r\n");
  CHECK(f.read_head() == HeadResult::kRequest);
  CHECK(f.request->path == "/4");
  f.answer_empty();
  f.codec->end_exchange();
  CHECK_FALSE(f.codec->has_received());
  CHECK(f.pool.used_bytes() == 0);
}

TEST_CASE("the next request may lie behind a body that took several reads") {
  Fixture f;
  f.receive("POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\n");
  const std::string body(50'000, 'b');
  std::string_view rest = body;
  std::string next = "GET /2 HTTP/1.1\r\nHost: x\r\n\r\n";
  std::string all = body + next;
  rest = all;
  std::string got;
  while (!f.codec->body_finished()) {
    const ssize_t sent = rest.empty() ? 0 : ::send(f.client.get(), rest.data(), rest.size(), 0);
    if (sent > 0) rest.remove_prefix(static_cast<std::size_t>(sent));
    const Result<BodyChunk> chunk = test::run(f.loop, f.codec->read_body(0));
    REQUIRE(chunk.ok());
    got += chunk->data;
  }
  CHECK(got == body);
  f.answer_empty();
  f.codec->end_exchange();
  f.begin();
  CHECK(f.read_head() == HeadResult::kRequest);
  CHECK(f.request->path == "/2");
}

TEST_CASE("responses are framed for the client that asked") {
  struct Case {
    const char* name;
    const char* request;
    std::uint16_t status;
    BodyKind body;
    std::uint64_t length;
    std::string_view data;
    std::string_view expected;  // behind the status line
    bool reusable;
  };
  constexpr auto kNone = BodyKind::kNone;
  constexpr auto kLength = BodyKind::kLength;
  constexpr auto kChunked = BodyKind::kChunked;
  constexpr auto kUntilClose = BodyKind::kUntilClose;
  constexpr const char* kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  constexpr const char* kHead = "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n";
  constexpr const char* kOld = "GET / HTTP/1.0\r\n\r\n";
  constexpr const char* kOldKeeps = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
  constexpr const char* kCloses = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  constexpr Case kCases[] = {
      {"a length", kGet, 200, kLength, 5, "hello", "Content-Length: 5\r\n\r\nhello", true},
      {"no body", kGet, 200, kNone, 0, "", "Content-Length: 0\r\n\r\n", true},
      {"chunks", kGet, 200, kChunked, 0, "hello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", true},
      {"an empty chunked body", kGet, 200, kChunked, 0, "", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", true},
      {"until close becomes chunks", kGet, 200, kUntilClose, 0, "hello",
       "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", true},
      {"204", kGet, 204, kNone, 0, "", "\r\n", true},
      {"204 that came with a body", kGet, 204, kLength, 5, "hello", "\r\n", true},
      {"304", kGet, 304, kNone, 0, "", "\r\n", true},
      {"HEAD: the length a GET would have", kHead, 200, kLength, 5, "hello", "Content-Length: 5\r\n\r\n", true},
      {"HEAD of chunks", kHead, 200, kChunked, 0, "", "\r\n", true},
      {"HEAD that the server gave no length", kHead, 200, kNone, 0, "", "\r\n", true},
      {"the client closes", kCloses, 200, kLength, 2, "hi", "Content-Length: 2\r\nConnection: close\r\n\r\nhi", false},
      {"HTTP/1.0", kOld, 200, kLength, 2, "hi", "Content-Length: 2\r\nConnection: close\r\n\r\nhi", false},
      {"HTTP/1.0 that keeps the connection", kOldKeeps, 200, kLength, 2, "hi",
       "Content-Length: 2\r\nConnection: keep-alive\r\n\r\nhi", true},
      {"HTTP/1.0 and chunks: until close", kOldKeeps, 200, kChunked, 0, "hello", "Connection: close\r\n\r\nhello",
       false},
  };
  for (const Case& c : kCases) {
    CAPTURE(c.name);
    for (const bool at_once : {true, false}) {
      CAPTURE(at_once);
      Fixture f;
      f.receive(c.request);
      f.response->status = c.status;
      f.response->reason = "Why";
      f.response->body = c.body;
      f.response->content_length = c.length;
      if (at_once) {
        CHECK(f.write_head(c.data, true).ok());
      } else {
        CHECK(f.write_head({}, false).ok());
        CHECK_FALSE(f.codec->reusable());
        CHECK(f.write_body(c.data, true).ok());
      }
      CHECK(f.sent() == "HTTP/1.1 " + std::to_string(c.status) + " Why\r\n" + std::string(c.expected));
      CHECK(f.codec->reusable() == c.reusable);
      CHECK(f.codec->head_written());
    }
  }
}

TEST_CASE("a server's own length is kept where it speaks of another body, and nowhere else") {
  struct Case {
    const char* request;
    std::uint16_t status;
    bool kept;
  };
  constexpr Case kCases[] = {
      {"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", 200, true},
      {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 304, true},
      {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 204, false},
      {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 200, false},
  };
  for (const Case& c : kCases) {
    CAPTURE(c.request);
    CAPTURE(c.status);
    Fixture f;
    f.receive(c.request);
    f.response->status = c.status;
    f.response->headers.add("Content-Length", "1234");
    CHECK(f.write_head().ok());
    CHECK((f.sent().find("Content-Length: 1234\r\n") != std::string::npos) == c.kept);
  }
}

TEST_CASE("bodies leave in pieces of any size, whole and counted") {
  const std::string big(100'000, 'b');
  struct Case {
    const char* name;
    BodyKind kind;
    std::string first;
    std::vector<std::string> more;
    bool ends_apart;  // the end is told by an empty piece
    std::string expected;
  };
  const Case cases[] = {
      {"small chunks", BodyKind::kChunked, "a", {"bc"}, false, "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n"},
      {"an end of its own", BodyKind::kChunked, "a", {"bc"}, true, "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n"},
      {"a large chunk", BodyKind::kChunked, "", {big}, false, "186a0\r\n" + big + "\r\n0\r\n\r\n"},
      {"a large first chunk", BodyKind::kChunked, big, {}, true, "186a0\r\n" + big + "\r\n0\r\n\r\n"},
      {"a large first piece", BodyKind::kLength, big, {"tail"}, false, big + "tail"},
      {"a large last piece", BodyKind::kLength, "head", {big}, true, "head" + big},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    Fixture f;
    f.receive("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    f.response->body = c.kind;
    f.response->content_length = c.first.size();
    for (const std::string& piece : c.more) f.response->content_length += piece.size();
    const std::uint64_t size = f.response->content_length;
    CHECK(f.write_head(c.first, c.more.empty() && !c.ends_apart).ok());
    for (std::size_t i = 0; i < c.more.size(); ++i) {
      CHECK(f.write_body(c.more[i], i + 1 == c.more.size() && !c.ends_apart).ok());
    }
    if (c.ends_apart) CHECK(f.write_body({}, true).ok());
    const std::string all = f.sent();
    CHECK(all.substr(all.find("\r\n\r\n") + 4) == c.expected);
    CHECK(f.codec->bytes_written() == size);
    CHECK(f.codec->reusable());
  }
}

TEST_CASE("a body that is longer or shorter than its length is the server's mistake and is never completed") {
  const auto begin = [](Fixture& f, std::uint64_t length) {
    f.receive("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    f.response->body = BodyKind::kLength;
    f.response->content_length = length;
  };
  Fixture f;
  SUBCASE("the first piece is too long") {
    begin(f, 4);
    CHECK(reason_of(f.write_head("hello", true)) == "upstream_truncated");
  }
  SUBCASE("the first piece is too short and the last") {
    begin(f, 6);
    CHECK(reason_of(f.write_head("hello", true)) == "upstream_truncated");
  }
  SUBCASE("a later piece is too long") {
    begin(f, 6);
    CHECK(f.write_head("hello", false).ok());
    CHECK(reason_of(f.write_body("!!", true)) == "upstream_truncated");
  }
  SUBCASE("the last piece is too short") {
    begin(f, 8);
    CHECK(f.write_head("hello", false).ok());
    CHECK(reason_of(f.write_body("!!", true)) == "upstream_truncated");
  }
  SUBCASE("nothing came") {
    begin(f, 8);
    CHECK(f.write_head({}, false).ok());
    CHECK(reason_of(f.write_body({}, true)) == "upstream_truncated");
  }
  SUBCASE("trailers came early") {
    begin(f, 8);
    CHECK(f.write_head({}, false).ok());
    CHECK(reason_of(test::run(f.loop, f.codec->write_trailers(Headers(*f.arena)))) == "upstream_truncated");
  }
  SUBCASE("a large first piece is too long") {
    begin(f, 100);
    CHECK(reason_of(f.write_head(std::string(50'000, 'x'), true)) == "upstream_truncated");
  }
  CHECK_FALSE(f.codec->reusable());
}

TEST_CASE("trailers end a chunked body, and are left out of any other") {
  struct Case {
    const char* request;
    std::string_view end;
  };
  constexpr Case kCases[] = {
      {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "4\r\ndata\r\n0\r\nX-Sum: 42\r\n\r\n"},
      {"GET / HTTP/1.0\r\n\r\n", "\r\n\r\ndata"},
      {"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", "\r\n\r\n"},
  };
  for (const Case& c : kCases) {
    CAPTURE(c.request);
    Fixture f;
    f.receive(c.request);
    f.response->body = BodyKind::kChunked;
    CHECK(f.write_head("data", false).ok());
    Headers trailers(*f.arena);
    trailers.add("X-Sum", "42");
    CHECK(test::run(f.loop, f.codec->write_trailers(trailers)).ok());
    CHECK(f.sent().ends_with(c.end));
  }
}

TEST_CASE("interim responses are for clients that know them") {
  Fixture f;
  f.receive("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  Response hints(*f.arena);
  hints.status = 103;
  hints.headers.add("Link", "</a>");
  CHECK(test::run(f.loop, f.codec->write_interim(hints)).ok());
  CHECK(f.sent() == "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
  CHECK_FALSE(f.codec->head_written());

  Fixture old;
  old.receive("GET / HTTP/1.0\r\n\r\n");
  Response more(*old.arena);
  more.status = 100;
  CHECK(test::run(old.loop, old.codec->write_interim(more)).ok());
  CHECK(old.sent().empty());
}

TEST_CASE("a connection is not used again when a request body was not read, and the response says so") {
  Fixture f;
  f.receive("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n01234");
  f.response->body = BodyKind::kNone;
  CHECK(f.write_head().ok());
  CHECK(f.sent().find("Connection: close\r\n") != std::string::npos);
  CHECK_FALSE(f.codec->reusable());
}

TEST_CASE("the connection ends when the proxy wants it to") {
  Fixture f;
  f.receive("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  f.codec->close_after_response();
  f.response->body = BodyKind::kNone;
  CHECK(f.write_head().ok());
  CHECK(f.sent().find("Connection: close\r\n") != std::string::npos);
  CHECK_FALSE(f.codec->reusable());
}

TEST_CASE("failures of the request body are the client's") {
  Fixture malformed;
  malformed.receive("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
  CHECK(malformed.body() == "|malformed_body");
  CHECK_FALSE(malformed.codec->reusable());

  Fixture late;
  late.receive("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n01234");
  CHECK(test::run(late.loop, late.codec->read_body(0)).ok());
  const Result<BodyChunk> chunk = test::run(late.loop, late.codec->read_body(late.loop.refresh_now() + kMillisecond));
  REQUIRE_FALSE(chunk.ok());
  CHECK(chunk.error().reason == Reason::kBodyTimeout);
  CHECK(chunk.error().origin == Origin::kClient);

  Fixture gone;
  gone.receive("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n01234");
  gone.client.reset();
  CHECK(gone.body() == "01234|client_closed");
}

TEST_CASE("a client that takes nothing, or is gone, ends the response") {
  Fixture stalled;
  stalled.receive("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  stalled.codec->set_write_stall(10 * kMillisecond);
  stalled.response->body = BodyKind::kChunked;
  CHECK(stalled.write_head({}, false).ok());
  CHECK(reason_of(stalled.write_body(std::string(16 << 20, 'x'), true)) == "write_timeout");
  CHECK_FALSE(stalled.codec->reusable());

  Fixture gone;
  gone.receive("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  gone.client.reset();
  gone.response->body = BodyKind::kNone;
  CHECK(reason_of(gone.write_head()) == "client_closed");
}

TEST_CASE("the first bytes of a tunnel can be taken from behind the head") {
  Fixture f;
  f.receive(
      "GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Key: a2V5\r\nSec-WebSocket-Version: 13\r\n\r\nframe");
  f.response->status = 101;
  f.response->headers.add("Upgrade", "websocket");
  CHECK(f.write_head().ok());
  CHECK(f.sent() == "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  CHECK(f.codec->take_received().view() == "frame");
}

TEST_CASE("dates are those of the second they are asked for") {
  CHECK(ServerStream::date(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
  CHECK(ServerStream::date(784111777 * kSecond) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(ServerStream::date(784111777 * kSecond + kSecond - 1) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(ServerStream::date(784111778 * kSecond) == "Sun, 06 Nov 1994 08:49:38 GMT");
}

TEST_CASE("a connection carries another request only when the last one is proved to be over; every proof is needed") {
  constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  constexpr std::string_view kPost = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n";
  Fixture f;
  f.response->body = BodyKind::kLength;
  f.response->content_length = 2;
  bool reusable = false;
  SUBCASE("all of it: head, body, answer") {
    f.receive(std::string(kPost) + "hello");
    CHECK(f.body() == "hello");
    CHECK(f.write_head("ok").ok());
    reusable = true;
  }
  SUBCASE("all of it, in pieces") {
    f.receive(kGet);
    CHECK(f.write_head("o", false).ok());
    CHECK(f.write_body("k", true).ok());
    reusable = true;
  }
  SUBCASE("nothing was received") {}
  SUBCASE("nothing was answered") { f.receive(kGet); }
  SUBCASE("only an interim answer was given") {
    f.receive(kGet);
    f.response->status = 103;
    CHECK(test::run(f.loop, f.codec->write_interim(*f.response)).ok());
  }
  SUBCASE("only the head of the answer was sent") {
    f.receive(kGet);
    CHECK(f.write_head({}, false).ok());
  }
  SUBCASE("the answer is shorter than it said") {
    f.receive(kGet);
    CHECK_FALSE(f.write_head("o", true).ok());
  }
  SUBCASE("the answer is longer than it said") {
    f.receive(kGet);
    CHECK(f.write_head("ok", false).ok());
    CHECK_FALSE(f.write_body("!", true).ok());
  }
  SUBCASE("the answer in chunks has no end") {
    f.receive(kGet);
    f.response->body = BodyKind::kChunked;
    CHECK(f.write_head("ok", false).ok());
  }
  SUBCASE("the answer ends with the connection") {
    f.receive("GET / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n");
    f.response->body = BodyKind::kChunked;
    CHECK(f.write_head("ok", true).ok());
  }
  SUBCASE("the body of the request was not read") {
    f.receive(std::string(kPost) + "hello");
    CHECK(f.write_head("ok").ok());
  }
  SUBCASE("the body of the request is broken") {
    f.receive("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n");
    f.body();
    CHECK(f.write_head("ok").ok());
  }
  SUBCASE("the client wanted no more") {
    f.receive("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK(f.write_head("ok").ok());
  }
  SUBCASE("the client speaks HTTP/1.0") {
    f.receive("GET / HTTP/1.0\r\nHost: x\r\n\r\n");
    CHECK(f.write_head("ok").ok());
  }
  SUBCASE("the proxy wants no more") {
    f.receive(kGet);
    f.codec->close_after_response();
    CHECK(f.write_head("ok").ok());
  }
  SUBCASE("the exchange before was over, the next has not begun") {
    f.receive(kGet);
    CHECK(f.write_head("ok").ok());
    f.codec->end_exchange();
  }
  CHECK(f.codec->reusable() == reusable);
}
