#include "middleware/header_policy.h"

#include <doctest/doctest.h>

#include "test/support/native/encoded.h"
#include "test/support/native/fake_exchange.h"

namespace fairlead::middleware {
namespace {

using test::FakeExchange;
using test::values;

/// A headers middleware as one of the fixtures configures it.
struct Policy {
  explicit Policy(const char* fixture)
      : config(test::encoded<wire::HeaderPolicy>(fixture)), policy(*config, test::sample_ref(), build) {}
  test::FakeBuild build;
  test::Encoded<wire::HeaderPolicy> config;
  HeaderPolicy policy;
};

TEST_CASE("custom request headers are set and deleted") {
  const Policy p("headers_custom.bin");
  FakeExchange exchange;
  codec::Headers& headers = exchange.request.headers;
  headers.add("Host", "example.com");
  headers.add("x-set", "no");
  headers.add("X-SET", "again");
  headers.add("X-Gone", "1");
  headers.add("X-Kept", "1");
  headers.add("X-Forwarded-For", "198.51.100.1");
  headers.add("Content-Length", "3");

  CHECK(exchange.run(p.policy) == Verdict::kNext);

  CHECK(values(headers, "x-set") == "yes");
  CHECK(values(headers, "x-gone") == "-");
  CHECK(values(headers, "x-kept") == "1");
  SUBCASE("Host changes what the upstream sees") {
    CHECK(values(headers, "host") == "Inner.Example:8080");
    CHECK(exchange.request.authority == "Inner.Example:8080");
    CHECK(exchange.request.host == "inner.example");
  }
  SUBCASE("an empty X-Forwarded-For is not written at all") {
    CHECK(values(headers, "x-forwarded-for") == "-");
    CHECK(exchange.request.omits_forwarded_for);
  }
  SUBCASE("framing is nobody's business") { CHECK(values(headers, "content-length") == "3"); }
}

TEST_CASE("custom response headers win over security headers and the upstream's") {
  const Policy p("headers_custom.bin");
  FakeExchange exchange;
  codec::Headers& headers = exchange.response.headers;
  headers.add("server", "nginx");
  headers.add("X-Frame-Options", "ALLOWALL");
  headers.add("content-length", "3");
  CHECK(exchange.run(p.policy) == Verdict::kNext);
  exchange.run_response(p.policy);

  CHECK(values(headers, "Server") == "-");
  CHECK(values(headers, "X-Frame-Options") == "SAMEORIGIN");
  CHECK(values(headers, "content-length") == "3");
}

TEST_CASE("security headers") {
  const Policy p("headers_custom.bin");
  FakeExchange exchange;
  CHECK(exchange.run(p.policy) == Verdict::kNext);
  exchange.run_response(p.policy);
  const codec::Headers& headers = exchange.response.headers;
  CHECK(values(headers, "X-Content-Type-Options") == "nosniff");
  CHECK(values(headers, "X-XSS-Protection") == "1; mode=block");
  CHECK(values(headers, "Content-Security-Policy") == "default-src 'self'");
  CHECK(values(headers, "Content-Security-Policy-Report-Only") == "img-src 'self'");
  CHECK(values(headers, "Referrer-Policy") == "no-referrer");
  CHECK(values(headers, "Permissions-Policy") == "camera=()");
}

TEST_CASE("strict transport security is for responses over TLS") {
  const Policy p("headers_custom.bin");
  FakeExchange exchange;
  std::string_view expected = "-";
  SUBCASE("clear text gets none") {}
  SUBCASE("TLS") {
    exchange.peer.tls = true;
    expected = "max-age=300; includeSubDomains; preload";
  }
  SUBCASE("TLS at a proxy before") {
    exchange.request.headers.add("X-Forwarded-Proto", "https");
    expected = "max-age=300; includeSubDomains; preload";
  }
  SUBCASE("clear text at a proxy before") { exchange.request.headers.add("X-Forwarded-Proto", "http"); }
  CHECK(exchange.run(p.policy) == Verdict::kNext);
  exchange.run_response(p.policy);
  CHECK(values(exchange.response.headers, "Strict-Transport-Security") == expected);
}

TEST_CASE("forced strict transport security and custom values") {
  const Policy p("headers_hosts.bin");
  FakeExchange exchange;
  CHECK(exchange.run(p.policy) == Verdict::kNext);
  exchange.run_response(p.policy);
  CHECK(values(exchange.response.headers, "Strict-Transport-Security") == "max-age=60");
  CHECK(values(exchange.response.headers, "X-XSS-Protection") == "0");
  CHECK(values(exchange.response.headers, "X-Frame-Options") == "SAMEORIGIN");
}

struct HostCase {
  const char* name;
  std::string_view authority;
  std::string_view forwarded_host;
  bool allowed;
};

constexpr HostCase kHosts[] = {
    {"a listed host", "example.com", "", true},
    {"a listed host in other letters", "EXAMPLE.com", "", true},
    {"a listed host with a port that is not listed", "example.com:8080", "", false},
    {"a listed host and port", "other.example:8080", "", true},
    {"a listed host without its port", "other.example", "", false},
    {"another host", "evil.example", "", false},
    {"a proxy header says a listed host", "evil.example", "example.com", true},
    {"a proxy header says another host", "example.com", "evil.example", false},
    {"no host", "", "", false},
};

TEST_CASE("allowed hosts") {
  const Policy p("headers_hosts.bin");
  for (const HostCase& c : kHosts) {
    CAPTURE(c.name);
    FakeExchange exchange;
    exchange.request.authority = c.authority;
    if (!c.forwarded_host.empty()) exchange.request.headers.add("X-Forwarded-Host", c.forwarded_host);
    CHECK((exchange.run(p.policy) == Verdict::kNext) == c.allowed);
    if (c.allowed) continue;
    CHECK(exchange.reply.status == 500);
    CHECK(exchange.reply.body == "Bad Host");
  }
}

struct OriginCase {
  const char* fixture;
  std::string_view origin;
  std::string_view allowed;
};

constexpr OriginCase kOrigins[] = {
    {"headers_cors.bin", "https://one.example", "https://one.example"},
    {"headers_cors.bin", "https://a.two.example", "https://a.two.example"},
    {"headers_cors.bin", "https://a.two.example.evil", "-"},
    {"headers_cors.bin", "https://evil.example", "-"},
    {"headers_cors.bin", "", "-"},
    {"headers_cors_pattern.bin", "https://any.example", "https://any.example"},
    {"headers_cors_pattern.bin", "", "-"},
    {"headers_cors_any.bin", "https://evil.example", "*"},
    {"headers_cors_any.bin", "", "*"},
    {"headers_cors_credentials.bin", "https://evil.example", "https://evil.example"},
    {"headers_cors_credentials.bin", "", "-"},
};

TEST_CASE("responses name the allowed origin") {
  for (const OriginCase& c : kOrigins) {
    CAPTURE(c.fixture);
    CAPTURE(c.origin);
    const Policy p(c.fixture);
    FakeExchange exchange;
    if (!c.origin.empty()) exchange.request.headers.add("Origin", c.origin);
    CHECK(exchange.run(p.policy) == Verdict::kNext);
    exchange.run_response(p.policy);
    CHECK(values(exchange.response.headers, "Access-Control-Allow-Origin") == c.allowed);
  }
}

TEST_CASE("responses say what a script may read, and vary") {
  const Policy p("headers_cors.bin");
  FakeExchange exchange;
  std::string_view expected = "Origin";
  SUBCASE("no Vary before") {}
  SUBCASE("another Vary before") {
    exchange.response.headers.add("Vary", "Accept");
    expected = "Accept|Origin";
  }
  SUBCASE("Origin is there already") {
    exchange.response.headers.add("Vary", "Accept, origin");
    expected = "Accept, origin";
  }
  CHECK(exchange.run(p.policy) == Verdict::kNext);
  exchange.run_response(p.policy);
  CHECK(values(exchange.response.headers, "Vary") == expected);
  CHECK(values(exchange.response.headers, "Access-Control-Expose-Headers") == "X-C,X-D");
  CHECK(values(exchange.response.headers, "Access-Control-Allow-Methods") == "-");
}

void make_preflight(FakeExchange& exchange, std::string_view origin) {
  exchange.set_method("OPTIONS");
  exchange.request.headers.add("Origin", origin);
  exchange.request.headers.add("Access-Control-Request-Method", "PATCH");
  exchange.request.headers.add("Access-Control-Request-Headers", "x-one,x-two");
}

TEST_CASE("a preflight is answered here") {
  const Policy p("headers_cors.bin");
  FakeExchange exchange;
  make_preflight(exchange, "https://one.example");
  CHECK(exchange.run(p.policy) == Verdict::kReplied);
  const codec::Headers& headers = exchange.reply.headers;
  CHECK(exchange.reply.status == 200);
  CHECK(exchange.reply.body.empty());
  CHECK(values(headers, "Access-Control-Allow-Origin") == "https://one.example");
  CHECK(values(headers, "Access-Control-Allow-Methods") == "GET,PUT");
  CHECK(values(headers, "Access-Control-Allow-Headers") == "X-A,X-B");
  CHECK(values(headers, "Access-Control-Max-Age") == "0");
  CHECK(values(headers, "Access-Control-Allow-Credentials") == "-");
}

TEST_CASE("a preflight of another origin gets no permission") {
  const Policy p("headers_cors.bin");
  FakeExchange exchange;
  make_preflight(exchange, "https://evil.example");
  CHECK(exchange.run(p.policy) == Verdict::kReplied);
  CHECK(values(exchange.reply.headers, "Access-Control-Allow-Origin") == "-");
}

TEST_CASE("wildcards with credentials echo what was asked for") {
  const Policy p("headers_cors_credentials.bin");
  FakeExchange exchange;
  make_preflight(exchange, "https://any.example");
  CHECK(exchange.run(p.policy) == Verdict::kReplied);
  const codec::Headers& headers = exchange.reply.headers;
  CHECK(values(headers, "Access-Control-Allow-Origin") == "https://any.example");
  CHECK(values(headers, "Access-Control-Allow-Methods") == "PATCH");
  CHECK(values(headers, "Access-Control-Allow-Headers") == "x-one,x-two");
  CHECK(values(headers, "Access-Control-Allow-Credentials") == "true");
  CHECK(values(headers, "Access-Control-Expose-Headers") == "-");
  CHECK(values(headers, "Access-Control-Max-Age") == "-");
}

TEST_CASE("what is no preflight goes on") {
  const char* fixture = "headers_cors.bin";
  FakeExchange exchange;
  make_preflight(exchange, "https://one.example");
  SUBCASE("another method") { exchange.set_method("GET"); }
  SUBCASE("no origin") { exchange.request.headers.remove("Origin"); }
  SUBCASE("no requested method") { exchange.request.headers.remove("Access-Control-Request-Method"); }
  SUBCASE("no option about origins") { fixture = "headers_hosts.bin"; }
  const Policy p(fixture);
  CHECK(exchange.run(p.policy) == Verdict::kNext);
}

}  // namespace
}  // namespace fairlead::middleware
