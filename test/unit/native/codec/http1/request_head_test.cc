#include <doctest/doctest.h>

#include <string>

#include "codec/http1/head_parser.h"

namespace fairlead::codec::http1 {
namespace {

struct Parsed {
  explicit Parsed(std::string_view raw, HeadLimits limits = {}) : bytes(raw) {
    HeadScan scan;
    outcome = parse_request_head(bytes, limits, scan, request, consumed, fault);
  }
  std::string bytes;
  Arena arena;
  Request request{arena};
  std::size_t consumed = 0;
  HeadFault fault = HeadFault::kNone;
  ParseOutcome outcome;
};

std::string get(std::string_view fields) { return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n"; }
std::string post(std::string_view fields) { return "POST / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n"; }
std::string line(std::string_view first) { return std::string(first) + "\r\nHost: a\r\n\r\n"; }
std::string host(std::string_view value) { return "GET / HTTP/1.1\r\nHost: " + std::string(value) + "\r\n\r\n"; }
using namespace std::string_literals;

struct Refusal {
  HeadFault fault;
  std::string raw;
};

const Refusal kRefusals[] = {
    // First line.
    {HeadFault::kEmptyLines, "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {HeadFault::kBareCarriageReturn, "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {HeadFault::kBareLineFeed, "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {HeadFault::kMethodMalformed, line(" GET / HTTP/1.1")},
    {HeadFault::kMethodMalformed, line("GET\t/ HTTP/1.1")},
    {HeadFault::kMethodMalformed, line("G@T / HTTP/1.1")},
    {HeadFault::kMethodMalformed, line("GET\0 / HTTP/1.1"s)},
    {HeadFault::kMethodMalformed, line("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s)},
    {HeadFault::kMethodMalformed, std::string(33, 'A') + " / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {HeadFault::kMethodMalformed, std::string(70000, 'A')},
    {HeadFault::kConnectRefused, line("CONNECT a:443 HTTP/1.1")},
    {HeadFault::kTargetMalformed, line("GET  / HTTP/1.1")},
    {HeadFault::kVersionMalformed, line("GET HTTP/1.1")},
    {HeadFault::kTargetMalformed, line("GET a HTTP/1.1")},
    {HeadFault::kTargetMalformed, line("GET a/b HTTP/1.1")},
    {HeadFault::kTargetMalformed, line("GET /\t HTTP/1.1")},
    {HeadFault::kTargetMalformed, line("GET /\0 HTTP/1.1"s)},
    {HeadFault::kTargetMalformed, line("GET /\x7f HTTP/1.1")},
    {HeadFault::kTargetMalformed, line("GET /\xc3\xa9 HTTP/1.1")},
    {HeadFault::kTargetScheme, line("GET ftp://a/ HTTP/1.1")},
    {HeadFault::kTargetScheme, line("GET ://a/ HTTP/1.1")},
    {HeadFault::kTargetMalformed, line("GET http:/a HTTP/1.1")},
    {HeadFault::kHostMalformed, line("GET http:/// HTTP/1.1")},
    {HeadFault::kHostMalformed, line("GET http:// HTTP/1.1")},
    {HeadFault::kHostMalformed, line("GET http://u@a/ HTTP/1.1")},
    {HeadFault::kHostMalformed, line("GET http://u:p@a/ HTTP/1.1")},
    {HeadFault::kHostMalformed, line("GET http://a:99999/ HTTP/1.1")},
    {HeadFault::kHostMalformed, "GET http://a/ HTTP/1.1\r\nHost: b c\r\n\r\n"},
    {HeadFault::kHostMissing, "GET http://a/ HTTP/1.1\r\n\r\n"},
    {HeadFault::kTargetFragment, line("GET http://a#x HTTP/1.1")},
    {HeadFault::kAsteriskMisused, line("GET * HTTP/1.1")},
    {HeadFault::kTargetMalformed, line("OPTIONS *x HTTP/1.1")},
    {HeadFault::kVersionMalformed, "GET /\r\n"},
    {HeadFault::kVersionMalformed, "GET / \r\n"},
    {HeadFault::kVersionMalformed, line("GET / http/1.1")},
    {HeadFault::kVersionMalformed, line("GET / HTTP/1.10")},
    {HeadFault::kVersionMalformed, line("GET / HTTP/1.1 ")},
    {HeadFault::kVersionMalformed, line("GET /  HTTP/1.1")},
    {HeadFault::kVersionMalformed, line("GET / HTTP/1")},
    {HeadFault::kVersionMalformed, line("GET / HTTP/ 1.1")},
    {HeadFault::kVersionMalformed, line("GET / HTTP/01.01")},
    {HeadFault::kVersionMalformed, line("GET / RTSP/1.0")},
    {HeadFault::kVersionMalformed, line("GET / x HTTP/1.1")},
    {HeadFault::kVersionUnsupported, line("GET / HTTP/2.0")},
    {HeadFault::kVersionUnsupported, line("GET / HTTP/9.9")},
    {HeadFault::kVersionUnsupported, line("GET / HTTP/0.9")},
    {HeadFault::kAsteriskMisused, "PRI * HTTP/1.1\r\n\r\nSM\r\n\r\n"},
    {HeadFault::kVersionUnsupported, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
    {HeadFault::kBareLineFeed, "GET / HTTP/1.1\nHost: a\n\n"},
    {HeadFault::kBareCarriageReturn, "GET / HTTP/1.1\rHost: a\r\n\r\n"},
    // Lines.
    {HeadFault::kBareLineFeed, "GET / HTTP/1.1\r\nHost: a\n\r\n"},
    {HeadFault::kBareLineFeed, "GET / HTTP/1.1\r\nHost: a\r\n\n"},
    {HeadFault::kBareLineFeed, get("A: b\nB: c\r\n")},
    {HeadFault::kBareLineFeed, get("A\n: b\r\n")},
    {HeadFault::kBareCarriageReturn, get("A: b\rB: c\r\n")},
    {HeadFault::kBareCarriageReturn, get("A: b\r\r\n")},
    {HeadFault::kBareCarriageReturn, "GET / HTTP/1.1\r\nHost: a\r\n\rx\n"},
    {HeadFault::kFieldNameMalformed, get("A\r: b\r\n")},
    {HeadFault::kFieldNameEmpty, get(": v\r\n")},
    {HeadFault::kFieldNameMalformed, get("NoColon\r\n")},
    {HeadFault::kFieldNameMalformed, get("Bad[Name: v\r\n")},
    {HeadFault::kFieldNameMalformed, get("N\xc3\xa4me: v\r\n")},
    {HeadFault::kFieldNameMalformed, get("Na\0me: v\r\n"s)},
    {HeadFault::kSpaceBeforeColon, get("A : v\r\n")},
    {HeadFault::kSpaceBeforeColon, get("A\t: v\r\n")},
    {HeadFault::kSpaceBeforeColon, get("no colon here\r\n")},
    {HeadFault::kFoldedLine, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"},
    {HeadFault::kFoldedLine, "GET / HTTP/1.1\r\n \r\nHost: a\r\n\r\n"},
    {HeadFault::kFoldedLine, get("A: b\r\n c\r\n")},
    {HeadFault::kFoldedLine, get("A: b\r\n\tc\r\n")},
    {HeadFault::kCodingMalformed, post("Transfer-Encoding:\r\n chunked\r\n")},
    {HeadFault::kFieldValueControl, get("A: b\0c\r\n"s)},
    {HeadFault::kFieldValueControl, get("A: \x01\r\n")},
    {HeadFault::kFieldValueControl, get("A: b\x7f\r\n")},
    {HeadFault::kFieldValueControl, get("A: \x0b\r\n")},
    {HeadFault::kTooManyConnectionOptions, get("Connection: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q\r\n")},
    // Host.
    {HeadFault::kHostMissing, "GET / HTTP/1.1\r\n\r\n"},
    {HeadFault::kHostRepeated, get("Host: a\r\n")},
    {HeadFault::kHostRepeated, "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"},
    {HeadFault::kHostMalformed, host("")},
    {HeadFault::kHostMalformed, host("a,b")},
    {HeadFault::kHostMalformed, host("a/b")},
    {HeadFault::kHostMalformed, host("u@a")},
    {HeadFault::kHostMalformed, host("a b")},
    {HeadFault::kHostMalformed, host("a:b")},
    {HeadFault::kHostMalformed, host("a:65536")},
    {HeadFault::kHostMalformed, host("a:1:2")},
    {HeadFault::kHostMalformed, host("a:-1")},
    {HeadFault::kHostMalformed, host(":80")},
    {HeadFault::kHostMalformed, host("[::1")},
    {HeadFault::kHostMalformed, host("[::1]x")},
    {HeadFault::kHostMalformed, host("[]")},
    {HeadFault::kHostMalformed, host("[a]")},
    {HeadFault::kHostMalformed, host("[1.2.3.4]")},
    {HeadFault::kHostMalformed, host("[fe80::1%25eth0]")},
    {HeadFault::kHostMalformed, host("::1")},
    {HeadFault::kHostMalformed, host("..")},
    {HeadFault::kHostMalformed, host(".")},
    {HeadFault::kHostMalformed, host("a%2eb")},
    {HeadFault::kHostMalformed, host("\xc3\xa4.example")},
    {HeadFault::kHostMalformed, host(std::string(255, 'a'))},
    {HeadFault::kFieldValueControl, host("a\0b"s)},
    // Framing.
    {HeadFault::kLengthAndCoding, post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")},
    {HeadFault::kLengthAndCoding, post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")},
    {HeadFault::kLengthAndCoding, post("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n")},
    {HeadFault::kCodingRepeated, post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")},
    {HeadFault::kCodingMalformed, post("Transfer-Encoding: chunked, chunked\r\n")},
    {HeadFault::kCodingMalformed, post("Transfer-Encoding: chunked, gzip\r\n")},
    {HeadFault::kCodingRepeated, post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n")},
    {HeadFault::kCodingUnsupported, post("Transfer-Encoding: xchunked\r\n")},
    {HeadFault::kCodingUnsupported, post("Transfer-Encoding: gzip, chunked\r\n")},
    {HeadFault::kCodingUnsupported, post("Transfer-Encoding: identity\r\n")},
    {HeadFault::kCodingMalformed, post("Transfer-Encoding:\r\n")},
    {HeadFault::kCodingMalformed, post("Transfer-Encoding: ,chunked\r\n")},
    {HeadFault::kCodingMalformed, post("Transfer-Encoding: chunked,\r\n")},
    {HeadFault::kCodingMalformed, post("Transfer-Encoding: \"chunked\"\r\n")},
    {HeadFault::kCodingMalformed, post("Transfer-Encoding: chunked;a=b\r\n")},
    {HeadFault::kCodingMalformed, post("Transfer-Encoding: chun ked\r\n")},
    {HeadFault::kCodingMalformed, post("Transfer-Encoding: \xa0"
                                       "chunked\r\n")},
    {HeadFault::kFieldValueControl, post("Transfer-Encoding: \x0b"
                                         "chunked\r\n")},
    {HeadFault::kFieldValueControl, post("Transfer-Encoding: chunked\0\r\n"s)},
    {HeadFault::kCodingInHttp10, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"},
    {HeadFault::kLengthMalformed, post("Content-Length:\r\n")},
    {HeadFault::kLengthMalformed, post("Content-Length: +5\r\n")},
    {HeadFault::kLengthMalformed, post("Content-Length: -5\r\n")},
    {HeadFault::kLengthMalformed, post("Content-Length: -0\r\n")},
    {HeadFault::kLengthMalformed, post("Content-Length: 0x5\r\n")},
    {HeadFault::kLengthMalformed, post("Content-Length: 5.0\r\n")},
    {HeadFault::kLengthMalformed, post("Content-Length: 0_5\r\n")},
    {HeadFault::kLengthMalformed, post("Content-Length: 1 0\r\n")},
    {HeadFault::kLengthMalformed, post("Content-Length: \"5\"\r\n")},
    {HeadFault::kLengthMalformed, post("Content-Length: 5;a\r\n")},
    {HeadFault::kLengthMalformed, post("Content-Length: 5, 5\r\n")},
    {HeadFault::kLengthMalformed, post("Content-Length: 5, 6\r\n")},
    {HeadFault::kLengthMalformed, post("Content-Length: 18446744073709551621\r\n")},
    {HeadFault::kLengthMalformed, post("Content-Length: 9223372036854775808\r\n")},
    {HeadFault::kLengthMalformed, post("Content-Length: " + std::string(40, '1') + "\r\n")},
    {HeadFault::kLengthRepeated, post("Content-Length: 5\r\nContent-Length: 5\r\n")},
    {HeadFault::kLengthRepeated, post("Content-Length: 5\r\nContent-Length: 6\r\n")},
    {HeadFault::kExpectationUnknown, post("Content-Length: 5\r\nExpect: 200-ok\r\n")},
    {HeadFault::kExpectationUnknown, post("Content-Length: 5\r\nExpect: 100-continue, x\r\n")},
};

TEST_CASE("what has no single meaning is refused") {
  for (const Refusal& refusal : kRefusals) {
    CAPTURE(refusal.raw);
    const Parsed parsed(refusal.raw);
    CHECK(parsed.outcome == ParseOutcome::kBad);
    CHECK(std::string_view(head_fault_name(parsed.fault)) == head_fault_name(refusal.fault));
  }
}

TEST_CASE("a refusal does not depend on how the bytes arrive") {
  for (const Refusal& refusal : kRefusals) {
    CAPTURE(refusal.raw);
    if (refusal.raw.size() > 1000) continue;
    Arena arena;
    Request request(arena);
    HeadScan scan;
    std::size_t consumed = 0;
    HeadFault fault = HeadFault::kNone;
    ParseOutcome outcome = ParseOutcome::kIncomplete;
    for (std::size_t size = 0; size <= refusal.raw.size() && outcome == ParseOutcome::kIncomplete; ++size) {
      // A fresh copy of exact size: nothing may be read past it, nothing may point into the one before.
      const std::string part = refusal.raw.substr(0, size);
      outcome = parse_request_head(part, {}, scan, request, consumed, fault);
    }
    // A head that never ends is refused by its deadline when it trickles in; it must only never be taken.
    CHECK(outcome != ParseOutcome::kComplete);
    if (refusal.raw.ends_with("\r\n\r\n")) CHECK(outcome == ParseOutcome::kBad);
  }
}

TEST_CASE("fills the request") {
  const Parsed parsed(
      "POST /a/b?x=1?y HTTP/1.1\r\nHost: Example.com:8080\r\nUser-Agent:curl/8 \t\r\nContent-Length: 12\r\n"
      "Expect: 100-Continue\r\nTE: trailers;q=0.5, trailers\r\nEmpty:\r\n\r\nbody");
  CHECK(parsed.outcome == ParseOutcome::kComplete);
  CHECK(parsed.consumed == parsed.bytes.size() - 4);
  const Request& request = parsed.request;
  CHECK(request.method == Method::kPost);
  CHECK(request.target == "/a/b?x=1?y");
  CHECK(request.path == "/a/b");
  CHECK(request.has_query);
  CHECK(request.query == "x=1?y");
  CHECK(request.authority == "Example.com:8080");
  CHECK(request.host == "Example.com");
  CHECK(request.body == BodyKind::kLength);
  CHECK(request.content_length == 12);
  CHECK(request.keep_alive);
  CHECK(request.expects_continue);
  CHECK(request.accepts_trailers);
  CHECK(request.headers.size() == 6);
  CHECK(request.headers.first("user-agent") == "curl/8");
  CHECK(request.headers.first("empty") == "");
  CHECK(request.headers.begin()->id == HeaderId::kHost);
}

TEST_CASE("is the same when bytes arrive one by one") {
  const std::string bytes =
      "\r\nPUT /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\nA: " + std::string(300, 'v') + "\r\n\r\n5\r\n";
  Arena arena;
  Request request(arena);
  HeadScan scan;
  std::size_t consumed = 0;
  HeadFault fault = HeadFault::kNone;
  std::size_t size = 0;
  while (parse_request_head({bytes.data(), size}, {}, scan, request, consumed, fault) == ParseOutcome::kIncomplete)
    ++size;
  CHECK(fault == HeadFault::kNone);
  CHECK(size == bytes.size() - 3);
  CHECK(consumed == size);
  CHECK(request.body == BodyKind::kChunked);
  CHECK(request.headers.size() == 3);
  CHECK(arena.heap_bytes() <= 4096);
}

struct FormCase {
  std::string_view line;
  std::string_view path;
  std::string_view query;
  std::string_view authority;
  std::string_view host;
};

constexpr FormCase kForms[] = {
    {"GET / HTTP/1.1", "/", "", "front:1", "front"},
    {"GET /? HTTP/1.1", "/", "", "front:1", "front"},
    {"OPTIONS * HTTP/1.1", "*", "", "front:1", "front"},
    {"GET http://b/x?y HTTP/1.1", "/x", "y", "b", "b"},
    {"GET HTTPS://b:8443?y HTTP/1.1", "/", "y", "b:8443", "b"},
    {"GET http://b HTTP/1.1", "/", "", "b", "b"},
    {"GET http://b: HTTP/1.1", "/", "", "b", "b"},
    {"OPTIONS http://b HTTP/1.1", "*", "", "b", "b"},
    {"OPTIONS http://b/ HTTP/1.1", "/", "", "b", "b"},
    {"GET http://[::1]:80/ HTTP/1.1", "/", "", "[::1]:80", "[::1]"},
    {"GET //double HTTP/1.1", "//double", "", "front:1", "front"},
};

TEST_CASE("splits every form of target, and the target's authority wins") {
  for (const FormCase& c : kForms) {
    CAPTURE(c.line);
    const Parsed parsed(std::string(c.line) + "\r\nA: b\r\nHost: front:1\r\n\r\n");
    CHECK(parsed.outcome == ParseOutcome::kComplete);
    CHECK(parsed.request.path == c.path);
    CHECK(parsed.request.query == c.query);
    CHECK(parsed.request.authority == c.authority);
    CHECK(parsed.request.host == c.host);
    CHECK(parsed.request.headers.first(HeaderId::kHost) == c.authority);
  }
}

TEST_CASE("an HTTP/1.0 request needs no host and closes by default") {
  const Parsed plain("GET / HTTP/1.0\r\n\r\n");
  CHECK(plain.outcome == ParseOutcome::kComplete);
  CHECK(plain.request.minor_version == 0);
  CHECK(!plain.request.keep_alive);
  CHECK(plain.request.authority.empty());
  CHECK(Parsed("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").request.keep_alive);
  CHECK(!Parsed("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n").request.keep_alive);
  const Parsed expects("POST / HTTP/1.0\r\nContent-Length: 1\r\nExpect: tea\r\n\r\n");
  CHECK(expects.outcome == ParseOutcome::kComplete);
  CHECK(!expects.request.expects_continue);
}

TEST_CASE("a higher minor version is HTTP/1.1") {
  CHECK(Parsed(line("GET / HTTP/1.2")).request.minor_version == 1);
  CHECK(Parsed("GET / HTTP/1.2\r\n\r\n").fault == HeadFault::kHostMissing);
}

TEST_CASE("connection options") {
  CHECK(Parsed(get("")).request.keep_alive);
  CHECK(!Parsed(get("Connection: x, Close\r\n")).request.keep_alive);
  CHECK(!Parsed(get("Connection: keep-alive\r\nConnection: close\r\n")).request.keep_alive);
}

struct UpgradeCase {
  const char* name;
  std::string raw;
  bool wants;
};

const UpgradeCase kUpgrades[] = {
    {"websocket",
     get("Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n"
         "Sec-WebSocket-Version: 13\r\n"),
     true},
    {"without the connection option", get("Upgrade: websocket\r\n"), false},
    {"without a protocol", get("Connection: upgrade\r\n"), false},
    {"empty", get("Connection: upgrade\r\nUpgrade:\r\n"), false},
    {"twice", get("Connection: upgrade\r\nUpgrade: a\r\nUpgrade: a\r\n"), false},
    {"to HTTP/2", get("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n"), false},
    {"to HTTP/2 among others", get("Connection: Upgrade\r\nUpgrade: websocket, H2C\r\n"), false},
    {"with a length", get("Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 3\r\n"), false},
    {"with length zero",
     get("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\nSec-WebSocket-Version: 13\r\n"
         "Content-Length: 0\r\n"),
     true},
    {"with chunks", get("Connection: Upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n"), false},
    {"in HTTP/1.0", "GET / HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", false},
};

TEST_CASE("upgrades are wanted only when they are unambiguous") {
  for (const UpgradeCase& c : kUpgrades) {
    CAPTURE(c.name);
    const Parsed parsed(c.raw);
    CHECK(parsed.outcome == ParseOutcome::kComplete);
    CHECK(parsed.request.wants_upgrade == c.wants);
    CHECK(parsed.request.upgrade == (c.wants ? "websocket" : ""));
  }
}

TEST_CASE("bodies") {
  CHECK(Parsed(post("")).request.body == BodyKind::kNone);
  CHECK(Parsed(post("Content-Length: 0\r\n")).request.body == BodyKind::kNone);
  CHECK(Parsed(post("Content-Length: 9223372036854775807\r\n")).request.content_length == 0x7FFFFFFFFFFFFFFF);
  CHECK(Parsed(post("Transfer-Encoding: cHunked \r\n")).request.body == BodyKind::kChunked);
  CHECK(Parsed(get("Content-Length: 3\r\n")).request.body == BodyKind::kLength);
  CHECK(!Parsed(get("Expect: 100-continue\r\n")).request.expects_continue);
}

TEST_CASE("limits hold whether the head is complete or not") {
  const HeadLimits limits{.max_head_bytes = 200, .max_line_bytes = 50, .max_fields = 3};
  const auto fault = [&limits](const std::string& raw) { return Parsed(raw, limits).fault; };
  const auto filled = [](std::size_t size) { return get("A: " + std::string(size - 32, 'x') + "\r\n"); };
  CHECK(Parsed(filled(200), limits).outcome == ParseOutcome::kComplete);
  CHECK(fault(filled(201)) == HeadFault::kHeadTooLarge);
  CHECK(fault(filled(300).substr(0, 200)) == HeadFault::kHeadTooLarge);
  CHECK(Parsed(filled(300).substr(0, 199), limits).outcome == ParseOutcome::kIncomplete);
  CHECK(Parsed(line("GET /" + std::string(34, 'x') + " HTTP/1.1"), limits).outcome == ParseOutcome::kComplete);
  CHECK(fault(line("GET /" + std::string(35, 'x') + " HTTP/1.1")) == HeadFault::kRequestLineTooLong);
  CHECK(fault("GET /" + std::string(46, 'x')) == HeadFault::kRequestLineTooLong);
  CHECK(fault(get("A: 1\r\nB: 2\r\n")) == HeadFault::kNone);
  CHECK(fault(get("A: 1\r\nB: 2\r\nC: 3\r\n")) == HeadFault::kTooManyFields);
  CHECK(Parsed(line("GET /" + std::string(8000, 'x') + " HTTP/1.1")).outcome == ParseOutcome::kComplete);
  const HeadLimits tiny{.max_head_bytes = 20, .max_line_bytes = 50, .max_fields = 3};
  CHECK(Parsed("GET /" + std::string(30, 'x'), tiny).fault == HeadFault::kRequestLineTooLong);
}

TEST_CASE("every fault has a name and a status") {
  for (int i = 1; i < static_cast<int>(HeadFault::kCount); ++i) {
    const auto fault = static_cast<HeadFault>(i);
    CHECK(head_fault_name(fault) != nullptr);
    CHECK(reason_status(reason_of(fault)) >= 400);
  }
  CHECK(reason_status(reason_of(HeadFault::kConnectRefused)) == 501);
  CHECK(reason_status(reason_of(HeadFault::kCodingUnsupported)) == 501);
  CHECK(reason_status(reason_of(HeadFault::kVersionUnsupported)) == 505);
  CHECK(reason_status(reason_of(HeadFault::kRequestLineTooLong)) == 414);
  CHECK(reason_status(reason_of(HeadFault::kTooManyFields)) == 431);
  CHECK(reason_status(reason_of(HeadFault::kExpectationUnknown)) == 417);
}

}  // namespace
}  // namespace fairlead::codec::http1
