#include "upstream/http1_client.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "test/support/native/run_task.h"
#include "test/support/native/sockets.h"

using namespace fairlead;
using codec::BodyKind;
using codec::Method;
using loop::Task;
using upstream::Connection;
using upstream::Http1Client;
using upstream::Pool;

namespace {

/// One connection to a server whose part the test plays.
struct Fixture {
  Fixture() : pool(registry.find_or_create(1)), request(arena), response(arena) {
    pool->configure(4, 0);
    request.method_text = "GET";
    request.path = "/";
  }

  Http1Client& connect(bool reused = false) {
    test::Ends ends = test::unix_pair();
    server = std::move(ends.theirs);
    auto connection = std::make_unique<Connection>(loop, scratch, ends.ours.release());
    connection->reused = reused;
    REQUIRE(loop.watch(connection->stream.descriptor()));
    request.method = codec::method_of(request.method_text);
    client = std::make_unique<Http1Client>(buffers, *pool, std::move(connection), request.method, arena);
    return *client;
  }
  Status send(std::string_view first = {}, bool last = true) {
    const upstream::Forwarding forwarding{"example.com", {}};
    return test::run(loop, client->write_head(request, forwarding, first, last));
  }
  Status read_head() { return test::run(loop, client->read_head(response, 0)); }
  Result<codec::BodyChunk> read_body() { return test::run(loop, client->read_body(0)); }
  /// The body, then "|" and the reason if it did not end well.
  std::string whole_body() {
    std::string body;
    for (;;) {
      const Result<codec::BodyChunk> chunk = read_body();
      if (!chunk.ok()) return body + "|" + reason_name(chunk.error().reason);
      body += chunk->data;
      if (chunk->last) return body;
    }
  }
  /// Ends the exchange; whether the connection was kept.
  bool kept() {
    client->finish();
    return pool->idle() > 0;
  }

  loop::Loop loop;
  net::StreamScratch scratch;
  net::BufferPool buffers{1 << 20};
  upstream::PoolRegistry registry;
  LocalRef<Pool> pool;
  Arena arena;
  codec::Request request;
  codec::Response response;
  test::Fd server;
  std::unique_ptr<Http1Client> client;
};

std::string repeat(std::string_view text, std::size_t times) {
  std::string all;
  while (times-- > 0) all += text;
  return all;
}

}  // namespace

