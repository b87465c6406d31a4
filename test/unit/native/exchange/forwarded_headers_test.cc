#include "exchange/forwarded_headers.h"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "test/support/native/encoded.h"
#include "test/support/native/wire_writer.h"

using namespace fairlead;
using namespace fairlead::exchange;

namespace {

using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

enum Underscores : std::uint8_t { kKeep, kDelete, kReject };

struct Settings {
  bool insecure = false;
  std::vector<std::pair<std::string_view, std::uint32_t>> trusted = {};
  std::vector<std::string_view> connection = {};
  Underscores underscores = kKeep;
  bool not_append = false;
  bool scheme_headers = false;
};

test::Encoded<wire::EntryPoint> encoded(const Settings& settings) {
  test::WireWriter writer;
  writer.reserve<wire::EntryPoint>();
  writer.put(offsetof(wire::EntryPoint, forwarded_insecure), settings.insecure);
  writer.put(offsetof(wire::EntryPoint, underscore_headers), settings.underscores);
  writer.put(offsetof(wire::EntryPoint, not_append_forwarded_for), settings.not_append);
  writer.put(offsetof(wire::EntryPoint, add_forwarded_scheme_headers), settings.scheme_headers);
  std::size_t at = writer.list<wire::Cidr>(offsetof(wire::EntryPoint, forwarded_trusted), settings.trusted.size());
  for (const auto& [network, bits] : settings.trusted) {
    const net::IpAddress address = *net::IpAddress::parse(network);
    writer.put(at + offsetof(wire::Cidr, high), address.high);
    writer.put(at + offsetof(wire::Cidr, low), address.low);
    writer.put(at + offsetof(wire::Cidr, bits), bits);
    at += sizeof(wire::Cidr);
  }
  at = writer.list<wire::Text>(offsetof(wire::EntryPoint, forwarded_connection), settings.connection.size());
  for (const std::string_view name : settings.connection) {
    writer.text(at, name);
    at += sizeof(wire::Text);
  }
  return test::Encoded<wire::EntryPoint>(writer.bytes());
}

/// One request from 192.0.2.7 for example.com:8080.
struct Fixture {
  explicit Fixture(const Settings& settings = {}) : entry_point(encoded(settings)) {
    peer.client_text = "192.0.2.7";
    peer.client.ip = *net::IpAddress::parse(peer.client_text);
    request.authority = "example.com:8080";
  }
  bool settle(const Fields& fields) {
    for (const auto& [name, value] : fields) request.headers.add(name, value);
    return settle_forwarded_headers(request, peer, *entry_point, "proxy-1");
  }
  /// Values of all fields of that name joined by "|"; "-" when there is none.
  std::string value(std::string_view name) const {
    std::string joined = "-";
    for (const codec::Header& header : request.headers) {
      if (!ascii::equals_ignoring_case(header.name, name)) continue;
      joined = joined == "-" ? std::string(header.value) : joined + "|" + std::string(header.value);
    }
    return joined;
  }

  test::Encoded<wire::EntryPoint> entry_point;
  Arena arena;
  codec::Request request{arena};
  codec::Peer peer;
};

const Fields kClaims = {{"X-Forwarded-For", "1.2.3.4"},       {"X-Forwarded-Proto", "https"},
                        {"X-Forwarded-Host", "evil.example"}, {"X-Forwarded-Port", "1"},
                        {"X-Forwarded-Server", "evil"},       {"X-Real-Ip", "1.2.3.4"},
                        {"X-Forwarded-Uri", "/admin"},        {"X-Forwarded-Method", "GET"},
                        {"X-Forwarded-Prefix", "/x"},         {"X-Forwarded-Tls-Client-Cert", "c"}};

const Fields kAliases = {{"X_Forwarded_For", "1.2.3.4"},   {"x-forwarded_proto", "https"},
                         {"X_Real_Ip", "1.2.3.4"},         {"X_FORWARDED-HOST", "evil.example"},
                         {"X_Forwarded_Uri", "/admin"},    {"Content_Length", "5"},
                         {"Transfer_Encoding", "chunked"}, {"X_Forwarded_Tls_Client_Cert", "c"}};

}  // namespace

