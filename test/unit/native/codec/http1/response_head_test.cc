#include <doctest/doctest.h>

#include <string>

#include "codec/http1/head_parser.h"

namespace fairlead::codec::http1 {
namespace {

using namespace std::string_literals;

struct Parsed {
  explicit Parsed(std::string_view raw, Method method = Method::kGet) : bytes(raw) {
    HeadScan scan;
    outcome = parse_response_head(bytes, {}, scan, method, response, consumed, fault);
  }
  std::string bytes;
  Arena arena;
  Response response{arena};
  std::size_t consumed = 0;
  HeadFault fault = HeadFault::kNone;
  ParseOutcome outcome;
};

std::string with(std::string_view fields, std::string_view line = "HTTP/1.1 200 OK") {
  return std::string(line) + "\r\n" + std::string(fields) + "\r\n";
}

struct Refusal {
  HeadFault fault;
  std::string raw;
};

const Refusal kRefusals[] = {
    {HeadFault::kStatusLineMalformed, "<html>"},
    {HeadFault::kVersionMalformed, "SSH-2.0-OpenSSH\r\n"},
    {HeadFault::kVersionMalformed, "\r\nHTTP/1.1 200 OK\r\n\r\n"},
    {HeadFault::kStatusLineMalformed, with("", "HTTP/1.1 000 x")},
    {HeadFault::kStatusLineMalformed, with("", "HTTP/1.1 099 x")},
    {HeadFault::kStatusLineMalformed, with("", "HTTP/1.1 99")},
    {HeadFault::kStatusLineMalformed, with("", "HTTP/1.1 1000 x")},
    {HeadFault::kStatusLineMalformed, with("", "HTTP/1.1 abc x")},
    {HeadFault::kStatusLineMalformed, with("", "HTTP/1.1 2 0 x")},
    {HeadFault::kStatusLineMalformed, with("", "HTTP/1.1  200 x")},
    {HeadFault::kStatusLineMalformed, with("", "HTTP/1.1\t200 x")},
    {HeadFault::kStatusLineMalformed, with("", "HTTP/1.1 200\tOK")},
    {HeadFault::kStatusLineMalformed, with("", "HTTP/1.1 200 O\0K"s)},
    {HeadFault::kVersionUnsupported, with("", "HTTP/2.0 200 OK")},
    {HeadFault::kVersionMalformed, with("", "HTTP/1.x 200 OK")},
    {HeadFault::kVersionMalformed, with("", "http/1.1 200 OK")},
    {HeadFault::kBareLineFeed, "HTTP/1.1 200 OK\nA: b\n\n"},
    {HeadFault::kBareCarriageReturn, "HTTP/1.1 200 OK\rA: b\r\n\r\n"},
    {HeadFault::kLengthAndCoding, with("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n")},
    {HeadFault::kLengthRepeated, with("Content-Length: 3\r\nContent-Length: 3\r\n")},
    {HeadFault::kLengthMalformed, with("Content-Length: 3, 3\r\n")},
    {HeadFault::kLengthMalformed, with("Content-Length: -1\r\n")},
    {HeadFault::kCodingUnsupported, with("Transfer-Encoding: foo\r\n")},
    {HeadFault::kCodingUnsupported, with("Transfer-Encoding: gzip, chunked\r\n")},
    {HeadFault::kCodingInHttp10, with("Transfer-Encoding: chunked\r\n", "HTTP/1.0 200 OK")},
    {HeadFault::kFieldValueControl, with("A: b\0\r\n"s)},
    {HeadFault::kFoldedLine, with("A: b\r\n c\r\n")},
    {HeadFault::kSpaceBeforeColon, with("A : b\r\n")},
    {HeadFault::kFieldNameEmpty, with(": b\r\n")},
};

TEST_CASE("what an upstream may not say is refused") {
  for (const Refusal& refusal : kRefusals) {
    CAPTURE(refusal.raw);
    const Parsed parsed(refusal.raw);
    CHECK(parsed.outcome == ParseOutcome::kBad);
    CHECK(std::string_view(head_fault_name(parsed.fault)) == head_fault_name(refusal.fault));
  }
}

struct BodyCase {
  const char* name;
  std::string raw;
  Method method;
  BodyKind body;
  bool keep_alive;
};

const BodyCase kBodies[] = {
    {"length", with("Content-Length: 3\r\n"), Method::kGet, BodyKind::kLength, true},
    {"length zero", with("Content-Length: 0\r\n"), Method::kGet, BodyKind::kNone, true},
    {"chunks", with("Transfer-Encoding: chunked\r\n"), Method::kGet, BodyKind::kChunked, true},
    {"neither", with(""), Method::kGet, BodyKind::kUntilClose, false},
    {"HEAD with length", with("Content-Length: 3\r\n"), Method::kHead, BodyKind::kNone, true},
    {"HEAD with chunks", with("Transfer-Encoding: chunked\r\n"), Method::kHead, BodyKind::kNone, true},
    {"HEAD with neither", with(""), Method::kHead, BodyKind::kNone, true},
    {"204", with("Content-Length: 3\r\n", "HTTP/1.1 204 x"), Method::kGet, BodyKind::kNone, true},
    {"304", with("Content-Length: 3\r\n", "HTTP/1.1 304 x"), Method::kGet, BodyKind::kNone, true},
    {"100", with("", "HTTP/1.1 100 Continue"), Method::kPost, BodyKind::kNone, true},
    {"101", with("", "HTTP/1.1 101 x"), Method::kGet, BodyKind::kNone, true},
    {"103", with("Link: x\r\n", "HTTP/1.1 103 Early Hints"), Method::kGet, BodyKind::kNone, true},
    {"closing", with("Content-Length: 3\r\nConnection: close\r\n"), Method::kGet, BodyKind::kLength, false},
    {"HTTP/1.0", with("Content-Length: 3\r\n", "HTTP/1.0 200 OK"), Method::kGet, BodyKind::kLength, false},
    {"HTTP/1.0 kept", with("Content-Length: 3\r\nConnection: keep-alive\r\n", "HTTP/1.0 200 OK"), Method::kGet,
     BodyKind::kLength, true},
};

TEST_CASE("the body follows from request, status and fields") {
  for (const BodyCase& c : kBodies) {
    CAPTURE(c.name);
    const Parsed parsed(c.raw, c.method);
    CHECK(parsed.outcome == ParseOutcome::kComplete);
    CHECK(parsed.consumed == c.raw.size());
    CHECK(parsed.response.body == c.body);
    CHECK(parsed.response.keep_alive == c.keep_alive);
  }
}

struct ReasonCase {
  std::string_view line;
  std::uint16_t status;
  std::string_view reason;
};

constexpr ReasonCase kReasons[] = {
    {"HTTP/1.1 200 OK", 200, "OK"}, {"HTTP/1.1 404 Not  Found", 404, "Not  Found"}, {"HTTP/1.1 200 ", 200, ""},
    {"HTTP/1.1 200", 200, ""},      {"HTTP/1.1 999 \xc3\xa4", 999, "\xc3\xa4"},
};

TEST_CASE("reads status and reason, which may be missing") {
  for (const ReasonCase& c : kReasons) {
    CAPTURE(c.line);
    const Parsed parsed(with("", c.line));
    CHECK(parsed.outcome == ParseOutcome::kComplete);
    CHECK(parsed.response.status == c.status);
    CHECK(parsed.response.reason == c.reason);
  }
}

TEST_CASE("is the same when bytes arrive one by one") {
  const std::string bytes = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nServer: x\r\n\r\nbody";
  Arena arena;
  Response response(arena);
  HeadScan scan;
  std::size_t consumed = 0;
  HeadFault fault = HeadFault::kNone;
  std::size_t size = 0;
  const auto parse = [&] {
    const std::string part = bytes.substr(0, size);
    return parse_response_head(part, {}, scan, Method::kGet, response, consumed, fault);
  };
  while (parse() == ParseOutcome::kIncomplete) ++size;
  CHECK(fault == HeadFault::kNone);
  CHECK(consumed == bytes.size() - 4);
  CHECK(response.content_length == 7);
  CHECK(response.headers.size() == 2);
}

}  // namespace
}  // namespace fairlead::codec::http1
