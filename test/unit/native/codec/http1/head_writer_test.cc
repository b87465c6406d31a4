#include "codec/http1/head_writer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "codec/http1/head_parser.h"

namespace fairlead::codec::http1 {
namespace {

constexpr std::string_view kDate = "Thu, 01 Jan 1970 00:00:00 GMT";

/// What is sent upstream for a request that came as `raw`.
std::string forwarded(std::string_view raw, RequestTarget target = {.host = "up", .path_prefix = {}}) {
  Arena arena;
  Request request(arena);
  HeadScan scan;
  std::size_t consumed = 0;
  HeadFault fault = HeadFault::kNone;
  CHECK(parse_request_head(raw, {}, scan, request, consumed, fault) == ParseOutcome::kComplete);
  std::string bytes(request_head_bound(request, target), '\0');
  const char* const end = write_request_head(bytes.data(), request, target);
  CHECK(end <= bytes.data() + bytes.size());
  bytes.resize(static_cast<std::size_t>(end - bytes.data()));
  return bytes;
}

std::string get(std::string_view fields) { return "GET /x?y HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n"; }
std::string post(std::string_view fields) { return "POST /x HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n"; }
std::string up_get(std::string_view fields) {
  return "GET /x?y HTTP/1.1\r\nHost: up\r\n" + std::string(fields) + "\r\n";
}
std::string up_post(std::string_view fields) {
  return "POST /x HTTP/1.1\r\nHost: up\r\n" + std::string(fields) + "\r\n";
}

struct Case {
  const char* name;
  std::string in;
  std::string out;
};

const Case kRequests[] = {
    {"keeps fields, their order and spelling", get("uSER-aGENT: x\r\nB:  y \r\nB: z\r\n"),
     up_get("uSER-aGENT: x\r\nB: y\r\nB: z\r\n")},
    {"drops hop-by-hop fields",
     get("Connection: keep-alive\r\nKeep-Alive: 5\r\nProxy-Connection: x\r\nProxy-Authorization: "
         "x\r\nProxy-Authenticate: "
         "x\r\nTE: gzip\r\nUpgrade: x\r\nTrailer: x\r\n"),
     up_get("")},
    {"frames a length anew", post("Content-Length: 005\r\n"), up_post("Content-Length: 5\r\n")},
    {"frames chunks anew", post("Transfer-Encoding: ChunkeD\r\nTrailer: X\r\n"),
     up_post("Trailer: X\r\nTransfer-Encoding: chunked\r\n")},
    {"says that a POST is empty", post(""), up_post("Content-Length: 0\r\n")},
    {"keeps the announcement of trailers", get("TE: deflate, trailers\r\n"), up_get("TE: trailers\r\n")},
    {"passes an upgrade on",
     get("Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\nSec-WebSocket-Version: "
         "13\r\n"),
     up_get("Sec-WebSocket-Key: k\r\nSec-WebSocket-Version: 13\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n")},
    {"drops an upgrade to HTTP/2", get("Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: A\r\n"), up_get("")},
    {"drops an upgrade beside a body", post("Connection: Upgrade\r\nUpgrade: x\r\nContent-Length: 1\r\n"),
     up_post("Content-Length: 1\r\n")},
    {"passes an expectation on", post("Expect: 100-continue\r\nContent-Length: 1\r\n"),
     up_post("Expect: 100-continue\r\nContent-Length: 1\r\n")},
    {"drops an expectation without a body", get("Expect: 100-continue\r\n"), up_get("")},
    {"has an empty query", "GET /x? HTTP/1.1\r\nHost: a\r\n\r\n", "GET /x? HTTP/1.1\r\nHost: up\r\n\r\n"},
    {"raises the version", "GET /x?y HTTP/1.0\r\nA: b\r\n\r\n", up_get("A: b\r\n")},
};

TEST_CASE("fields that were changed after they were received are written as they are now") {
  // A fresh copy each time, without anything readable behind it.
  const std::string raw = get("A: one\r\nB:\ttwo\r\nC:three\r\nD: \r\nE: five \r\nF: six\r\nG: seven\r\n");
  const auto written = [&raw](auto change) {
    Arena arena;
    Request request(arena);
    HeadScan scan;
    std::size_t consumed = 0;
    HeadFault fault = HeadFault::kNone;
    const std::string bytes = raw;
    REQUIRE(parse_request_head(bytes, {}, scan, request, consumed, fault) == ParseOutcome::kComplete);
    change(request.headers);
    const RequestTarget target{.host = "up", .path_prefix = {}};
    std::string out(request_head_bound(request, target), '\0');
    out.resize(static_cast<std::size_t>(write_request_head(out.data(), request, target) - out.data()));
    return out;
  };
  const auto field = [](Headers& headers, std::string_view name) -> Header& {
    return *std::find_if(headers.begin(), headers.end(), [&](const Header& header) { return header.name == name; });
  };
  CHECK(written([](Headers&) {}) == up_get("A: one\r\nB: two\r\nC: three\r\nD: \r\nE: five\r\nF: six\r\nG: seven\r\n"));
  CHECK(written([&](Headers& headers) {
          field(headers, "A").value.remove_suffix(1);
          field(headers, "D").value = "4";
          field(headers, "F").value.remove_prefix(1);
          field(headers, "G").name = "g";
        }) == up_get("A: on\r\nB: two\r\nC: three\r\nD: 4\r\nE: five\r\nF: ix\r\ng: seven\r\n"));
  CHECK(written([&](Headers& headers) {
          headers.remove("f");
          headers.set("a", "");
          headers.add("H", "eight");
        }) == up_get("A: \r\nB: two\r\nC: three\r\nD: \r\nE: five\r\nG: seven\r\nH: eight\r\n"));
  CHECK(written([&](Headers& headers) { std::reverse(headers.begin(), headers.end()); }) ==
        up_get("G: seven\r\nF: six\r\nE: five\r\nD: \r\nC: three\r\nB: two\r\nA: one\r\n"));
}

TEST_CASE("request heads") {
  for (const Case& c : kRequests) {
    CAPTURE(c.name);
    CHECK(forwarded(c.in) == c.out);
  }
}

TEST_CASE("a server's own path goes in front") {
  CHECK(forwarded(get(""), {.host = "b:1", .path_prefix = "/base"}) == "GET /base/x?y HTTP/1.1\r\nHost: b:1\r\n\r\n");
}

/// What is sent to a client for a response that came as `raw`.
std::string passed_on(std::string_view raw, const ResponseFraming& framing) {
  Arena arena;
  Response response(arena);
  HeadScan scan;
  std::size_t consumed = 0;
  HeadFault fault = HeadFault::kNone;
  CHECK(parse_response_head(raw, {}, scan, Method::kGet, response, consumed, fault) == ParseOutcome::kComplete);
  std::string bytes(response_head_bound(response), '\0');
  const char* const end = write_response_head(bytes.data(), response, framing, kDate);
  CHECK(end <= bytes.data() + bytes.size());
  bytes.resize(static_cast<std::size_t>(end - bytes.data()));
  return bytes;
}

std::string ok(std::string_view fields, std::string_view line = "HTTP/1.1 200 OK") {
  return std::string(line) + "\r\n" + std::string(fields) + "\r\n";
}

struct ResponseCase {
  const char* name;
  std::string in;
  ResponseFraming framing;
  std::string out;
};

const std::string kDateLine = "Date: " + std::string(kDate) + "\r\n";
constexpr ResponseFraming kCounted{.kind = BodyKind::kLength, .length = 5};
constexpr ResponseFraming kInChunks{.kind = BodyKind::kChunked};
constexpr ResponseFraming kEmpty{.kind = BodyKind::kNone};

const ResponseCase kResponses[] = {
    {"length", ok("Content-Length: 05\r\nA: b\r\n"), kCounted, ok("A: b\r\n" + kDateLine + "Content-Length: 5\r\n")},
    {"keeps the upstream's date", ok("Date: x\r\n"), kInChunks, ok("Date: x\r\nTransfer-Encoding: chunked\r\n")},
    {"keeps the reason", ok("Date: x\r\n", "HTTP/1.1 200 Fine"), kEmpty, ok("Date: x\r\n", "HTTP/1.1 200 Fine")},
    {"adds a missing reason", ok("Date: x\r\n", "HTTP/1.0 404"), kEmpty, ok("Date: x\r\n", "HTTP/1.1 404 Not Found")},
    {"drops hop-by-hop fields and those Connection names",
     ok("Connection: keep-alive, X-Secret\r\nX-Secret: 1\r\nKeep-Alive: 5\r\nUpgrade: h2\r\nX: y\r\nDate: x\r\n"),
     kEmpty, ok("X: y\r\nDate: x\r\n")},
    {"keeps trailers announced", ok("Transfer-Encoding: chunked\r\nTrailer: X\r\nDate: x\r\n"), kInChunks,
     ok("Trailer: X\r\nDate: x\r\nTransfer-Encoding: chunked\r\n")},
    {"announces no trailers where none can follow",
     ok("Transfer-Encoding: chunked\r\nTrailer: X\r\nDate: x\r\n"),
     {.kind = BodyKind::kUntilClose, .client_minor_version = 0, .keep_alive = false},
     ok("Date: x\r\nConnection: close\r\n")},
    {"describes the answer to a GET",
     ok("Content-Length: 7\r\nDate: x\r\n"),
     {.kind = BodyKind::kNone, .keeps_length_field = true},
     ok("Content-Length: 7\r\nDate: x\r\n")},
    {"says that it closes",
     ok("Date: x\r\n"),
     {.kind = BodyKind::kNone, .keep_alive = false},
     ok("Date: x\r\nConnection: close\r\n")},
    {"tells an old client that it stays",
     ok("Date: x\r\n"),
     {.kind = BodyKind::kNone, .client_minor_version = 0},
     ok("Date: x\r\nConnection: keep-alive\r\n")},
    {"switches protocols", ok("Connection: upgrade\r\nUpgrade: foo\r\nDate: x\r\n", "HTTP/1.1 101 Now"), kEmpty,
     ok("Date: x\r\nConnection: Upgrade\r\nUpgrade: foo\r\n", "HTTP/1.1 101 Now")},
};

TEST_CASE("response heads") {
  for (const ResponseCase& c : kResponses) {
    CAPTURE(c.name);
    CHECK(passed_on(c.in, c.framing) == c.out);
  }
}

TEST_CASE("interim heads have no framing") {
  Arena arena;
  Response response(arena);
  response.status = 103;
  response.headers.add("Link", "</a>");
  response.headers.add("Content-Length", "3");
  char bytes[512];
  const char* const end = write_interim_head(bytes, response);
  CHECK(std::string_view(bytes, static_cast<std::size_t>(end - bytes)) ==
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
}

TEST_CASE("chunk lines and trailers") {
  char line[kChunkLineBytes];
  const auto written = [&line](std::uint64_t size) {
    return std::string_view(line, static_cast<std::size_t>(write_chunk_line(line, size) - line));
  };
  CHECK(written(0x1a2b) == "1a2b\r\n");
  CHECK(written(~0ULL) == "ffffffffffffffff\r\n");
  Arena arena;
  Headers trailers(arena);
  trailers.add("grpc-status", "0");
  std::string bytes(trailers_bound(trailers), '\0');
  const char* const end = write_trailers(bytes.data(), trailers);
  CHECK(end <= bytes.data() + bytes.size());
  CHECK(std::string_view(bytes.data(), static_cast<std::size_t>(end - bytes.data())) == "0\r\ngrpc-status: 0\r\n\r\n");
}

}  // namespace
}  // namespace fairlead::codec::http1
