#include "middleware/compress.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

#include "test/support/native/decode.h"
#include "test/support/native/encoded.h"
#include "test/support/native/fake_exchange.h"

namespace fairlead::middleware {
namespace {

using test::Decoded;
using test::FakeExchange;
using test::values;

constexpr const char* kCodings[] = {"gzip", "br", "zstd"};

/// A compress middleware as one of the fixtures configures it, and the filter it makes for an exchange.
struct Compressor {
  explicit Compressor(const char* fixture)
      : config(test::encoded<wire::Compress>(fixture)), compress(*config, test::sample_ref(), build) {}
  std::unique_ptr<BodyFilter> filter(FakeExchange& exchange) const {
    Context context = exchange.context(compress);
    return compress.body_filter(context, exchange.response);
  }
  test::FakeBuild build;
  test::Encoded<wire::Compress> config;
  Compress compress;
};

/// A text response of known length to a client that takes `accept`.
void prepare(FakeExchange& exchange, std::string_view accept, std::uint64_t length = 10'000) {
  if (!accept.empty()) exchange.request.headers.add("Accept-Encoding", accept);
  exchange.response.body = codec::BodyKind::kLength;
  exchange.response.content_length = length;
  exchange.response.headers.add("Content-Length", "10000");
  exchange.response.headers.add("Content-Type", "text/plain; charset=utf-8");
}

std::string sample_text(std::size_t size) {
  std::mt19937 random(7);
  std::string text;
  while (text.size() < size) text += random() % 3 == 0 ? "fairlead " : std::to_string(random());
  text.resize(size);
  return text;
}

TEST_CASE("bodies come back whole, however they are cut") {
  const Compressor c("compress.bin");
  for (const char* coding : kCodings) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{5'000}, std::size_t{3'000'000}}) {
      for (const std::size_t piece : {std::size_t{1'000}, std::size_t{65'536}, std::size_t{10'000'000}}) {
        CAPTURE(coding);
        CAPTURE(size);
        CAPTURE(piece);
        const std::string text = sample_text(size);
        FakeExchange exchange;
        prepare(exchange, coding);
        const auto filter = c.filter(exchange);
        REQUIRE(filter != nullptr);
        ByteBuffer output;
        for (std::size_t at = 0; at < size; at += piece) {
          const std::string_view input = std::string_view(text).substr(at, piece);
          REQUIRE(filter->process(input, false, false, output).ok());
        }
        REQUIRE(filter->process({}, false, true, output).ok());
        const Decoded decoded = test::decode(coding, output.view());
        CHECK(decoded.complete);
        CHECK(decoded.text == text);
        if (size > 4'000) CHECK(output.size() < size);
      }
    }
  }
}

TEST_CASE("bodies that shrink to nearly nothing come back whole, whenever they are flushed") {
  const Compressor c("compress.bin");
  std::string text;
  while (text.size() < 1'000'000) text += "The quick brown fox jumps over the lazy dog. ";
  std::mt19937 random(11);
  for (const char* coding : kCodings) {
    for (int round = 0; round < 100; ++round) {
      CAPTURE(coding);
      CAPTURE(round);
      FakeExchange exchange;
      prepare(exchange, coding);
      const auto filter = c.filter(exchange);
      ByteBuffer output;
      std::string_view rest = text;
      while (!rest.empty()) {
        const std::size_t size = std::min<std::size_t>(rest.size(), 1 + random() % 300'000);
        REQUIRE(filter->process(rest.substr(0, size), random() % 2 == 0, false, output).ok());
        rest.remove_prefix(size);
      }
      REQUIRE(filter->process({}, false, true, output).ok());
      const Decoded decoded = test::decode(coding, output.view());
      CHECK(decoded.complete);
      CHECK(decoded.text == text);
    }
  }
}

TEST_CASE("the last piece may come with the end") {
  const Compressor c("compress.bin");
  for (const char* coding : kCodings) {
    CAPTURE(coding);
    FakeExchange exchange;
    prepare(exchange, coding);
    const auto filter = c.filter(exchange);
    ByteBuffer output;
    REQUIRE(filter->process("all at once", true, true, output).ok());
    const Decoded decoded = test::decode(coding, output.view());
    CHECK(decoded.complete);
    CHECK(decoded.text == "all at once");
  }
}

TEST_CASE("a flush lets everything out, and only once") {
  const Compressor c("compress.bin");
  for (const char* coding : kCodings) {
    CAPTURE(coding);
    FakeExchange exchange;
    prepare(exchange, coding);
    const auto filter = c.filter(exchange);
    ByteBuffer output;
    std::string sent;
    REQUIRE(filter->process({}, true, false, output).ok());
    CHECK(output.empty());
    for (const char* piece : {"first", " and second", " and third"}) {
      sent += piece;
      // Together with the flush, or before it.
      if (sent.size() % 2 == 0) {
        REQUIRE(filter->process(piece, true, false, output).ok());
      } else {
        REQUIRE(filter->process(piece, false, false, output).ok());
        REQUIRE(filter->process({}, true, false, output).ok());
      }
      const Decoded decoded = test::decode(coding, output.view());
      CHECK_FALSE(decoded.complete);
      CHECK(decoded.text == sent);
      const std::size_t size = output.size();
      REQUIRE(filter->process({}, true, false, output).ok());
      REQUIRE(filter->process({}, false, false, output).ok());
      CHECK(output.size() == size);
    }
    REQUIRE(filter->process({}, false, true, output).ok());
    CHECK(test::decode(coding, output.view()).complete);
  }
}

TEST_CASE("encoders are used again, also after a response that was cut") {
  const Compressor c("compress.bin");
  for (const char* coding : kCodings) {
    CAPTURE(coding);
    for (int round = 0; round < 20; ++round) {
      FakeExchange exchange;
      prepare(exchange, coding);
      const auto filter = c.filter(exchange);
      ByteBuffer output;
      const std::string text = sample_text(static_cast<std::size_t>(100 + round * 7'000));
      REQUIRE(filter->process(text, false, false, output).ok());
      if (round % 3 == 0) continue;
      REQUIRE(filter->process({}, false, true, output).ok());
      CHECK(test::decode(coding, output.view()).text == text);
    }
  }
}

TEST_CASE("the head says what happened") {
  const Compressor c("compress.bin");
  FakeExchange exchange;
  prepare(exchange, "br, gzip;q=0.5");
  codec::Headers& headers = exchange.response.headers;
  headers.add("ETag", "\"abc\"");
  headers.add("Accept-Ranges", "bytes");
  headers.add("Vary", "Cookie");
  REQUIRE(c.filter(exchange) != nullptr);
  CHECK(values(headers, "Content-Encoding") == "br");
  CHECK(values(headers, "Content-Length") == "-");
  CHECK(values(headers, "Vary") == "Cookie|Accept-Encoding");
  CHECK(values(headers, "ETag") == "W/\"abc\"");
  CHECK(values(headers, "Accept-Ranges") == "-");
}

TEST_CASE("a weak validator and a sufficient Vary stay as they are") {
  const Compressor c("compress.bin");
  FakeExchange exchange;
  prepare(exchange, "gzip");
  exchange.response.headers.add("ETag", "W/\"abc\"");
  exchange.response.headers.add("Vary", "Cookie, accept-encoding");
  REQUIRE(c.filter(exchange) != nullptr);
  CHECK(values(exchange.response.headers, "ETag") == "W/\"abc\"");
  CHECK(values(exchange.response.headers, "Vary") == "Cookie, accept-encoding");
}

TEST_CASE("what is not compressed") {
  const char* fixture = "compress.bin";
  std::string_view vary = "Accept-Encoding";
  FakeExchange exchange;
  codec::Response& response = exchange.response;
  SUBCASE("nothing without Accept-Encoding") {
    prepare(exchange, "");
    vary = "-";
  }
  SUBCASE("nothing for an unknown coding") {
    prepare(exchange, "deflate");
    vary = "-";
  }
  SUBCASE("HEAD") {
    prepare(exchange, "gzip");
    exchange.set_method("HEAD");
    vary = "-";
  }
  SUBCASE("a small body") { prepare(exchange, "gzip", 1023); }
  SUBCASE("what is encoded already") {
    prepare(exchange, "gzip");
    response.headers.add("Content-Encoding", "br");
  }
  SUBCASE("an event stream") {
    prepare(exchange, "gzip");
    response.headers.set("Content-Type", "Text/Event-Stream; charset=utf-8");
  }
  SUBCASE("gRPC") {
    prepare(exchange, "gzip");
    response.headers.set("Content-Type", "application/grpc");
  }
  SUBCASE("gRPC with a format") {
    prepare(exchange, "gzip");
    response.headers.set("Content-Type", "application/grpc+proto");
  }
  SUBCASE("a gRPC request") {
    prepare(exchange, "gzip");
    exchange.request.headers.add("Content-Type", "application/grpc+proto");
    vary = "-";
  }
  SUBCASE("a malformed content type") {
    prepare(exchange, "gzip");
    response.headers.set("Content-Type", "text");
  }
  SUBCASE("an excluded content type") {
    fixture = "compress_preferring.bin";
    prepare(exchange, "zstd");
    response.headers.set("Content-Type", "image/png");
  }
  SUBCASE("a content type that is not included") {
    fixture = "compress_including.bin";
    prepare(exchange, "gzip");
  }
  SUBCASE("no content type when some are included") {
    fixture = "compress_including.bin";
    prepare(exchange, "gzip");
    response.headers.remove("Content-Type");
  }
  SUBCASE("a part of a body") {
    prepare(exchange, "gzip");
    response.status = 206;
  }
  SUBCASE("no body") {
    prepare(exchange, "gzip");
    response.status = 304;
    response.body = codec::BodyKind::kNone;
  }
  SUBCASE("what must not be transformed") {
    prepare(exchange, "gzip");
    response.headers.add("Cache-Control", "public, no-transform");
  }
  const Compressor c(fixture);
  const std::string length = values(response.headers, "Content-Length");
  CHECK(c.filter(exchange) == nullptr);
  CHECK(values(response.headers, "Vary") == vary);
  CHECK(values(response.headers, "Content-Length") == length);
}

TEST_CASE("what is compressed") {
  const char* fixture = "compress.bin";
  std::string_view coding = "gzip";
  FakeExchange exchange;
  SUBCASE("a body of the least size") { prepare(exchange, "gzip", 1024); }
  SUBCASE("a body of unknown size") {
    prepare(exchange, "gzip");
    exchange.response.body = codec::BodyKind::kChunked;
  }
  SUBCASE("no content type") {
    prepare(exchange, "gzip");
    exchange.response.headers.remove("Content-Type");
  }
  SUBCASE("an included content type") {
    fixture = "compress_including.bin";
    prepare(exchange, "gzip");
    exchange.response.headers.set("Content-Type", "text/HTML");
  }
  SUBCASE("an event stream that is asked for") {
    fixture = "compress_including.bin";
    prepare(exchange, "gzip");
    exchange.response.headers.set("Content-Type", "text/event-stream");
  }
  SUBCASE("the first on offer") {
    fixture = "compress_preferring.bin";
    prepare(exchange, "br, zstd");
    coding = "zstd";
  }
  SUBCASE("the default coding without Accept-Encoding") {
    fixture = "compress_preferring.bin";
    prepare(exchange, "");
    coding = "br";
  }
  SUBCASE("a content type that only begins like an excluded one") {
    fixture = "compress_preferring.bin";
    prepare(exchange, "zstd");
    exchange.response.headers.set("Content-Type", "image/png-sequence");
    coding = "zstd";
  }
  const Compressor c(fixture);
  CHECK(c.filter(exchange) != nullptr);
  CHECK(values(exchange.response.headers, "Content-Encoding") == coding);
}

}  // namespace
}  // namespace fairlead::middleware
