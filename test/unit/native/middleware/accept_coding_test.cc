#include "middleware/accept_coding.h"

#include <doctest/doctest.h>

namespace fairlead::middleware {
namespace {

struct Case {
  std::string_view accept;
  Coding chosen;
};

constexpr std::uint8_t kOffered[] = {1, 2, 3};

/// gzip, br and zstd on offer, in this order.
constexpr Case kCases[] = {
    {"gzip", Coding::kGzip},
    {"br", Coding::kBrotli},
    {"zstd", Coding::kZstd},
    {"GZIP", Coding::kGzip},
    {"x-gzip", Coding::kGzip},
    {"br, gzip, zstd", Coding::kGzip},
    {"br;q=1.0, gzip;q=0.8", Coding::kBrotli},
    {"gzip;q=0.8, zstd;q=0.81", Coding::kZstd},
    {"gzip ; q=0.1 , br ; q=0.2", Coding::kBrotli},
    {"gzip;q=0", Coding::kIdentity},
    {"gzip;q=0.000, br", Coding::kBrotli},
    {"*", Coding::kGzip},
    {"br, *", Coding::kGzip},
    {"br, *;q=0.1", Coding::kBrotli},
    {"gzip;q=0, *", Coding::kBrotli},
    {"*;q=0", Coding::kIdentity},
    {"*;q=0, br", Coding::kBrotli},
    {"identity", Coding::kIdentity},
    {"identity, gzip", Coding::kGzip},
    {"identity;q=1, gzip;q=0.5", Coding::kIdentity},
    {"identity;q=0", Coding::kIdentity},
    {"deflate", Coding::kIdentity},
    {"", Coding::kIdentity},
    {",,", Coding::kIdentity},
    {"gzip;q=2", Coding::kIdentity},
    {"gzip;q=abc", Coding::kIdentity},
    {"gzip;q=0.12345", Coding::kIdentity},
    {"gzip;level=9", Coding::kGzip},
};

Coding choose(std::string_view accept, Coding preferred) {
  Arena arena;
  codec::Headers headers(arena);
  headers.add("accept-encoding", accept);
  return choose_coding(headers, kOffered, preferred);
}

TEST_CASE("the client's weights decide, then the order of the offer") {
  for (const Case& c : kCases) {
    CAPTURE(c.accept);
    CHECK(choose(c.accept, Coding::kIdentity) == c.chosen);
  }
}

TEST_CASE("a preferred coding stands for the wildcard and for silence") {
  CHECK(choose("*", Coding::kZstd) == Coding::kZstd);
  CHECK(choose("zstd;q=0, *", Coding::kZstd) == Coding::kGzip);
  CHECK(choose("gzip", Coding::kZstd) == Coding::kGzip);
  Arena arena;
  const codec::Headers headers(arena);
  CHECK(choose_coding(headers, kOffered, Coding::kZstd) == Coding::kZstd);
  CHECK(choose_coding(headers, kOffered, Coding::kIdentity) == Coding::kIdentity);
}

TEST_CASE("several lines are one list") {
  Arena arena;
  codec::Headers headers(arena);
  headers.add("Accept-Encoding", "gzip;q=0.5");
  headers.add("accept-encoding", "br");
  CHECK(choose_coding(headers, kOffered, Coding::kIdentity) == Coding::kBrotli);
}

TEST_CASE("what is not on offer is not chosen") {
  constexpr std::uint8_t kOnlyZstd[] = {3};
  Arena arena;
  codec::Headers headers(arena);
  headers.add("Accept-Encoding", "gzip, br;q=0.9, zstd;q=0.1");
  CHECK(choose_coding(headers, kOnlyZstd, Coding::kIdentity) == Coding::kZstd);
}

}  // namespace
}  // namespace fairlead::middleware
