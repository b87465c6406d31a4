#include "middleware/strip_prefix.h"

#include <doctest/doctest.h>

#include "test/support/native/encoded.h"
#include "test/support/native/fake_exchange.h"

namespace fairlead::middleware {
namespace {

struct Case {
  const char* name;
  std::string_view path;
  // Empty: 400.
  std::string_view expected_path;
  std::string_view expected_prefix;
};

/// The fixture configures "/api", "/api/v1", "/a b" and "/docs/", in that order.
constexpr Case kCases[] = {
    {"leaves other paths alone", "/web", "/web", "-"},
    {"leaves a shorter path alone", "/ap", "/ap", "-"},
    {"removes the prefix", "/api/users", "/users", "/api"},
    {"keeps a trailing slash", "/api/users/", "/users/", "/api"},
    {"keeps the path rooted when nothing is left", "/api", "/", "/api"},
    {"keeps the path rooted when a word goes on", "/apiusers", "/users", "/api"},
    {"takes the first match, not the longest", "/api/v1/users", "/v1/users", "/api"},
    {"does not strip twice", "/api/api", "/api", "/api"},
    {"compares decoded", "/a%20b/c", "/c", "/a b"},
    {"compares escaped slashes decoded", "/docs%2Fx", "/x", "/docs/"},
    {"keeps escapes behind the prefix", "/api/a%2Fb%20c", "/a%2Fb%20c", "/api"},
    {"keeps escaped double slashes behind the prefix", "/api/http:%2F%2Fx", "/http:%2F%2Fx", "/api"},
    {"does not match a literal plus", "/a+b/c", "/a+b/c", "-"},
    {"keeps case", "/API/x", "/API/x", "-"},
    {"refuses to climb", "/api../admin", "", ""},
    {"refuses to climb at the end", "/api..", "", ""},
    {"refuses a dot segment", "/api./admin", "", ""},
    {"refuses an empty segment", "/api//admin", "", ""},
    {"refuses a later empty segment", "/api/x//y", "", ""},
    {"refuses an escaped slash where the path begins", "/api%2F..%2Fadmin", "", ""},
    {"leaves OPTIONS * alone", "*", "*", "-"},
};

TEST_CASE("strip prefix") {
  const test::FakeBuild build;
  const auto config = test::encoded<wire::StripPrefix>("strip_prefix.bin");
  const StripPrefix strip(*config, test::sample_ref(), build);
  for (const Case& c : kCases) {
    CAPTURE(c.name);
    test::FakeExchange exchange;
    exchange.request.path = exchange.request.routing_path = c.path;
    const bool refused = c.expected_path.empty();
    CHECK(exchange.run(strip) == (refused ? Verdict::kReplied : Verdict::kNext));
    if (refused) {
      CHECK(exchange.reply.status == 400);
      CHECK(exchange.reply.body == "Bad Request");
      continue;
    }
    CHECK(exchange.request.path == c.expected_path);
    CHECK(test::values(exchange.request.headers, "X-Forwarded-Prefix") == c.expected_prefix);
  }
}

TEST_CASE("strip prefix adds to what proxies before have stripped") {
  const test::FakeBuild build;
  const auto config = test::encoded<wire::StripPrefix>("strip_prefix.bin");
  test::FakeExchange exchange;
  exchange.request.path = "/api/a%2Fb";
  exchange.request.headers.add("X-Forwarded-Prefix", "/outer");
  CHECK(exchange.run(StripPrefix(*config, test::sample_ref(), build)) == Verdict::kNext);
  CHECK(test::values(exchange.request.headers, "X-Forwarded-Prefix") == "/outer|/api");
  CHECK(exchange.request.routing_path == "/a%2Fb");
}

}  // namespace
}  // namespace fairlead::middleware
