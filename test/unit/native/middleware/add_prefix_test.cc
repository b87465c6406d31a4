#include "middleware/add_prefix.h"

#include <doctest/doctest.h>

#include "test/support/native/encoded.h"
#include "test/support/native/fake_exchange.h"

namespace fairlead::middleware {
namespace {

struct Case {
  const char* name;
  std::string_view path;
  std::string_view expected;
};

/// The fixture configures "api v1", without a slash and with a byte that must be escaped.
constexpr Case kCases[] = {
    {"puts the prefix in front", "/users", "/api%20v1/users"},
    {"keeps the root", "/", "/api%20v1/"},
    {"keeps escapes", "/a%2Fb%20c", "/api%20v1/a%2Fb%20c"},
    {"leaves OPTIONS * alone", "*", "*"},
};

TEST_CASE("add prefix") {
  const test::FakeBuild build;
  const auto config = test::encoded<wire::AddPrefix>("add_prefix.bin");
  const AddPrefix add(*config, test::sample_ref(), build);
  CHECK(add.fault().empty());
  for (const Case& c : kCases) {
    CAPTURE(c.name);
    test::FakeExchange exchange;
    exchange.request.path = exchange.request.routing_path = c.path;
    CHECK(exchange.run(add) == Verdict::kNext);
    CHECK(exchange.request.path == c.expected);
  }
}

TEST_CASE("add prefix changes what later middlewares compare") {
  const test::FakeBuild build;
  const auto config = test::encoded<wire::AddPrefix>("add_prefix.bin");
  test::FakeExchange exchange;
  exchange.request.path = exchange.request.routing_path = "/x";
  CHECK(exchange.run(AddPrefix(*config, test::sample_ref(), build)) == Verdict::kNext);
  CHECK(exchange.request.routing_path == "/api v1/x");
}

TEST_CASE("a prefix with dot segments is a fault") {
  const test::FakeBuild build;
  const auto config = test::encoded<wire::AddPrefix>("add_prefix_dots.bin");
  CHECK_FALSE(AddPrefix(*config, test::sample_ref(), build).fault().empty());
}

}  // namespace
}  // namespace fairlead::middleware
