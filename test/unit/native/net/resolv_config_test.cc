#include "net/resolv_config.h"

#include <doctest/doctest.h>

using namespace fairlead;
using net::IpAddress;
using net::ResolvConfig;

namespace {

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

}  // namespace

TEST_CASE("servers and options, whatever stands around them") {
  const ResolvConfig config = net::parse_resolv_config(
      "# made by hand\n; old style\nsearch example.com\n\n"
      "nameserver 192.0.2.1\n\tnameserver\t2001:db8::53 \r\n"
      "options ndots:2 timeout:2\nnameserver nonsense\nnameservers 192.0.2.9\noptions attempts:3 edns0");
  REQUIRE(config.servers.size() == 2);
  CHECK(config.servers[0] == net::Endpoint{ip("192.0.2.1"), 53});
  CHECK(config.servers[1] == net::Endpoint{ip("2001:db8::53"), 53});
  CHECK(config.timeout == 2 * kSecond);
  CHECK(config.attempts == 3);
}

TEST_CASE("without a server it is the one of this machine, with the times of the C library") {
  const ResolvConfig config = net::parse_resolv_config("options timeout:x attempts: rotate");
  REQUIRE(config.servers.size() == 1);
  CHECK(config.servers[0] == net::Endpoint{ip("127.0.0.1"), 53});
  CHECK(config.timeout == 5 * kSecond);
  CHECK(config.attempts == 2);
}

TEST_CASE("numbers and servers have their bounds") {
  const ResolvConfig config = net::parse_resolv_config(
      "nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\nnameserver 192.0.2.4\n"
      "options timeout:99 attempts:0");
  CHECK(config.servers.size() == 3);
  CHECK(config.timeout == 30 * kSecond);
  CHECK(config.attempts == 1);
}

TEST_CASE("a file that cannot be read has no servers") {
  CHECK(net::read_resolv_config("/nowhere/resolv.conf").servers.empty());
  CHECK(net::read_resolv_config("/proc").servers.empty());
}
