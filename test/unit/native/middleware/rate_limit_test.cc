#include "middleware/rate_limit.h"

#include <doctest/doctest.h>

#include <memory>

#include "test/support/native/encoded.h"
#include "test/support/native/fake_exchange.h"

namespace fairlead::middleware {
namespace {

using test::FakeExchange;
using test::values;

/// A rate limit as one of the fixtures configures it.
struct Limit {
  explicit Limit(const char* fixture)
      : config(test::encoded<wire::RateLimit>(fixture)), limit(*config, test::sample_ref(), build) {}
  test::FakeBuild build;
  test::Encoded<wire::RateLimit> config;
  RateLimit limit;
};

/// Times after the buckets were made, on the real clock that made them.
const Nanos kStart = monotonic_now() + 3600 * kSecond;

/// The fixture allows 10 requests a second in bursts of 5.
TEST_CASE("a request beyond the burst is refused with the time to wait") {
  const Limit l("rate_limit.bin");
  for (int i = 0; i < 5; ++i) {
    FakeExchange exchange;
    exchange.facilities.time = kStart;
    CHECK(exchange.run(l.limit) == Verdict::kNext);
    CHECK(exchange.facilities.slept == 0);
  }
  FakeExchange exchange;
  exchange.facilities.time = kStart;
  CHECK(exchange.run(l.limit) == Verdict::kReplied);
  CHECK(exchange.reply.status == 429);
  CHECK(exchange.reply.reason == Reason::kRateLimited);
  CHECK(exchange.reply.body == "Too Many Requests");
  CHECK(values(exchange.reply.headers, "Retry-After") == "1");
  CHECK(values(exchange.reply.headers, "X-Retry-In") == "100ms");
}

TEST_CASE("a request that is only a little early is held back") {
  const Limit l("rate_limit.bin");
  for (int i = 0; i < 5; ++i) {
    FakeExchange exchange;
    exchange.facilities.time = kStart;
    CHECK(exchange.run(l.limit) == Verdict::kNext);
  }
  FakeExchange exchange;
  exchange.facilities.time = kStart + 70 * kMillisecond;
  CHECK(exchange.run(l.limit) == Verdict::kNext);
  CHECK(exchange.facilities.slept == 30 * kMillisecond);
}

TEST_CASE("no average is no limit, and no phase") {
  const Limit l("rate_limit_unlimited.bin");
  CHECK(l.limit.phases() == 0);
  CHECK(l.build.states.empty());
}

TEST_CASE("buckets outlive the middleware when its identity stays") {
  const test::FakeBuild build;
  const auto config = test::encoded<wire::RateLimit>("rate_limit.bin");
  for (int generation = 0; generation < 6; ++generation) {
    const RateLimit limit(*config, test::sample_ref(), build);
    FakeExchange exchange;
    exchange.facilities.time = kStart;
    CHECK(exchange.run(limit) == (generation < 5 ? Verdict::kNext : Verdict::kReplied));
  }
  const wire::MiddlewareRef other{.identity = 8, .name = {}, .kind = 0, .index = 0};
  FakeExchange exchange;
  exchange.facilities.time = kStart;
  CHECK(exchange.run(RateLimit(*config, other, build)) == Verdict::kNext);
}

struct SourceCase {
  const char* name;
  const char* fixture;
  std::string_view header;
  std::string_view first;
  std::string_view second;
  bool same;
};

constexpr SourceCase kSources[] = {
    {"one key", "rate_limit_header.bin", "X-Key", "a", "a", true},
    {"two keys", "rate_limit_header.bin", "X-Key", "a", "b", false},
    {"no key", "rate_limit_header.bin", "X-Other", "a", "b", true},
    {"one address at depth 2", "rate_limit_depth.bin", "X-Forwarded-For", "198.51.100.1, 10.0.0.1",
     "198.51.100.1,10.0.0.2", true},
    {"two addresses at depth 2", "rate_limit_depth.bin", "X-Forwarded-For", "198.51.100.1, 10.0.0.1",
     "198.51.100.2, 10.0.0.1", false},
    {"what the client wrote in front does not count", "rate_limit_depth.bin", "X-Forwarded-For",
     "1.1.1.1, 198.51.100.1, 10.0.0.1", "2.2.2.2, 198.51.100.1, 10.0.0.1", true},
    {"too few hops count together", "rate_limit_depth.bin", "X-Forwarded-For", "10.0.0.1", "10.0.0.2", true},
    {"one IPv6 subnet", "rate_limit_depth.bin", "X-Forwarded-For", "2001:db8::1, 10.0.0.1", "2001:db8::2, 10.0.0.1",
     true},
    {"two IPv6 subnets", "rate_limit_depth.bin", "X-Forwarded-For", "2001:db8:0:1::1, 10.0.0.1",
     "2001:db8:0:2::1, 10.0.0.1", false},
    {"excluded networks are skipped", "rate_limit_excluded.bin", "X-Forwarded-For", "198.51.100.1, 10.9.9.9",
     "198.51.100.1, 2001:db8::1, 10.0.0.2", true},
    {"empty elements are skipped", "rate_limit_excluded.bin", "X-Forwarded-For", "198.51.100.1, 10.9.9.9",
     "198.51.100.1,, 10.0.0.2,", true},
    {"the nearest address that is not excluded", "rate_limit_excluded.bin", "X-Forwarded-For",
     "198.51.100.1, 198.51.100.2, 10.0.0.1", "198.51.100.1, 198.51.100.3", false},
    {"only excluded addresses count together", "rate_limit_excluded.bin", "X-Forwarded-For", "10.0.0.1", "10.0.0.2",
     true},
    {"the peer, whatever the header says", "rate_limit.bin", "X-Forwarded-For", "198.51.100.1", "198.51.100.2", true},
};

TEST_CASE("sources") {
  for (const SourceCase& c : kSources) {
    CAPTURE(c.name);
    const auto config = test::encoded<wire::RateLimit>(c.fixture);
    const auto key = [&config, &c](std::string_view value) {
      FakeExchange exchange;
      exchange.request.headers.add(c.header, value);
      const test::FakeBuild build;
      return source_of(config->source, exchange.context(RateLimit(*config, test::sample_ref(), build)));
    };
    CHECK((key(c.first) == key(c.second)) == c.same);
  }
}

TEST_CASE("the host is a source") {
  const auto config = test::encoded<wire::RateLimit>("rate_limit_host.bin");
  const auto key = [&config](std::string_view host) {
    FakeExchange exchange;
    exchange.request.host = host;
    const test::FakeBuild build;
    return source_of(config->source, exchange.context(RateLimit(*config, test::sample_ref(), build)));
  };
  CHECK(key("a.com") == key("a.com"));
  CHECK(key("a.com") != key("b.com"));
}

}  // namespace
}  // namespace fairlead::middleware
