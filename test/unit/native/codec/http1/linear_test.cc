// Eight times the bytes cost about eight times the processor, whatever the bytes are and however they arrive: nobody makes a
// worker busy with a few kilobytes. Anything quadratic would cost 64 times as much.
#include <doctest/doctest.h>
#include <time.h>

#include <algorithm>
#include <functional>
#include <string>

#include "codec/http1/chunk_decoder.h"
#include "codec/http1/head_parser.h"
#include "codec/target.h"

namespace fairlead::codec::http1 {
namespace {

std::string repeated(std::string_view piece, std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += piece;
  return text;
}

std::string head_of(const std::string& target, const std::string& fields) {
  return "GET /" + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

struct Input {
  const char* what;
  std::function<std::string(std::size_t)> bytes;
  /// How many arrive at once.
  std::size_t step = ~std::size_t{0};
};

const Input kHeads[] = {
    {"a long path", [](std::size_t n) { return head_of(std::string(n, 'a'), ""); }},
    {"dot segments", [](std::size_t n) { return head_of(repeated("a/../", n), ""); }},
    {"dot segments at the end",
     [](std::size_t n) { return head_of(repeated("a/", n / 2) + repeated("../", n / 2), ""); }},
    {"slashes", [](std::size_t n) { return head_of(std::string(n, '/'), ""); }},
    {"escapes", [](std::size_t n) { return head_of(repeated("%41%2f", n), ""); }},
    {"semicolons in the query", [](std::size_t n) { return head_of("?" + std::string(n, ';'), ""); }},
    {"a long value", [](std::size_t n) { return head_of("", "X: " + std::string(n, 'y') + "\r\n"); }},
    {"spaces in a value", [](std::size_t n) { return head_of("", "X: y" + std::string(n, ' ') + "z\r\n"); }},
    {"a long name", [](std::size_t n) { return head_of("", std::string(n, 'x') + ": y\r\n"); }},
    {"many fields", [](std::size_t n) { return head_of("", repeated("a:b\r\n", n)); }},
    {"many connection options",
     [](std::size_t n) { return head_of("", "Connection: " + repeated("a,", n) + "b\r\n"); }},
    {"many codings", [](std::size_t n) { return head_of("", "Transfer-Encoding: " + repeated("a,", n) + "b\r\n"); }},
    {"one byte at a time", [](std::size_t n) { return head_of("", repeated("a:b\r\n", n)); }, 1},
    {"one byte at a time, without line ends", [](std::size_t n) { return head_of(std::string(n, 'a'), ""); }, 1},
};

constexpr HeadLimits kWide{.max_head_bytes = 1 << 20, .max_line_bytes = 1 << 20, .max_fields = 1 << 20};

void parse(std::string_view bytes, std::size_t step) {
  Arena arena;
  Request request(arena);
  HeadScan scan;
  HeadFault fault = HeadFault::kNone;
  std::size_t consumed = 0;
  ParseOutcome outcome = ParseOutcome::kIncomplete;
  for (std::size_t size = 0; outcome == ParseOutcome::kIncomplete && size < bytes.size();) {
    size += std::min(step, bytes.size() - size);
    outcome = parse_request_head(bytes.substr(0, size), kWide, scan, request, consumed, fault);
  }
  if (outcome == ParseOutcome::kComplete) static_cast<void>(normalise_target(request, {}, arena));
}

constexpr std::size_t kBytes = 24 * 1024;
constexpr std::size_t kTimes = 8;
/// Between 8 for what is linear and 64 for what is quadratic.
constexpr double kBound = 22;

double processor_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Processor time, which waiting for a busy machine does not count in; the least of several runs, which caches and
/// interrupts have not disturbed.
template <class Work>
double least_cost(Work work) {
  double least = 1e9;
  for (int run = 0; run < 7; ++run) {
    const double begin = processor_seconds();
    work();
    least = std::min(least, processor_seconds() - begin);
  }
  return least;
}

template <class Work>
void check_linear(const Input& input, Work work) {
  CAPTURE(input.what);
  const std::string few = input.bytes(kBytes);
  const std::string many = input.bytes(kTimes * kBytes);
  const double once = least_cost([&] { work(few, input.step); });
  const double often = least_cost([&] { work(many, input.step); });
  CAPTURE(once);
  CAPTURE(often);
  // Allocations of a first block and the like: what costs microseconds in all shows nothing.
  CHECK(often < kBound * once + 50e-6);
}

TEST_CASE("a head costs in proportion to its bytes") {
  for (const Input& input : kHeads) check_linear(input, parse);
}

const Input kBodies[] = {
    {"small chunks", [](std::size_t n) { return repeated("1\r\nx\r\n", n); }},
    {"small chunks, one byte at a time", [](std::size_t n) { return repeated("1\r\nx\r\n", n); }, 1},
    {"an extension", [](std::size_t n) { return "1;" + std::string(n, 'x') + "\r\ny\r\n"; }},
    {"an extension, one byte at a time", [](std::size_t n) { return "1;" + std::string(n, 'x') + "\r\ny\r\n"; }, 1},
    {"trailers", [](std::size_t n) { return "0\r\n" + repeated("a:b\r\n", n) + "\r\n"; }},
    {"trailers, one byte at a time", [](std::size_t n) { return "0\r\n" + repeated("a:b\r\n", n) + "\r\n"; }, 1},
};

void decode(std::string bytes, std::size_t step) {
  Arena arena;
  Headers trailers(arena);
  ChunkDecoder decoder;
  decoder.start(&trailers, {.extensions = 1 << 20, .trailers = 1 << 20, .free_overhead = 0});
  for (std::size_t at = 0; at < bytes.size() && !decoder.finished();) {
    const ChunkDecoder::Step taken = decoder.decode({bytes.data() + at, std::min(step, bytes.size() - at)});
    if (taken.fault) return;
    at += taken.consumed;
  }
}

TEST_CASE("a chunked body costs in proportion to its bytes") {
  for (const Input& input : kBodies) check_linear(input, decode);
}

}  // namespace
}  // namespace fairlead::codec::http1
