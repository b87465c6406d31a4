#include "codec/http1/chunk_decoder.h"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

namespace fairlead::codec::http1 {
namespace {

using namespace std::string_literals;

/// Feeds a body in pieces of `step` bytes (0 = all at once), each in memory of its own.
struct Decoded {
  explicit Decoded(const std::string& body, std::size_t step = 0, ChunkLimits limits = {}) {
    decoder.start(&trailers, limits);
    if (step == 0) step = body.size();
    for (std::size_t at = 0; at < body.size() && !decoder.finished() && !failed; at += step) {
      std::vector<char> piece(body.begin() + static_cast<std::ptrdiff_t>(at),
                              body.begin() + static_cast<std::ptrdiff_t>(std::min(at + step, body.size())));
      const ChunkDecoder::Step taken = decoder.decode(piece);
      payload += taken.payload;
      consumed += taken.consumed;
      failed = taken.fault;
    }
  }
  std::vector<std::string> fields() const {
    std::vector<std::string> result;
    for (const Header& field : trailers) result.push_back(std::string(field.name) + "=" + std::string(field.value));
    return result;
  }
  Arena arena;
  Headers trailers{arena};
  ChunkDecoder decoder;
  std::string payload;
  std::size_t consumed = 0;
  bool failed = false;
};

struct BodyCase {
  std::string body;
  std::string payload;
};

const BodyCase kBodies[] = {
    {"0\r\n\r\n", ""},
    {"5\r\nhello\r\n0\r\n\r\n", "hello"},
    {"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world"},
    {"A\r\n0123456789\r\n0\r\n\r\n", "0123456789"},
    {"0a\r\n0123456789\r\n000\r\n\r\n", "0123456789"},
    {"1\r\n\r\r\n1\r\n\n\r\n0\r\n\r\n", "\r\n"},
    {"5;a\r\nhello\r\n0;b=c\r\n\r\n", "hello"},
    {"5;a=b;c=\"d;\\\"\"\r\nhello\r\n0\r\n\r\n", "hello"},
    {"5; a = b ; c\r\nhello\r\n0\r\n\r\n", "hello"},
    {"5;a=\"x\ty \xff\"\r\nhello\r\n0\r\n\r\n", "hello"},
};

TEST_CASE("decodes however the bytes arrive") {
  for (const BodyCase& c : kBodies) {
    for (std::size_t step = 0; step <= c.body.size(); ++step) {
      CAPTURE(c.body);
      CAPTURE(step);
      const Decoded decoded(c.body, step);
      CHECK(decoded.decoder.finished());
      CHECK(decoded.payload == c.payload);
      CHECK(decoded.consumed == c.body.size());
    }
  }
}

TEST_CASE("leaves the next message alone") {
  const Decoded decoded("3\r\nabc\r\n0\r\n\r\nGET / HTTP/1.1\r\n");
  CHECK(decoded.decoder.finished());
  CHECK(decoded.consumed == 13);
}

TEST_CASE("chunks are moved together in place") {
  std::string body = "3\r\nabc\r\n4\r\ndefg\r\n1\r\nh\r\n0\r\n\r\nrest";
  Arena arena;
  ChunkDecoder decoder;
  decoder.start(nullptr);
  const ChunkDecoder::Step step = decoder.decode(body);
  CHECK(step.payload == "abcdefgh");
  CHECK(step.payload.data() == body.data() + 3);
  CHECK(std::string_view(body).substr(step.consumed) == "rest");
}

struct FaultCase {
  ChunkFault fault;
  std::string body;
};

const std::string kHead = "5\r\nhello\r\n";
const FaultCase kFaults[] = {
    {ChunkFault::kSizeMalformed, "\r\nhello"},
    {ChunkFault::kSizeMalformed, " 5\r\nhello\r\n0\r\n\r\n"},
    {ChunkFault::kSizeMalformed, "5 \r\nhello\r\n0\r\n\r\n"},
    {ChunkFault::kSizeMalformed, "5\t;a\r\nhello\r\n0\r\n\r\n"},
    {ChunkFault::kSizeMalformed, "+5\r\nhello\r\n0\r\n\r\n"},
    {ChunkFault::kSizeMalformed, "-5\r\nhello\r\n0\r\n\r\n"},
    {ChunkFault::kSizeMalformed, "0x5\r\nhello\r\n0\r\n\r\n"},
    {ChunkFault::kSizeMalformed, "1_0\r\nhello\r\n0\r\n\r\n"},
    {ChunkFault::kSizeMalformed, "g\r\nhello\r\n0\r\n\r\n"},
    {ChunkFault::kSizeMalformed, "\n5\r\nhello"},
    {ChunkFault::kSizeMalformed, "5\0\r\nhello"s},
    {ChunkFault::kSizeOverflow, "00000000000000005\r\nhello\r\n0\r\n\r\n"},
    {ChunkFault::kSizeOverflow, "10000000000000005\r\nhello"},
    {ChunkFault::kSizeOverflow, "8000000000000000\r\nhello"},
    {ChunkFault::kSizeOverflow, "ffffffffffffffff\r\nhello"},
    {ChunkFault::kLineEndMalformed, "5\nhello\r\n0\r\n\r\n"},
    {ChunkFault::kLineEndMalformed, "5\rhello\r\n0\r\n\r\n"},
    {ChunkFault::kLineEndMalformed, "5\r\r\nhello\r\n0\r\n\r\n"},
    {ChunkFault::kLineEndMalformed, "5;a\nhello\r\n0\r\n\r\n"},
    {ChunkFault::kLineEndMalformed, "5;a\rX\r\nhello\r\n0\r\n\r\n"},
    {ChunkFault::kLineEndMalformed, "5;a=\"\r\n\"\r\nhello\r\n"},
    {ChunkFault::kExtensionMalformed, "5;\r\nhello\r\n0\r\n\r\n"},
    {ChunkFault::kExtensionMalformed, "5;[\r\nhello\r\n0\r\n\r\n"},
    {ChunkFault::kExtensionMalformed, "5;a\0\r\nhello\r\n0\r\n\r\n"s},
    {ChunkFault::kExtensionMalformed, "5;a=\"\x01\"\r\nhello\r\n0\r\n\r\n"},
    {ChunkFault::kExtensionMalformed, "5;a=\"b\"c\r\nhello\r\n0\r\n\r\n"},
    {ChunkFault::kLineEndMalformed, "5;a=\r\nhello\r\n0\r\n\r\n"},
    {ChunkFault::kLineEndMalformed, "5;a \r\nhello\r\n0\r\n\r\n"},
    {ChunkFault::kExtensionsTooLarge, "5;" + std::string(16 * 1024, 'a') + "\r\nhello\r\n0\r\n\r\n"},
    {ChunkFault::kDataTooLong, "5\r\nhello!\r\n0\r\n\r\n"},
    {ChunkFault::kDataTooLong, "5\r\nhello\n0\r\n\r\n"},
    {ChunkFault::kDataTooLong, "5\r\nhello\r0\r\n\r\n"},
    {ChunkFault::kDataTooLong, "6\r\nhello\r\n0\r\n\r\n"},
    {ChunkFault::kDataTooLong, "5\r\nhello0\r\n\r\n"},
    {ChunkFault::kTrailerMalformed, kHead + "0\r\n\n"},
    {ChunkFault::kTrailerMalformed, kHead + "0\r\n\r\r\n"},
    {ChunkFault::kTrailerMalformed, kHead + "0\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {ChunkFault::kTrailerMalformed, kHead + "0\r\na b\r\n\r\n"},
    {ChunkFault::kTrailerMalformed, kHead + "0\r\na: b\n\r\n"},
    {ChunkFault::kTrailerMalformed, kHead + "0\r\na: b\r\n c\r\n\r\n"},
    {ChunkFault::kTrailerMalformed, kHead + "0\r\na : b\r\n\r\n"},
    {ChunkFault::kTrailerMalformed, kHead + "0\r\na: \0\r\n\r\n"s},
    {ChunkFault::kTrailersTooLarge, kHead + "0\r\na: " + std::string(16 * 1024, 'b') + "\r\n\r\n"},
};

TEST_CASE("refuses what might be read differently, however the bytes arrive") {
  for (const FaultCase& c : kFaults) {
    for (std::size_t step : {0, 1, 2, 3, 7}) {
      CAPTURE(c.body.substr(0, 60));
      CAPTURE(step);
      const Decoded decoded(c.body, step);
      CHECK(decoded.failed);
      CHECK(std::string_view(chunk_fault_name(decoded.decoder.fault())) == chunk_fault_name(c.fault));
      CHECK(!decoded.decoder.finished());
    }
  }
}

TEST_CASE("a body that is cut is not finished") {
  const std::string body = "5;a=b\r\nhello\r\n0\r\nx: y\r\n\r\n";
  for (std::size_t size = 0; size < body.size(); ++size) {
    const Decoded decoded(body.substr(0, size), 1);
    CHECK(!decoded.failed);
    CHECK(!decoded.decoder.finished());
  }
}

TEST_CASE("extensions are limited in sum") {
  std::string body;
  for (int i = 0; i < 17; ++i) body += "400;" + std::string(1000, 'a') + "\r\n" + std::string(1024, 'x') + "\r\n";
  CHECK(Decoded(body).decoder.fault() == ChunkFault::kExtensionsTooLarge);
}

std::string chunks_of(std::size_t size, std::size_t count) {
  std::string body;
  for (std::size_t i = 0; i < count; ++i)
    body += std::string(1, static_cast<char>('0' + size)) + "\r\n" + std::string(size, 'x') + "\r\n";
  return body + "0\r\n\r\n";
}

TEST_CASE("tiny chunks are limited, small ones and a few tiny ones are not") {
  CHECK(Decoded(chunks_of(1, 100'000)).decoder.fault() == ChunkFault::kTooMuchOverhead);
  CHECK(Decoded(chunks_of(1, 100'000), 0, {.free_overhead = 0}).decoder.finished());
  CHECK(Decoded(chunks_of(1, 20'000)).decoder.finished());
  CHECK(Decoded(chunks_of(2, 100'000)).decoder.finished());
  CHECK(Decoded(std::string(200'000, '0')).decoder.fault() == ChunkFault::kSizeOverflow);
}

TEST_CASE("trailers are kept but for those only a head may have") {
  const std::string body =
      "0\r\ngrpc-status: 0\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nHost: b\r\nAuthorization: x\r\n"
      "content_length: 9\r\nX_Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 1.2.3.4\r\nSet-Cookie: a\r\nTrailer: x\r\n"
      "Content-Type: text/html\r\nCache-Control: no-store\r\nWWW-Authenticate: Basic\r\nConnection: x\r\nTE: x\r\n"
      "x-checksum:  abc \r\n\r\n";
  for (std::size_t step : {0, 1, 100}) {
    const Decoded decoded(body, step);
    CHECK(decoded.decoder.finished());
    CHECK(decoded.fields() == std::vector<std::string>{"grpc-status=0", "x-checksum=abc"});
  }
}

TEST_CASE("no trailers cost no memory, many are refused") {
  CHECK(Decoded("0\r\n\r\n").arena.heap_bytes() == 0);
  std::string body = "0\r\n";
  for (int i = 0; i < 101; ++i) body += "a:\r\n";
  CHECK(Decoded(body + "\r\n").decoder.fault() == ChunkFault::kTrailersTooLarge);
}

TEST_CASE("whatever is encoded comes out again") {
  std::mt19937 random(11);
  for (int round = 0; round < 300; ++round) {
    std::string payload, body;
    for (std::size_t n = random() % 20; n > 0; --n) {
      std::string data(1 + random() % 300, '\0');
      for (char& c : data) c = static_cast<char>(random());
      char line[32];
      std::snprintf(line, sizeof(line), random() % 2 == 0 ? "%zx\r\n" : "%04zX;n=\"\\\"\"\r\n", data.size());
      payload += data;
      body += line + data + "\r\n";
    }
    body += "0\r\n\r\n";
    const Decoded decoded(body, random() % 50);
    CHECK(decoded.decoder.finished());
    CHECK(decoded.payload == payload);
  }
}

}  // namespace
}  // namespace fairlead::codec::http1
