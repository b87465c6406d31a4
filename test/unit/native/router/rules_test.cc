// Every matcher, from the text of its rule to the answer (Traefik rule syntax v3).
#include "test/unit/native/router/routing_fixture.h"

namespace fairlead::router {
namespace {

struct Case {
  const char* rule;
  const char* name;
  Sample sample;
  bool expected;
};

const Case kCases[] = {
    {"Host(`a.com`)", "the same host", {.host = "a.com"}, true},
    {"Host(`a.com`)", "another host", {.host = "b.com"}, false},
    {"Host(`a.com`)", "a host below", {.host = "x.a.com"}, false},
    {"Host(`a.com`)", "no host", {.host = ""}, false},
    {"Host(`A.Com`)", "a rule in other case", {.host = "a.com"}, true},
    {"Host(`a.com.`)", "a rule with a trailing dot", {.host = "a.com"}, true},
    {"Host(`*.a.com`)", "one label in front", {.host = "x.a.com"}, true},
    {"Host(`*.a.com`)", "no label in front", {.host = "a.com"}, false},
    {"Host(`*.a.com`)", "two labels in front", {.host = "x.y.a.com"}, false},
    {"Host(`*.a.com`)", "an empty label", {.host = ".a.com"}, false},
    {"Host(`*.a.com`)", "a longer label of the same end", {.host = "xa.com"}, false},
    {"Host(`*`)", "any host", {.host = "x.y.z"}, true},
    {"Host(`*`)", "no host at all", {.host = ""}, true},
    {"Host(`*a.com`)", "a star that is no label", {.host = "xa.com"}, false},
    {"Host(`::1`)", "an IPv6 literal without brackets", {.host = "::1"}, true},
    {"HostRegexp(`^[a-z]+\\.com$`)", "a match", {.host = "a.com"}, true},
    {"HostRegexp(`^[a-z]+\\.com$`)", "no match", {.host = "a.b.com"}, false},
    {"HostRegexp(`A`)", "case counts, hosts are lower case", {.host = "a.com"}, false},
    {"Path(`/foo`)", "the same path", {.path = "/foo"}, true},
    {"Path(`/foo`)", "a trailing slash", {.path = "/foo/"}, false},
    {"Path(`/foo`)", "another case", {.path = "/Foo"}, false},
    {"Path(`/foo bar`)", "the decoded blank", {.path = "/foo bar"}, true},
    {"Path(`/foo%2Fbar`)", "the encoded slash", {.path = "/foo%2Fbar"}, true},
    {"Path(`/foo%2Fbar`)", "a slash", {.path = "/foo/bar"}, false},
    {"PathPrefix(`/foo`)", "the prefix itself", {.path = "/foo"}, true},
    {"PathPrefix(`/foo`)", "a segment below", {.path = "/foo/bar"}, true},
    {"PathPrefix(`/foo`)", "a longer segment: prefixes are plain text", {.path = "/foobar"}, true},
    {"PathPrefix(`/foo`)", "a shorter path", {.path = "/fo"}, false},
    {"PathPrefix(`/`)", "every path", {.path = "/x"}, true},
    {"PathPrefix(`/`)", "OPTIONS * has no path", {.path = "*"}, false},
    {"PathRegexp(`oo$`)", "unanchored in front", {.path = "/foo"}, true},
    {"PathRegexp(`oo$`)", "anchored behind", {.path = "/foot"}, false},
    {"PathRegexp(`^/(?<name>[a-z]+)$`)", "a named group", {.path = "/abc"}, true},
    {"Method(`post`)", "a rule in lower case", {.method = "POST"}, true},
    {"Method(`post`)", "methods of requests keep their case", {.method = "post"}, false},
    {"Method(`PURGE`)", "an unknown method", {.method = "PURGE"}, true},
    {"Header(`X-Kind`, `One`)", "the value", {.headers = {{"X-Kind", "One"}}}, true},
    {"Header(`X-Kind`, `One`)", "the name in other case", {.headers = {{"x-KIND", "One"}}}, true},
    {"Header(`X-Kind`, `One`)", "the value in other case", {.headers = {{"X-Kind", "one"}}}, false},
    {"Header(`X-Kind`, `One`)", "a later line", {.headers = {{"X-Kind", "Two"}, {"X-Kind", "One"}}}, true},
    {"Header(`X-Kind`, `One`)", "no splitting at commas", {.headers = {{"X-Kind", "One, Two"}}}, false},
    {"Header(`X-Kind`, `One`)", "another header", {.headers = {{"X-Kin", "One"}}}, false},
    {"Header(`Host`, `a.com`)", "Host is not visible", {.host = "a.com", .headers = {{"Host", "a.com"}}}, false},
    {"HeaderRegexp(`x-kind`, `^o`)", "some line", {.headers = {{"X-Kind", "x"}, {"X-Kind", "ox"}}}, true},
    {"HeaderRegexp(`x-kind`, `^o`)", "no line", {.headers = {{"X-Kind", "xo"}}}, false},
    {"Query(`k`)", "present without value", {.query = "k"}, true},
    {"Query(`k`)", "present with empty value", {.query = "a=b&k="}, true},
    {"Query(`k`)", "present with a value", {.query = "k=v"}, false},
    {"Query(`k`)", "absent", {.query = ""}, false},
    {"Query(`k`, `v w`)", "an escaped blank", {.query = "k=v%20w"}, true},
    {"Query(`k`, `v w`)", "a plus", {.query = "k=v+w"}, true},
    {"Query(`k`, `v w`)", "a later value", {.query = "k=x&k=v+w"}, true},
    {"Query(`k`, `v w`)", "a broken escape elsewhere", {.query = "z=%zz&k=v+w"}, true},
    {"Query(`k`, `v w`)", "a broken escape in the value", {.query = "k=v+w%"}, false},
    {"Query(`k`, `v w`)", "another value", {.query = "k=v"}, false},
    {"Query(`a b`, `1`)", "an escaped key", {.query = "a%20b=1"}, true},
    {"QueryRegexp(`k`)", "as Query without a value", {.query = "k"}, true},
    {"QueryRegexp(`k`)", "as Query with a value", {.query = "k=1"}, false},
    {"QueryRegexp(`k`, `^v\\d+$`)", "a match", {.query = "k=v12"}, true},
    {"QueryRegexp(`k`, `^v\\d+$`)", "no match", {.query = "k=v"}, false},
    {"ClientIP(`10.0.0.0/8`)", "inside", {.client = "10.1.2.3"}, true},
    {"ClientIP(`10.0.0.0/8`)", "outside", {.client = "11.1.2.3"}, false},
    {"ClientIP(`10.0.0.0/8`)", "IPv4-mapped", {.client = "::ffff:10.1.2.3"}, true},
    {"ClientIP(`10.0.0.0/8`)", "never the word of a header", {.headers = {{"X-Forwarded-For", "10.1.2.3"}}}, false},
    {"ClientIP(`192.168.1.1`)", "the address", {.client = "192.168.1.1"}, true},
    {"ClientIP(`192.168.1.1`)", "its neighbour", {.client = "192.168.1.2"}, false},
    {"ClientIP(`2001:db8::/32`)", "inside", {.client = "2001:db8:1::1"}, true},
    {"ClientIP(`2001:db8::/32`)", "outside", {.client = "2001:db9::1"}, false},
    {"ClientIP(`::/0`)", "any IPv6", {.client = "2001:db8::1"}, true},
    {"ClientIP(`::/0`)", "no IPv4", {.client = "10.1.2.3"}, false},
    {"ClientIP(`::ffff:10.0.0.0/104`)", "an IPv4 range written as IPv6", {.client = "10.1.2.3"}, true},
    {"Host(`a.com`) && Path(`/foo`)", "both", {.host = "a.com", .path = "/foo"}, true},
    {"Host(`a.com`) && Path(`/foo`)", "the left one", {.host = "a.com", .path = "/"}, false},
    {"Host(`a.com`) && Path(`/foo`)", "the right one", {.host = "b.com", .path = "/foo"}, false},
    {"Host(`a.com`) || Path(`/foo`)", "the left one", {.host = "a.com", .path = "/"}, true},
    {"Host(`a.com`) || Path(`/foo`)", "the right one", {.host = "b.com", .path = "/foo"}, true},
    {"Host(`a.com`) || Path(`/foo`)", "neither", {.host = "b.com", .path = "/"}, false},
    {"!Host(`a.com`)", "the host", {.host = "a.com"}, false},
    {"!Host(`a.com`)", "another", {.host = "b.com"}, true},
    {"!Host(`a.com`)", "none", {.host = ""}, true},
    {"!(Host(`a.com`) || Path(`/foo`))", "neither", {.host = "b.com", .path = "/"}, true},
    {"!(Host(`a.com`) || Path(`/foo`))", "one", {.host = "b.com", .path = "/foo"}, false},
    {"!(Host(`a.com`) && Path(`/foo`))", "one", {.host = "b.com", .path = "/foo"}, true},
    {"!(Host(`a.com`) && Path(`/foo`))", "both", {.host = "a.com", .path = "/foo"}, false},
    {"Host(`a.com`) && (Method(`GET`) || Method(`HEAD`)) && !PathPrefix(`/private`)",
     "allowed",
     {.host = "a.com", .method = "HEAD"},
     true},
    {"Host(`a.com`) && (Method(`GET`) || Method(`HEAD`)) && !PathPrefix(`/private`)",
     "another method",
     {.host = "a.com", .method = "PUT"},
     false},
    {"Host(`a.com`) && (Method(`GET`) || Method(`HEAD`)) && !PathPrefix(`/private`)",
     "the excluded path",
     {.host = "a.com", .path = "/private/x"},
     false},
    {"Host(`a.com`) || Host(`b.com`) && Path(`/foo`)", "&& binds tighter", {.host = "a.com"}, true},
    {"Host(`a.com`) || Host(`b.com`) && Path(`/foo`)", "the second host needs the path", {.host = "b.com"}, false},
    {"!Host(`*`)", "never", {.host = "a.com"}, false},
    {"Host(`a.com`) && Host(`b.com`)", "never", {.host = "a.com"}, false},
};

std::uint32_t index_of(const RoutingFixture& fixture, std::string_view rule) {
  for (std::uint32_t i = 0; i < fixture.routers.size(); ++i) {
    if (fixture.routers[i].name.view() == rule) return i;
  }
  FAIL("test/fixtures/rules.ts lacks ", std::string(rule));
  return 0;
}

// A list of one index, as an entry point with one router would have.
struct Single {
  std::uint32_t offset = 8;
  std::uint32_t length = 1;
  std::uint32_t index;
  const wire::List<std::uint32_t>& list() const { return reinterpret_cast<const wire::List<std::uint32_t>&>(*this); }
};

TEST_CASE("a rule accepts what its matchers say") {
  const auto fixture = test::encoded<RoutingFixture>("rules.bin");
  const Patterns patterns(fixture->patterns);
  const Tables tables{patterns.compiled(), {fixture->ranges.begin(), fixture->ranges.size()}};

  for (const Case& c : kCases) {
    CAPTURE(c.rule);
    CAPTURE(c.name);
    const Received received(c.sample);
    const std::uint32_t index = index_of(*fixture, c.rule);
    const wire::List<wire::Instruction>& program = fixture->routers[index].program;

    REQUIRE(program_fault({program.begin(), program.size()}, tables).empty());
    MatchInput alone = received.input();
    CHECK(run({program.begin(), program.size()}, tables, alone) == c.expected);

    const Single order{.index = index};
    const auto router = built({fixture->routers, order.list(), patterns, fixture->ranges});
    MatchInput indexed = received.input();
    CHECK(router->find(indexed) == (c.expected ? index : wire::kNone));
  }
}

TEST_CASE("every rule of the fixture is tried") {
  const auto fixture = test::encoded<RoutingFixture>("rules.bin");
  for (const wire::Router& router : fixture->routers) {
    CAPTURE(std::string(router.name.view()));
    bool tried = false;
    for (const Case& c : kCases) tried |= router.name.view() == c.rule;
    CHECK(tried);
  }
}

}  // namespace
}  // namespace fairlead::router