TEST_CASE("a hop is trusted by its address or because every one is") {
  struct Case {
    const char* name;
    Settings settings;
    bool trusted;
  };
  const Case cases[] = {
      {"nobody", {}, false},
      {"everybody", {.insecure = true}, true},
      {"its network", {.trusted = {{"10.0.0.0", 104}, {"192.0.2.0", 120}}}, true},
      {"another network", {.trusted = {{"192.0.3.0", 120}}}, false},
      {"all of IPv6", {.trusted = {{"::", 0}}}, false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    const Fixture f(c.settings);
    CHECK(is_trusted_hop(*f.entry_point, f.peer) == c.trusted);
  }
}

TEST_CASE("what an untrusted hop says about itself is replaced by what is true") {
  Fixture f;
  CHECK(f.settle(kClaims));
  CHECK(f.value("X-Forwarded-For") == "-");
  CHECK(f.value("X-Real-Ip") == "192.0.2.7");
  CHECK(f.value("X-Forwarded-Proto") == "http");
  CHECK(f.value("X-Forwarded-Host") == "example.com:8080");
  CHECK(f.value("X-Forwarded-Port") == "8080");
  CHECK(f.value("X-Forwarded-Server") == "proxy-1");
  for (const char* name : {"X-Forwarded-Uri", "X-Forwarded-Method", "X-Forwarded-Prefix", "X-Forwarded-Tls-Client-Cert",
                           "X-Forwarded-Scheme", "X-Scheme"}) {
    CAPTURE(name);
    CHECK(f.value(name) == "-");
  }
  append_forwarded_for(f.request, f.peer, *f.entry_point);
  CHECK(f.value("X-Forwarded-For") == "192.0.2.7");
}

TEST_CASE("what a trusted hop says stays, but for the name of the proxy itself") {
  Fixture f({.insecure = true});
  CHECK(f.settle(kClaims));
  for (const auto& [name, value] : kClaims) {
    CAPTURE(name);
    if (name != "X-Forwarded-Server") CHECK(f.value(name) == value);
  }
  CHECK(f.value("X-Forwarded-Server") == "proxy-1");
  append_forwarded_for(f.request, f.peer, *f.entry_point);
  CHECK(f.value("X-Forwarded-For") == "1.2.3.4, 192.0.2.7");
}

TEST_CASE("what a trusted hop leaves out or empty is completed, once") {
  for (const bool empty : {false, true}) {
    CAPTURE(empty);
    Fixture f({.insecure = true});
    CHECK(f.settle(empty ? Fields{{"X-Forwarded-Proto", ""},
                                  {"X-Forwarded-Port", ""},
                                  {"X-Forwarded-Host", ""},
                                  {"X-Real-Ip", ""},
                                  {"X-Forwarded-For", ""}}
                         : Fields{}));
    CHECK(f.value("X-Forwarded-Proto") == "http");
    CHECK(f.value("X-Forwarded-Port") == "8080");
    CHECK(f.value("X-Forwarded-Host") == "example.com:8080");
    CHECK(f.value("X-Real-Ip") == "192.0.2.7");
    append_forwarded_for(f.request, f.peer, *f.entry_point);
    CHECK(f.value("X-Forwarded-For") == "192.0.2.7");
  }
}

TEST_CASE("several X-Forwarded-For lines become one, in order") {
  Fixture f({.insecure = true});
  CHECK(f.settle({{"X-Forwarded-For", "1.1.1.1, 2.2.2.2"}, {"Other", "x"}, {"x-forwarded-for", "3.3.3.3"}}));
  append_forwarded_for(f.request, f.peer, *f.entry_point);
  CHECK(f.value("X-Forwarded-For") == "1.1.1.1, 2.2.2.2, 3.3.3.3, 192.0.2.7");
}

TEST_CASE("spellings with underscores never pass, whoever sends them") {
  for (const bool trusted : {false, true}) {
    CAPTURE(trusted);
    Fixture f({.insecure = trusted});
    CHECK(f.settle(kAliases));
    for (const auto& [name, value] : kAliases) {
      CAPTURE(name);
      CHECK(f.value(name) == "-");
    }
  }
}

TEST_CASE("other names with underscores are kept, deleted or refused as the entry point says") {
  const Fields fields = {{"my_header", "1"}, {"My-Header", "2"}};
  Fixture keeps({.underscores = kKeep});
  CHECK(keeps.settle(fields));
  CHECK(keeps.value("my_header") == "1");
  Fixture deletes({.underscores = kDelete});
  CHECK(deletes.settle(fields));
  CHECK(deletes.value("my_header") == "-");
  CHECK(deletes.value("My-Header") == "2");
  Fixture rejects({.underscores = kReject});
  CHECK_FALSE(rejects.settle(fields));
  Fixture fine({.underscores = kReject});
  CHECK(fine.settle({{"My-Header", "2"}}));
}

TEST_CASE("fields that Connection names are removed, but for those a client must not be able to remove") {
  Fixture f({.insecure = true, .connection = {"X-Kept"}});
  CHECK(f.settle({{"Connection", "close, X-Own, x-forwarded-for, X-REAL-IP, Authorization, cookie, x-kept"},
                  {"X-Own", "1"},
                  {"connection", "X-Other"},
                  {"x-other", "2"},
                  {"X-OWN", "3"},
                  {"X-Forwarded-For", "1.1.1.1"},
                  {"X-Real-Ip", "1.1.1.1"},
                  {"Authorization", "Basic x"},
                  {"Cookie", "a=b"},
                  {"X-Kept", "4"}}));
  CHECK(f.value("X-Own") == "-");
  CHECK(f.value("X-Other") == "-");
  CHECK(f.value("X-Forwarded-For") == "1.1.1.1");
  CHECK(f.value("X-Real-Ip") == "1.1.1.1");
  CHECK(f.value("Authorization") == "Basic x");
  CHECK(f.value("Cookie") == "a=b");
  CHECK(f.value("X-Kept") == "4");
}

TEST_CASE("Connection cannot remove what the proxy adds") {
  Fixture f;
  CHECK(f.settle({{"Connection", "X-Forwarded-For, X-Forwarded-Host, X-Forwarded-Proto, X-Real-Ip"}}));
  append_forwarded_for(f.request, f.peer, *f.entry_point);
  CHECK(f.value("X-Forwarded-For") == "192.0.2.7");
  CHECK(f.value("X-Forwarded-Host") == "example.com:8080");
}

TEST_CASE("protocol and port follow the connection, the host and the upgrade") {
  struct Case {
    const char* name;
    bool tls;
    std::string_view authority;
    std::string_view upgrade;
    std::string_view proto;
    std::string_view port;
  };
  constexpr Case kCases[] = {
      {"clear text", false, "a", "", "http", "80"},
      {"TLS", true, "a", "", "https", "443"},
      {"a port", true, "a:8443", "", "https", "8443"},
      {"an empty port", false, "a:", "", "http", "80"},
      {"IPv6", false, "[::1]", "", "http", "80"},
      {"IPv6 and a port", false, "[::1]:81", "", "http", "81"},
      {"WebSocket", false, "a", "WebSocket", "ws", "80"},
      {"WebSocket over TLS", true, "a", "websocket", "wss", "443"},
      {"another upgrade", false, "a", "foo", "http", "80"},
      {"no host", false, "", "", "http", "80"},
  };
  for (const Case& c : kCases) {
    CAPTURE(c.name);
    Fixture f;
    f.peer.tls = c.tls;
    f.request.authority = c.authority;
    f.request.wants_upgrade = !c.upgrade.empty();
    f.request.upgrade = c.upgrade;
    CHECK(f.settle({}));
    CHECK(f.value("X-Forwarded-Proto") == c.proto);
    CHECK(f.value("X-Forwarded-Port") == c.port);
    CHECK(f.value("X-Forwarded-Host") == c.authority);
  }
}

TEST_CASE("the port follows the protocol that a trusted hop names, and TLS in any case") {
  Fixture outside({.insecure = true});
  outside.request.authority = "a";
  CHECK(outside.settle({{"X-Forwarded-Proto", "https"}}));
  CHECK(outside.value("X-Forwarded-Port") == "443");
  Fixture inside({.insecure = true});
  inside.request.authority = "a";
  inside.peer.tls = true;
  CHECK(inside.settle({{"X-Forwarded-Proto", "http"}}));
  CHECK(inside.value("X-Forwarded-Port") == "443");
}

TEST_CASE("the scheme fields of other proxies are written on request") {
  Fixture f({.scheme_headers = true});
  CHECK(f.settle({{"X-Scheme", "evil"}}));
  CHECK(f.value("X-Scheme") == "http");
  CHECK(f.value("X-Forwarded-Scheme") == "http");
}

TEST_CASE("the client is not appended where entry point or middleware say so") {
  Fixture entry_point({.insecure = true, .not_append = true});
  CHECK(entry_point.settle({{"X-Forwarded-For", "1.1.1.1"}}));
  append_forwarded_for(entry_point.request, entry_point.peer, *entry_point.entry_point);
  CHECK(entry_point.value("X-Forwarded-For") == "1.1.1.1");

  Fixture middleware;
  CHECK(middleware.settle({}));
  middleware.request.omits_forwarded_for = true;
  append_forwarded_for(middleware.request, middleware.peer, *middleware.entry_point);
  CHECK(middleware.value("X-Forwarded-For") == "-");
}
