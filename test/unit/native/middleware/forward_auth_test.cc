#include "middleware/forward_auth.h"

#include <doctest/doctest.h>

#include "test/support/native/encoded.h"
#include "test/support/native/fake_exchange.h"

namespace fairlead::middleware {
namespace {

using test::FakeExchange;
using test::values;

/// A forwardAuth as one of the fixtures configures it.
struct Auth {
  explicit Auth(const char* fixture)
      : config(test::encoded<wire::ForwardAuth>(fixture)), auth(*config, test::sample_ref(), build) {}
  test::FakeBuild build;
  test::Encoded<wire::ForwardAuth> config;
  ForwardAuth auth;
};

void prepare(FakeExchange& exchange) {
  codec::Request& request = exchange.request;
  request.path = "/shop/cart";
  request.query = "id=1";
  request.has_query = true;
  request.authority = "example.com:8080";
  exchange.set_method("POST");
  codec::Headers& headers = request.headers;
  headers.add("Host", "example.com:8080");
  headers.add("Cookie", "a=1");
  headers.add("X-Wanted", "w");
  headers.add("Content-Length", "3");
  headers.add("Connection", "keep-alive, X-Hop");
  headers.add("X-Hop", "1");
  headers.add("Transfer-Encoding", "chunked");
  headers.add("Upgrade", "websocket");
  headers.add("X-Forwarded-For", "198.51.100.1");
  headers.add("X-Forwarded-Proto", "wss");
  headers.add("X-Forwarded-Prefix", "/p");
  headers.add("X-Forwarded-Host", "outer.example");
  headers.add("X-Real-Ip", "198.51.100.1");
}

TEST_CASE("the server and its transport are made reachable once, at build time") {
  const Auth a("forward_auth.bin");
  REQUIRE(a.build.targets.size() == 1);
  const auto& [server, transport] = a.build.targets[0];
  CHECK(server->host.view() == "auth.example");
  CHECK(server->port == 9000);
  CHECK(server->authority.view() == "auth.example:9000");
  CHECK_FALSE(server->tls);
  CHECK(transport->dial_timeout == 30 * kSecond);
}

TEST_CASE("the server is asked about the request") {
  const Auth a("forward_auth.bin");
  FakeExchange exchange;
  prepare(exchange);
  CHECK(exchange.run(a.auth) == Verdict::kNext);
  const auto& asked = exchange.facilities.asked;
  CHECK(asked.method == "GET");
  CHECK(asked.path == "/check/now?why=1");
  CHECK(asked.body.empty());
  CHECK(asked.header("Cookie") == "a=1");
  CHECK(asked.header("X-Forwarded-Method") == "POST");
  CHECK(asked.header("X-Forwarded-Uri") == "/shop/cart?id=1");
  for (const char* gone : {"Host", "Content-Length", "Connection", "X-Hop", "Transfer-Encoding", "Upgrade"}) {
    CAPTURE(gone);
    CHECK(asked.header(gone) == "-");
  }
}

struct TrustCase {
  const char* fixture;
  const char* header;
  const char* expected;
};

constexpr TrustCase kTrust[] = {
    {"forward_auth.bin", "X-Forwarded-For", "192.0.2.7"},
    {"forward_auth.bin", "X-Forwarded-Proto", "http"},
    {"forward_auth.bin", "X-Forwarded-Host", "example.com:8080"},
    {"forward_auth.bin", "X-Forwarded-Prefix", "/p"},
    {"forward_auth.bin", "X-Forwarded-Port", "-"},
    {"forward_auth.bin", "X-Real-Ip", "198.51.100.1"},
    {"forward_auth_remove.bin", "X-Forwarded-For", "192.0.2.7"},
    {"forward_auth_remove.bin", "X-Forwarded-Proto", "http"},
    {"forward_auth_remove.bin", "X-Forwarded-Host", "example.com:8080"},
    {"forward_auth_remove.bin", "X-Forwarded-Prefix", "-"},
    {"forward_auth_remove.bin", "X-Forwarded-Port", "8080"},
    {"forward_auth_remove.bin", "X-Real-Ip", "-"},
    {"forward_auth_keep.bin", "X-Forwarded-For", "198.51.100.1, 192.0.2.7"},
    {"forward_auth_keep.bin", "X-Forwarded-Proto", "wss"},
    {"forward_auth_keep.bin", "X-Forwarded-Host", "outer.example"},
    {"forward_auth_keep.bin", "X-Forwarded-Prefix", "/p"},
    {"forward_auth_keep.bin", "X-Forwarded-Port", "8080"},
    {"forward_auth_keep.bin", "X-Forwarded-Method", "POST"},
    {"forward_auth_keep.bin", "X-Real-Ip", "198.51.100.1"},
};

TEST_CASE("forwarded headers are overwritten, removed or kept") {
  for (const TrustCase& c : kTrust) {
    CAPTURE(c.fixture);
    CAPTURE(c.header);
    const Auth a(c.fixture);
    FakeExchange exchange;
    prepare(exchange);
    exchange.facilities.status = 204;
    CHECK(exchange.run(a.auth) == Verdict::kNext);
    CHECK(exchange.facilities.asked.header(c.header) == c.expected);
  }
}

TEST_CASE("the port is the scheme's when the host has none") {
  const Auth a("forward_auth_remove.bin");
  FakeExchange exchange;
  exchange.peer.tls = true;
  CHECK(exchange.run(a.auth) == Verdict::kNext);
  CHECK(exchange.facilities.asked.header("X-Forwarded-Port") == "443");
  CHECK(exchange.facilities.asked.header("X-Forwarded-Proto") == "https");
}

TEST_CASE("only listed headers are sent, with those about forwarding when they are trusted") {
  const Auth a("forward_auth_keep.bin");
  FakeExchange exchange;
  prepare(exchange);
  exchange.request.headers.add("X-Unwanted", "1");
  CHECK(exchange.run(a.auth) == Verdict::kNext);
  const auto& asked = exchange.facilities.asked;
  CHECK(asked.header("X-Wanted") == "w");
  CHECK(asked.header("Cookie") == "a=1");
  CHECK(asked.header("X-Unwanted") == "-");
  SUBCASE("with the credentials of the URL") { CHECK(asked.header("Authorization") == "Basic dXNlcjpzZWNyZXQ="); }
  SUBCASE("with the method of the request") { CHECK(asked.method == "POST"); }
}

TEST_CASE("credentials of the request win over those of the URL") {
  const Auth a("forward_auth_credentials.bin");
  FakeExchange exchange;
  exchange.request.headers.add("Authorization", "Bearer token");
  CHECK(exchange.run(a.auth) == Verdict::kNext);
  CHECK(exchange.facilities.asked.header("Authorization") == "Bearer token");
}

TEST_CASE("an answer of 2xx replaces the listed headers of the request") {
  const Auth a("forward_auth_keep.bin");
  FakeExchange exchange;
  codec::Headers& request = exchange.request.headers;
  for (const char* name : {"X-User", "x-ROLES", "x-auth-level", "X-Auth-Forged", "X-Other"})
    request.add(name, "forged");
  exchange.facilities.headers = {{"x-user", "ada"},     {"X-Roles", "a"},        {"X-Roles", "b"},
                                 {"x-auth-level", "3"}, {"Content-Length", "5"}, {"X-Secret", "s"}};
  CHECK(exchange.run(a.auth) == Verdict::kNext);
  CHECK(values(request, "X-User") == "ada");
  CHECK(values(request, "X-Roles") == "a|b");
  CHECK(values(request, "X-Auth-Level") == "3");
  CHECK(values(request, "X-Auth-Forged") == "-");
  CHECK(values(request, "X-Other") == "forged");
  CHECK(values(request, "X-Secret") == "-");
  CHECK(exchange.user == "ada");
}

TEST_CASE("an answer cannot change how the request is framed") {
  const Auth a("forward_auth_keep.bin");
  FakeExchange exchange;
  codec::Headers& request = exchange.request.headers;
  request.add("Content-Length", "3");
  exchange.facilities.headers = {{"Content-Length", "5"}, {"Transfer-Encoding", "chunked"}};
  CHECK(exchange.run(a.auth) == Verdict::kNext);
  CHECK(values(request, "Content-Length") == "3");
  CHECK(values(request, "Transfer-Encoding") == "-");
}

TEST_CASE("a listed header that the answer lacks is removed all the same") {
  const Auth a("forward_auth_keep.bin");
  FakeExchange exchange;
  exchange.request.headers.add("X-User", "forged");
  exchange.request.headers.add("x_user", "forged");
  exchange.request.headers.add("X-Users", "kept");
  CHECK(exchange.run(a.auth) == Verdict::kNext);
  CHECK(values(exchange.request.headers, "X-User") == "-");
  CHECK(values(exchange.request.headers, "X_User") == "-");
  CHECK(values(exchange.request.headers, "X-Users") == "kept");
}

TEST_CASE("listed cookies of the answer replace the upstream's") {
  const Auth a("forward_auth_keep.bin");
  FakeExchange exchange;
  std::string_view expected;
  codec::Headers& response = exchange.response.headers;
  response.add("Set-Cookie", "session=upstream; Path=/");
  response.add("Set-Cookie", "theme=dark");
  SUBCASE("when the answer sets them") {
    exchange.facilities.headers = {{"Set-Cookie", "session=auth; HttpOnly"}, {"Set-Cookie", "other=1"}};
    expected = "theme=dark|session=auth; HttpOnly";
  }
  SUBCASE("when the answer sets only others") {
    exchange.facilities.headers = {{"Set-Cookie", "other=1"}};
    expected = "theme=dark";
  }
  SUBCASE("not when the answer sets none") { expected = "session=upstream; Path=/|theme=dark"; }
  CHECK(exchange.run(a.auth) == Verdict::kNext);
  exchange.run_response(a.auth);
  CHECK(values(response, "Set-Cookie") == expected);
}

TEST_CASE("any other answer is the client's") {
  const Auth a("forward_auth.bin");
  constexpr std::uint16_t kStatuses[] = {300, 302, 401, 403, 404, 500, 503};
  for (const std::uint16_t status : kStatuses) {
    CAPTURE(status);
    FakeExchange exchange;
    exchange.facilities.status = status;
    exchange.facilities.body = "go away";
    exchange.facilities.headers = {{"WWW-Authenticate", "Basic"},
                                   {"Content-Length", "7"},
                                   {"Connection", "X-Hop"},
                                   {"X-Hop", "1"},
                                   {"Date", "now"},
                                   {"Set-Cookie", "a=1"}};
    CHECK(exchange.run(a.auth) == Verdict::kReplied);
    const LocalReply& reply = exchange.reply;
    CHECK(reply.status == status);
    CHECK(reply.reason == Reason::kAuthDenied);
    CHECK(reply.body == "go away");
    CHECK(values(reply.headers, "WWW-Authenticate") == "Basic");
    CHECK(values(reply.headers, "Set-Cookie") == "a=1");
    for (const char* gone : {"Content-Length", "Connection", "X-Hop", "Date"})
      CHECK(values(reply.headers, gone) == "-");
  }
}

TEST_CASE("a relative location is the server's, unless it is to be preserved") {
  const char* fixture = "forward_auth.bin";
  std::string_view expected = "http://auth.example:9000/check/login?x";
  SUBCASE("resolved") {}
  SUBCASE("preserved") {
    fixture = "forward_auth_keep.bin";
    expected = "login?x";
  }
  const Auth a(fixture);
  FakeExchange exchange;
  exchange.facilities.status = 302;
  exchange.facilities.headers = {{"Location", "login?x"}};
  CHECK(exchange.run(a.auth) == Verdict::kReplied);
  CHECK(values(exchange.reply.headers, "Location") == expected);
}

TEST_CASE("a 401 may send the client to the sign-in page") {
  const Auth a("forward_auth_remove.bin");
  FakeExchange exchange;
  std::uint16_t expected = 0;
  SUBCASE("401") {
    exchange.facilities.status = 401;
    expected = 302;
  }
  SUBCASE("403 stays") { exchange.facilities.status = expected = 403; }
  CHECK(exchange.run(a.auth) == Verdict::kReplied);
  CHECK(exchange.reply.status == expected);
  CHECK(values(exchange.reply.headers, "Location") == (expected == 302 ? "https://login.example/?next" : "-"));
}

TEST_CASE("a call that fails lets nothing pass") {
  const Auth a("forward_auth.bin");
  for (const Reason reason :
       {Reason::kConnectFailed, Reason::kUpstreamHeadTimeout, Reason::kUpstreamMalformed, Reason::kAuthFailed}) {
    FakeExchange exchange;
    exchange.facilities.fetch_error = {.reason = reason, .origin = Origin::kUpstream};
    CHECK(exchange.run(a.auth) == Verdict::kReplied);
    CHECK(exchange.reply.status == 500);
    CHECK(exchange.reply.reason == Reason::kAuthFailed);
    CHECK(exchange.reply.body.empty());
  }
}

TEST_CASE("an answer that is too large is a 401") {
  const Auth a("forward_auth_keep.bin");
  FakeExchange exchange;
  exchange.facilities.fetch_error = {.reason = Reason::kAuthDenied, .origin = Origin::kUpstream};
  CHECK(exchange.run(a.auth) == Verdict::kReplied);
  CHECK(exchange.facilities.asked.max_response_bytes == 100);
  CHECK(exchange.facilities.asked.timeout == 5 * kSecond);
  CHECK(exchange.reply.status == 401);
}

TEST_CASE("the body is sent along when asked for") {
  const Auth a("forward_auth_keep.bin");
  FakeExchange exchange;
  exchange.set_method("POST");
  exchange.request.body = codec::BodyKind::kChunked;
  SUBCASE("whole") {
    exchange.facilities.request_body = "0123456789";
    CHECK(exchange.run(a.auth) == Verdict::kNext);
    CHECK(exchange.facilities.asked.body == "0123456789");
  }
  SUBCASE("one that is too large is a 401, and nobody is asked") {
    exchange.facilities.request_body = "0123456789a";
    CHECK(exchange.run(a.auth) == Verdict::kReplied);
    CHECK(exchange.reply.status == 401);
    CHECK(exchange.facilities.fetches == 0);
  }
  SUBCASE("one that says it will be too large is not even read") {
    exchange.request.body = codec::BodyKind::kLength;
    exchange.request.content_length = 11;
    exchange.facilities.body_error = {.reason = Reason::kClientClosed, .origin = Origin::kClient};
    CHECK(exchange.run(a.auth) == Verdict::kReplied);
    CHECK(exchange.reply.status == 401);
  }
  SUBCASE("one that the client breaks is the client's fault") {
    exchange.facilities.body_error = {.reason = Reason::kMalformedBody, .origin = Origin::kClient};
    CHECK(exchange.run(a.auth) == Verdict::kReplied);
    CHECK(exchange.reply.status == 400);
    CHECK(exchange.facilities.fetches == 0);
  }
}

}  // namespace
}  // namespace fairlead::middleware