TEST_CASE("a connection is used again only when both messages are complete and nothing else was said") {
  struct Case {
    const char* name;
    std::string_view method;
    std::string_view response;
    bool kept;
  };
  constexpr Case kCases[] = {
      {"a body of known length", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", true},
      {"an empty body", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true},
      {"a chunked body", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", true},
      {"a chunked body with trailers", "GET",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n", true},
      {"an answer to HEAD", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true},
      {"204", "GET", "HTTP/1.1 204 No Content\r\n\r\n", true},
      {"304 with the length of another body", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", true},
      {"interim responses in front", "GET",
       "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true},
      {"HTTP/1.0 that says keep-alive", "GET",
       "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi", true},

      {"the server says close", "GET", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi", false},
      {"HTTP/1.0", "GET", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", false},
      {"bytes behind a body", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi!", false},
      {"bytes behind a chunked body", "GET",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", false},
      {"a body behind an answer to HEAD", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", false},
      {"a body behind 204", "GET", "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nhi", false},
      {"a body behind 304", "GET", "HTTP/1.1 304 Not Modified\r\n\r\nhi", false},
      {"a line end behind a body", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi\r\n", false},
      {"broken chunks", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\nx\r\n\r\n", false},
  };
  for (const Case& c : kCases) {
    CAPTURE(c.name);
    Fixture f;
    f.request.method_text = c.method;
    f.connect();
    test::send_all(f.server.get(), c.response);
    CHECK(f.send().ok());
    do {
      REQUIRE(f.read_head().ok());
    } while (f.response.status < 200);
    f.whole_body();
    CHECK(f.kept() == c.kept);
  }
}

TEST_CASE("a connection is not used again while something is missing or after something went wrong") {
  constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
  Fixture f;
  SUBCASE("nothing was sent") { f.connect(); }
  SUBCASE("nothing was read") {
    f.connect();
    CHECK(f.send().ok());
  }
  SUBCASE("only an interim response was read") {
    f.connect();
    test::send_all(f.server.get(), "HTTP/1.1 100 Continue\r\n\r\n");
    CHECK(f.send().ok());
    CHECK(f.read_head().ok());
  }
  SUBCASE("the body was not read") {
    f.connect();
    test::send_all(f.server.get(), kOk);
    CHECK(f.send().ok());
    CHECK(f.read_head().ok());
  }
  SUBCASE("the request was not sent to its end") {
    f.request.method_text = "POST";
    f.request.body = BodyKind::kLength;
    f.request.content_length = 10;
    f.connect();
    test::send_all(f.server.get(), kOk);
    CHECK(f.send("12345", false).ok());
    CHECK(f.read_head().ok());
    CHECK(f.whole_body() == "hi");
  }
  SUBCASE("the trailers of the request were not sent") {
    f.request.method_text = "POST";
    f.request.body = BodyKind::kChunked;
    f.connect();
    test::send_all(f.server.get(), kOk);
    CHECK(f.send("12345", false).ok());
    CHECK(f.read_head().ok());
    CHECK(f.whole_body() == "hi");
  }
  SUBCASE("it asked for another protocol, though the server declined") {
    f.request.wants_upgrade = true;
    f.request.upgrade = "websocket";
    f.connect();
    test::send_all(f.server.get(), kOk);
    CHECK(f.send().ok());
    CHECK(f.read_head().ok());
    CHECK(f.whole_body() == "hi");
  }
  SUBCASE("the server has closed") {
    f.connect();
    test::send_all(f.server.get(), kOk);
    CHECK(f.send().ok());
    CHECK(f.read_head().ok());
    CHECK(f.whole_body() == "hi");
    f.server.reset();
    // Either it is seen at once, or as soon as the loop looks.
    if (f.kept()) test::run_until(f.loop, [&] { return f.pool->idle() == 0; });
  }
  SUBCASE("the exchange was aborted") {
    f.connect();
    test::send_all(f.server.get(), kOk);
    CHECK(f.send().ok());
    CHECK(f.read_head().ok());
    f.client->abort();
    f.whole_body();
  }
  SUBCASE("the body was cut") {
    f.connect();
    test::send_all(f.server.get(), kOk.substr(0, kOk.size() - 1));
    CHECK(f.send().ok());
    f.server.reset();
    CHECK(f.read_head().ok());
    CHECK(f.whole_body() == "h|upstream_truncated");
  }
  SUBCASE("the body ends with the connection") {
    f.connect();
    test::send_all(f.server.get(), "HTTP/1.1 200 OK\r\n\r\nall of it");
    CHECK(f.send().ok());
    ::shutdown(f.server.get(), SHUT_WR);
    CHECK(f.read_head().ok());
    CHECK(f.whole_body() == "all of it");
  }
  CHECK_FALSE(f.kept());
}

TEST_CASE("a client that is destroyed gives back a clean connection and closes any other") {
  Fixture f;
  f.connect();
  test::send_all(f.server.get(), "HTTP/1.1 204 No Content\r\n\r\n");
  CHECK(f.send().ok());
  CHECK(f.read_head().ok());
  f.client.reset();
  CHECK(f.pool->idle() == 1);

  f.client = std::make_unique<Http1Client>(f.buffers, *f.pool, f.pool->take(), Method::kGet, f.arena);
  CHECK(f.send().ok());
  f.client.reset();
  CHECK(f.pool->idle() == 0);
}

TEST_CASE("an idle connection that the server has closed may be replaced, but only before the first byte came") {
  struct Case {
    const char* name;
    bool reused;
    std::string_view response;
    Retry retry;
  };
  constexpr Case kCases[] = {
      {"a connection from the pool", true, "", Retry::kIfReused},
      {"a new connection", false, "", Retry::kNo},
      {"part of a response had come", true, "H", Retry::kNo},
  };
  for (const Case& c : kCases) {
    CAPTURE(c.name);
    Fixture f;
    f.connect(c.reused);
    test::send_all(f.server.get(), c.response);
    ::shutdown(f.server.get(), SHUT_WR);
    CHECK(f.send().ok());
    const Status head = f.read_head();
    REQUIRE_FALSE(head.ok());
    CHECK(head.error().reason == Reason::kUpstreamReset);
    CHECK(head.error().origin == Origin::kUpstream);
    CHECK(head.error().retry == c.retry);
  }
  // The same when writing is what fails.
  Fixture f;
  f.connect(true);
  f.server.reset();
  const Status sent = f.send();
  REQUIRE_FALSE(sent.ok());
  CHECK(sent.error().retry == Retry::kIfReused);
}

TEST_CASE("a response head that never comes ends at the deadline, and one that is broken at once") {
  Fixture late;
  late.connect(true);
  CHECK(late.send().ok());
  const Nanos deadline = late.loop.refresh_now() + 10 * kMillisecond;
  const Status timeout = test::run(late.loop, late.client->read_head(late.response, deadline));
  REQUIRE_FALSE(timeout.ok());
  CHECK(timeout.error().reason == Reason::kUpstreamHeadTimeout);
  CHECK(timeout.error().retry == Retry::kNo);

  for (const std::string& broken : {std::string("SSH-2.0-OpenSSH\r\n"), std::string("HTTP/2.0 200\r\n\r\n"),
                                    std::string("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n"),
                                    "HTTP/1.1 200 OK\r\n" + repeat("X: y\r\n", 501) + "\r\n",
                                    "HTTP/1.1 200 OK\r\nX: " + std::string(300'000, 'x')}) {
    CAPTURE(broken.substr(0, 40));
    Fixture f;
    f.connect(true);
    CHECK(f.send().ok());
    test::set_blocking(f.server.get(), false);
    static_cast<void>(::send(f.server.get(), broken.data(), std::min<std::size_t>(broken.size(), 150'000), 0));
    Task<Status> reading = test::later(f.client->read_head(f.response, 0));
    reading.start();
    std::string_view rest = std::string_view(broken).substr(std::min<std::size_t>(broken.size(), 150'000));
    test::run_until(f.loop, [&] {
      const ssize_t sent = rest.empty() ? 0 : ::send(f.server.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent > 0) rest.remove_prefix(static_cast<std::size_t>(sent));
      return reading.done();
    });
    const Status head = reading.take();
    REQUIRE_FALSE(head.ok());
    CHECK(head.error().reason == Reason::kUpstreamMalformed);
    CHECK(head.error().retry == Retry::kNo);
    CHECK_FALSE(f.kept());
  }
}

TEST_CASE("large heads are read into larger buffers, and their views stay") {
  Fixture f;
  f.connect();
  const std::string value(100'000, 'v');
  test::set_blocking(f.server.get(), false);
  const std::string head = "HTTP/1.1 200 OK\r\nFirst: 1\r\nBig: " + value + "\r\nContent-Length: 4\r\n\r\nbody";
  test::send_all(f.server.get(), head);
  CHECK(f.send().ok());
  REQUIRE(f.read_head().ok());
  CHECK(f.response.headers.first("first") == "1");
  CHECK(f.response.headers.first("big") == value);
  CHECK(f.whole_body() == "body");
  CHECK(f.kept());
}

TEST_CASE("interim responses may fill the buffer to its last byte") {
  Fixture f;
  f.connect();
  std::string interim = "HTTP/1.1 103 Early Hints\r\nLink: \r\n\r\n";
  interim.insert(interim.size() - 4, net::BufferPool::kSmallBytes - interim.size(), 'x');
  REQUIRE(interim.size() == net::BufferPool::kSmallBytes);
  test::send_all(f.server.get(), interim);
  CHECK(f.send().ok());
  REQUIRE(f.read_head().ok());
  CHECK(f.response.status == 103);
  test::send_all(f.server.get(), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
  REQUIRE(f.read_head().ok());
  CHECK(f.response.status == 200);
  CHECK(f.whole_body() == "hi");
  CHECK(f.kept());
}

TEST_CASE("a head that arrives byte by byte is the same head") {
  Fixture f;
  f.connect();
  CHECK(f.send().ok());
  Task<Status> reading = test::later(f.client->read_head(f.response, 0));
  reading.start();
  std::string_view rest = "HTTP/1.1 200 Fine\r\nX-A: b\r\nContent-Length: 0\r\n\r\n";
  test::run_until(f.loop, [&] {
    if (!rest.empty()) test::send_all(f.server.get(), rest.substr(0, 1));
    rest.remove_prefix(rest.empty() ? 0 : 1);
    return reading.done();
  });
  CHECK(reading.take().ok());
  CHECK(f.response.status == 200);
  CHECK(f.response.headers.first("x-a") == "b");
}

TEST_CASE("bodies are decoded however they are framed and cut, and trailers are kept") {
  Fixture f;
  f.connect();
  CHECK(f.send().ok());
  const std::string payload = repeat("0123456789", 30'000);
  std::string body;
  for (std::size_t at = 0; at < payload.size(); at += 7000) {
    char line[16];
    const std::string_view piece = std::string_view(payload).substr(at, 7000);
    body += std::string(line, static_cast<std::size_t>(std::snprintf(line, sizeof(line), "%zx\r\n", piece.size())));
    body += piece;
    body += "\r\n";
  }
  const std::string all = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body + "0\r\nX-Sum: 42\r\n\r\n";
  test::set_blocking(f.server.get(), false);
  std::string_view rest = all;
  std::string got;
  bool over = false;
  const auto read = [&]() -> Task<void> {
    const Status head = co_await f.client->read_head(f.response, 0);
    CHECK(head.ok());
    while (!over) {
      const Result<codec::BodyChunk> chunk = co_await f.client->read_body(0);
      CHECK(chunk.ok());
      if (chunk.ok()) got += chunk->data;
      over = !chunk.ok() || chunk->last;
    }
  };
  Task<void> reading = read();
  reading.start();
  test::run_until(f.loop, [&] {
    const ssize_t sent =
        rest.empty() ? 0 : ::send(f.server.get(), rest.data(), std::min<std::size_t>(rest.size(), 12'345), 0);
    if (sent > 0) rest.remove_prefix(static_cast<std::size_t>(sent));
    return over;
  });
  CHECK(got == payload);
  CHECK(f.client->bytes_read() == payload.size());
  REQUIRE(f.client->trailers().size() == 1);
  CHECK(f.client->trailers().first("x-sum") == "42");
  CHECK(f.kept());
}

TEST_CASE("a server may stream in chunks of one byte for as long as it likes") {
  Fixture f;
  f.connect();
  CHECK(f.send().ok());
  test::send_all(f.server.get(), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  REQUIRE(f.read_head().ok());
  const std::string chunks = repeat("1\r\nx\r\n", 5000);
  std::size_t got = 0;
  for (int i = 0; i < 10; ++i) {
    test::send_all(f.server.get(), chunks);
    while (got < static_cast<std::size_t>(i + 1) * 5000) {
      const Result<codec::BodyChunk> chunk = f.read_body();
      REQUIRE(chunk.ok());
      got += chunk->data.size();
    }
  }
  test::send_all(f.server.get(), "0\r\n\r\n");
  CHECK(f.whole_body().empty());
  CHECK(f.kept());
}

TEST_CASE("what has arrived can be had without waiting, and more can be asked about") {
  Fixture f;
  f.connect();
  test::send_all(f.server.get(), "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234");
  CHECK(f.send().ok());
  REQUIRE(f.read_head().ok());
  Result<codec::BodyChunk> chunk = f.client->try_read_body();
  REQUIRE(chunk.ok());
  CHECK(chunk->data == "01234");
  CHECK_FALSE(chunk->last);
  chunk = f.client->try_read_body();
  REQUIRE(chunk.ok());
  CHECK(chunk->data.empty());
  CHECK_FALSE(chunk->last);
  CHECK_FALSE(f.client->has_more());
  test::send_all(f.server.get(), "56789");
  test::run_until(f.loop, [&] { return f.client->has_more(); });
  CHECK(f.whole_body() == "56789");
}

TEST_CASE("a body that stalls ends at the deadline of the read") {
  Fixture f;
  f.connect();
  test::send_all(f.server.get(), "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234");
  CHECK(f.send().ok());
  REQUIRE(f.read_head().ok());
  CHECK(f.read_body().ok());
  const Result<codec::BodyChunk> chunk =
      test::run(f.loop, f.client->read_body(f.loop.refresh_now() + 10 * kMillisecond));
  REQUIRE_FALSE(chunk.ok());
  CHECK(chunk.error().reason == Reason::kUpstreamIdleTimeout);
}

TEST_CASE("requests are framed as they say, in as few sends as may be") {
  struct Case {
    const char* name;
    BodyKind kind;
    std::uint64_t length;
    std::string first;
    std::vector<std::string> more;
    std::string body;
  };
  const std::string big(40'000, 'b');
  const Case cases[] = {
      {"nothing", BodyKind::kNone, 0, "", {}, ""},
      {"a body in one piece", BodyKind::kLength, 5, "hello", {}, "hello"},
      {"a body in pieces", BodyKind::kLength, 11, "hello", {" ", "world"}, "hello world"},
      {"a large body in one piece", BodyKind::kLength, big.size(), big, {}, big},
      {"chunks", BodyKind::kChunked, 0, "hello", {" ", "world"}, "5\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\n\r\n"},
      {"one chunk", BodyKind::kChunked, 0, "hello", {}, "5\r\nhello\r\n0\r\n\r\n"},
      {"no chunk", BodyKind::kChunked, 0, "", {}, "0\r\n\r\n"},
      {"an empty last piece", BodyKind::kChunked, 0, "a", {""}, "1\r\na\r\n0\r\n\r\n"},
      {"a large chunk first", BodyKind::kChunked, 0, big, {"x"}, "9c40\r\n" + big + "\r\n1\r\nx\r\n0\r\n\r\n"},
      {"a large chunk later", BodyKind::kChunked, 0, "x", {big}, "1\r\nx\r\n9c40\r\n" + big + "\r\n0\r\n\r\n"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    Fixture f;
    f.request.method_text = "PUT";
    f.request.body = c.kind;
    f.request.content_length = c.length;
    f.connect();
    CHECK(f.send(c.first, c.more.empty()).ok());
    for (std::size_t i = 0; i < c.more.size(); ++i) {
      CHECK(test::run(f.loop, f.client->write_body(c.more[i], i + 1 == c.more.size())).ok());
    }
    const std::string sent = test::received(f.server.get());
    CHECK(sent.starts_with("PUT / HTTP/1.1\r\nHost: example.com\r\n"));
    CHECK(sent.substr(sent.find("\r\n\r\n") + 4) == c.body);
    test::send_all(f.server.get(), "HTTP/1.1 204 No Content\r\n\r\n");
    CHECK(f.read_head().ok());
    CHECK(f.kept());
  }
}

TEST_CASE("trailers of the request end its chunked body") {
  Fixture f;
  f.request.method_text = "POST";
  f.request.body = BodyKind::kChunked;
  f.connect();
  CHECK(f.send("data", false).ok());
  codec::Headers trailers(f.arena);
  trailers.add("X-Sum", "42");
  CHECK(test::run(f.loop, f.client->write_trailers(trailers)).ok());
  CHECK(test::received(f.server.get()).ends_with("4\r\ndata\r\n0\r\nX-Sum: 42\r\n\r\n"));
  test::send_all(f.server.get(), "HTTP/1.1 204 No Content\r\n\r\n");
  CHECK(f.read_head().ok());
  CHECK(f.kept());
}

TEST_CASE("a tunnel takes the connection and what has come behind the 101") {
  Fixture f;
  f.request.wants_upgrade = true;
  f.request.upgrade = "websocket";
  f.connect();
  test::send_all(f.server.get(), "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\nframe");
  CHECK(f.send().ok());
  REQUIRE(f.read_head().ok());
  CHECK(f.response.status == 101);
  net::Buffer first;
  const std::unique_ptr<Connection> connection = f.client->take_tunnel(first);
  REQUIRE(connection != nullptr);
  CHECK(first.view() == "frame");
  CHECK(connection->stream.open());
  CHECK_FALSE(f.kept());
}

TEST_CASE("a tunnel whose server is silent holds no buffer") {
  Fixture f;
  f.request.wants_upgrade = true;
  f.request.upgrade = "websocket";
  f.connect();
  test::send_all(f.server.get(), "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n");
  CHECK(f.send().ok());
  REQUIRE(f.read_head().ok());
  net::Buffer first;
  const std::unique_ptr<Connection> connection = f.client->take_tunnel(first);
  CHECK_FALSE(first.valid());
  CHECK(f.buffers.used_bytes() == 0);
}
