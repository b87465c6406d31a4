#include "net/address.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>

#include <string>

using fairlead::net::Endpoint;
using fairlead::net::in_range;
using fairlead::net::IpAddress;

namespace {

std::string formatted(const IpAddress& address) {
  char text[INET6_ADDRSTRLEN];
  return std::string(address.format(text));
}

IpAddress ip(std::string_view text) {
  const auto address = IpAddress::parse(text);
  REQUIRE(address.has_value());
  return *address;
}

}  // namespace

TEST_CASE("addresses are read and written in canonical form") {
  struct Case {
    std::string_view text;
    std::string_view canonical;
  };
  constexpr Case kCases[] = {
      {"0.0.0.0", "0.0.0.0"},
      {"127.0.0.1", "127.0.0.1"},
      {"255.255.255.255", "255.255.255.255"},
      {"192.0.2.100", "192.0.2.100"},
      {"::", "::"},
      {"::1", "::1"},
      {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
      {"fe80::1%eth0", "fe80::1"},
      {"::ffff:192.0.2.1", "192.0.2.1"},
      {"::FFFF:c000:201", "192.0.2.1"},
      {"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
  };
  for (const Case& c : kCases) {
    CAPTURE(c.text);
    CHECK(formatted(ip(c.text)) == c.canonical);
    CHECK(ip(c.canonical) == ip(c.text));
  }
}

TEST_CASE("texts that are no address are refused") {
  for (const std::string_view text :
       {"", "%", "%eth0", "localhost", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", "[::1]",
        ":::", "1::2::3", "::ffff:1.2.3.256", "1:2:3:4:5:6:7:8:9", "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555",
        "0000000000000000000000000000000000000000000000000000000000000000000000001"}) {
    CAPTURE(text);
    CHECK_FALSE(IpAddress::parse(text).has_value());
  }
  CHECK_FALSE(IpAddress::parse(std::string_view("1.2.3.4\0.5", 9)).has_value());
}

TEST_CASE("IPv4 is told from IPv6") {
  CHECK(ip("127.0.0.1").is_v4());
  CHECK(ip("::ffff:1.2.3.4").is_v4());
  CHECK_FALSE(ip("::1").is_v4());
  CHECK_FALSE(ip("::").is_v4());
}

TEST_CASE("an address lies in a range when the leading bits agree") {
  struct Case {
    std::string_view address;
    std::string_view network;
    std::uint32_t bits;  // of the mapped form
    bool inside;
  };
  constexpr Case kCases[] = {
      {"10.1.2.3", "10.0.0.0", 96 + 8, true},
      {"11.1.2.3", "10.0.0.0", 96 + 8, false},
      {"10.0.0.1", "10.0.0.1", 128, true},
      {"10.0.0.2", "10.0.0.1", 128, false},
      {"10.0.0.3", "10.0.0.2", 127, true},
      {"203.0.113.9", "0.0.0.0", 96, true},
      {"203.0.113.9", "::", 0, false},  // as net.IPNet of Go: an IPv6 range holds no IPv4
      {"203.0.113.9", "::", 64, false},
      {"::1", "0.0.0.0", 96, false},
      {"2001:db8::1", "::", 0, true},
      {"2001:db8::1", "2001:db8::", 32, true},
      {"2001:db9::1", "2001:db8::", 32, false},
      {"2001:db8:0:1::", "2001:db8::", 64, false},
      {"2001:db8::8000:0:0:1", "2001:db8::", 64, true},
      {"2001:db8::8000:0:0:1", "2001:db8::", 65, false},
      {"2001:db8::1", "2001:db8::1", 128, true},
      {"2001:db8::", "2001:db8::1", 128, false},
      {"8000::", "::", 1, false},
  };
  for (const Case& c : kCases) {
    CAPTURE(c.address);
    CAPTURE(c.network);
    CAPTURE(c.bits);
    const IpAddress network = ip(c.network);
    CHECK(in_range(ip(c.address), network.high, network.low, c.bits) == c.inside);
  }
}

TEST_CASE("endpoints survive the way through a socket address") {
  for (const std::string_view text : {"127.0.0.1", "0.0.0.0", "::1", "::", "2001:db8::7"}) {
    CAPTURE(text);
    const Endpoint endpoint{ip(text), 8080};
    sockaddr_storage storage;
    const socklen_t length = endpoint.to(storage);
    CHECK(storage.ss_family == (ip(text).is_v4() ? AF_INET : AF_INET6));
    CHECK(length == (ip(text).is_v4() ? sizeof(sockaddr_in) : sizeof(sockaddr_in6)));
    CHECK(Endpoint::from(storage) == endpoint);
  }
}

TEST_CASE("a socket address of another family is no endpoint") {
  sockaddr_storage storage{};
  storage.ss_family = AF_UNIX;
  CHECK(Endpoint::from(storage) == Endpoint{});
}
