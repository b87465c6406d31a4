#include "middleware/redirect_scheme.h"

#include <doctest/doctest.h>

#include "test/support/native/encoded.h"
#include "test/support/native/fake_exchange.h"

namespace fairlead::middleware {
namespace {

struct Case {
  const char* name;
  std::string_view authority;
  std::string_view path;
  std::string_view query;
  std::string_view method;
  std::string_view forwarded_proto;
  bool tls;
  // Empty: the request passes.
  std::string_view location;
  std::uint16_t status;
};

/// The fixture redirects to https on its default port, not permanently.
constexpr Case kDefaultPort[] = {
    {"redirects clear text", "a.com", "/x", "", "GET", "", false, "https://a.com/x", 302},
    {"keeps the query", "a.com", "/x", "k=v", "GET", "", false, "https://a.com/x?k=v", 302},
    {"drops the port of the request", "a.com:8080", "/", "", "GET", "", false, "https://a.com/", 302},
    {"drops the default port of the request", "a.com:80", "/", "", "GET", "", false, "https://a.com/", 302},
    {"keeps the brackets of an address", "[::1]:8080", "/", "", "GET", "", false, "https://[::1]/", 302},
    {"leaves an address without port alone", "[::1]", "/", "", "GET", "", false, "https://[::1]/", 302},
    {"keeps the method of other requests", "a.com", "/", "", "POST", "", false, "https://a.com/", 307},
    {"keeps the method of HEAD", "a.com", "/", "", "HEAD", "", false, "https://a.com/", 307},
    {"passes a request over TLS", "a.com", "/", "", "GET", "", true, "", 0},
    {"passes the default port over TLS", "a.com:443", "/", "", "GET", "", true, "", 0},
    {"moves another port over TLS", "a.com:8443", "/", "", "GET", "", true, "https://a.com/", 302},
    {"believes X-Forwarded-Proto", "a.com", "/", "", "GET", "https", false, "", 0},
    {"ignores the case of X-Forwarded-Proto", "a.com", "/", "", "GET", "HTTPS", false, "", 0},
    {"takes wss for https", "a.com", "/", "", "GET", "wss", false, "", 0},
    {"takes ws for http", "a.com", "/", "", "GET", "ws", true, "https://a.com/", 302},
    {"redirects what was http at the proxy before", "a.com", "/", "", "GET", "http", true, "https://a.com/", 302},
    {"ignores an unknown X-Forwarded-Proto", "a.com", "/", "", "GET", "gopher", true, "", 0},
    {"passes OPTIONS *", "a.com", "*", "", "OPTIONS", "", false, "", 0},
    {"passes a request without host", "", "/", "", "GET", "", false, "", 0},
};

/// The fixture redirects to https on port 8443, permanently.
constexpr Case kOwnPort[] = {
    {"adds the port", "a.com", "/", "", "GET", "", false, "https://a.com:8443/", 301},
    {"replaces the port", "a.com:80", "/", "", "GET", "", false, "https://a.com:8443/", 301},
    {"keeps the method", "a.com", "/", "", "PUT", "", false, "https://a.com:8443/", 308},
    {"passes the same URL", "a.com:8443", "/", "", "GET", "", true, "", 0},
};

void check(const Case& c, const RedirectScheme& redirect) {
  CAPTURE(c.name);
  test::FakeExchange exchange;
  exchange.request.authority = c.authority;
  exchange.request.path = c.path;
  exchange.request.query = c.query;
  exchange.request.has_query = !c.query.empty();
  exchange.set_method(c.method);
  exchange.peer.tls = c.tls;
  if (!c.forwarded_proto.empty()) exchange.request.headers.add("x-forwarded-proto", c.forwarded_proto);

  CHECK(exchange.run(redirect) == (c.location.empty() ? Verdict::kNext : Verdict::kReplied));
  CHECK(exchange.reply.headers.first("location") == c.location);
  if (!c.location.empty()) CHECK(exchange.reply.status == c.status);
}

TEST_CASE("redirect scheme") {
  const test::FakeBuild build;
  const auto config = test::encoded<wire::RedirectScheme>("redirect_scheme.bin");
  const RedirectScheme redirect(*config, test::sample_ref(), build);
  for (const Case& c : kDefaultPort) check(c, redirect);
}

TEST_CASE("redirect scheme and port") {
  const test::FakeBuild build;
  const auto config = test::encoded<wire::RedirectScheme>("redirect_scheme_port.bin");
  const RedirectScheme redirect(*config, test::sample_ref(), build);
  for (const Case& c : kOwnPort) check(c, redirect);
}

TEST_CASE("redirect scheme says where in words, too") {
  const test::FakeBuild build;
  const auto config = test::encoded<wire::RedirectScheme>("redirect_scheme_port.bin");
  test::FakeExchange exchange;
  CHECK(exchange.run(RedirectScheme(*config, test::sample_ref(), build)) == Verdict::kReplied);
  CHECK(exchange.reply.body == "Moved Permanently");
}

}  // namespace
}  // namespace fairlead::middleware
