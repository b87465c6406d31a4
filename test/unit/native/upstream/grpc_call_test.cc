#include "upstream/grpc_call.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace fairlead;
using upstream::GrpcCall;

namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

/// A frame of RFC 9113 section 4.1.
std::string frame(char type, char flags, char stream, const std::string& payload) {
  const auto size = static_cast<std::uint32_t>(payload.size());
  std::string bytes;
  for (const int shift : {16, 8, 0}) bytes += static_cast<char>(size >> shift & 0xff);
  bytes += type;
  bytes += flags;
  return bytes + std::string(3, '\0') + stream + payload;
}

std::string settings() { return frame(4, 0, 0, {}); }
/// Literal fields without indexing (RFC 7541 section 6.2.2).
std::string headers(const Fields& fields, bool last) {
  std::string block;
  for (const auto& [name, value] : fields) {
    block += '\0';
    block += static_cast<char>(name.size());
    block += name;
    block += static_cast<char>(value.size());
    block += value;
  }
  return frame(1, static_cast<char>(last ? 5 : 4), 1, block);
}
std::string data(const std::string& payload) { return frame(0, 0, 1, payload); }
std::string message(const std::string& payload) {
  return std::string(4, '\0') + static_cast<char>(payload.size()) + payload;
}

const Fields kHead = {{":status", "200"}, {"content-type", "application/grpc"}};
const Fields kFine = {{"grpc-status", "0"}};

std::string take_all(GrpcCall& call) {
  std::string all;
  for (std::string_view out; !(out = call.output()).empty();) all += out;
  return all;
}

/// What becomes of a call that is answered like this: "passed", "waits" or the error.
std::string outcome(const std::string& answer) {
  GrpcCall call("a.example", false);
  take_all(call);
  if (!call.input(answer)) return "broken";
  take_all(call);
  if (!call.done()) return "waits";
  const upstream::ProbeResult verdict = call.verdict();
  CHECK(verdict.passed == verdict.error.empty());
  return verdict.passed ? "passed" : verdict.error;
}

std::string answered(const std::string& body, const Fields& trailers = kFine) {
  return outcome(settings() + headers(kHead, false) + data(body) + headers(trailers, true));
}

}  // namespace

TEST_CASE("a call begins with the preface and asks for the server as a whole") {
  GrpcCall call("a.example", false);
  const std::string sent = take_all(call);
  CHECK(sent.starts_with("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
  CHECK(sent.ends_with(frame(0, 1, 1, std::string(5, '\0'))));
  CHECK_FALSE(call.done());
}

TEST_CASE("SERVING passes and nothing else does") {
  CHECK(answered(message("\x08\x01")) == "passed");
  CHECK(answered(message("\x08\x02")) == "NOT_SERVING");
  CHECK(answered(message("\x08\x03")) == "SERVICE_UNKNOWN");
  CHECK(answered(message({})) == "UNKNOWN");
  CHECK(answered(message("\x08\x07")) == "an unknown status of health");
  // Fields that a later version may have.
  CHECK(answered(message("\x12\x03xyz\x08\x01\x18\x05")) == "passed");
}

TEST_CASE("a message that is none does not pass") {
  for (const std::string& body : {std::string(), std::string("\0\0", 2), std::string("\x01\0\0\0\x02\x08\x01", 7),
                                  std::string("\0\0\0\0\x09\x08\x01", 7), message("\x08\x01") + message("\x08\x01")}) {
    CHECK(answered(body) == "no HealthCheckResponse in the answer");
  }
  CHECK(answered(message("\x08")) == "an unknown status of health");
  CHECK(answered(message("\x12\x7f")) == "an unknown status of health");
}

TEST_CASE("errors of gRPC and of HTTP are told") {
  CHECK(outcome(settings() + headers({{":status", "200"}, {"grpc-status", "12"}, {"grpc-message", "no health"}},
                                     true)) == "gRPC status UNIMPLEMENTED: no health");
  CHECK(outcome(settings() + headers({{":status", "200"}, {"grpc-status", "99"}}, true)) == "gRPC status 99");
  CHECK(outcome(settings() + headers({{":status", "502"}}, true)) == "status 502");
  CHECK(outcome(settings() + headers(kHead, true)) == "no grpc-status in the answer");
  CHECK(answered(message("\x08\x01"), {{"grpc-status", "14"}}) == "gRPC status UNAVAILABLE");
}

TEST_CASE("a call that is refused or cut off ends") {
  const std::string code(3, '\0');
  CHECK(outcome(settings() + frame(3, 0, 1, code + '\x07')) == "no answer: the call was reset");
  CHECK(outcome(settings() + frame(7, 0, 0, std::string(4, '\0') + code + '\x02')) == "no answer: the call was reset");
}

TEST_CASE("what is no HTTP/2 is refused") {
  CHECK(outcome("HTTP/1.1 400 Bad Request\r\n\r\n") == "no answer: the call was reset");
  CHECK(outcome(settings() + headers(kHead, false) + data(std::string(8000, 'x'))) == "broken");
}

TEST_CASE("an answer may come in any pieces") {
  const std::string whole = settings() + headers(kHead, false) + data(message("\x08\x01")) + headers(kFine, true);
  GrpcCall call("a.example", true);
  take_all(call);
  for (const char c : whole) {
    CHECK_FALSE(call.done());
    REQUIRE(call.input({&c, 1}));
    take_all(call);
  }
  CHECK(call.done());
  CHECK(call.verdict().passed);
}
