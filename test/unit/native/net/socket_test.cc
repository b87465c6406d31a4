#include "net/socket.h"

#include <doctest/doctest.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/un.h>

#include <string>

#include "test/support/native/sockets.h"

using namespace fairlead;
using net::Endpoint;
using net::IpAddress;
using test::Fd;

namespace {

Endpoint loopback(std::uint16_t port = 0) { return {*IpAddress::parse("127.0.0.1"), port}; }

int option(int fd, int level, int name) {
  int value = -1;
  socklen_t length = sizeof(value);
  REQUIRE(::getsockopt(fd, level, name, &value, &length) == 0);
  return value;
}

/// Waits until a connection is made or refused; the error.
int outcome(int fd) {
  pollfd ready{fd, POLLOUT, 0};
  REQUIRE(::poll(&ready, 1, 20'000) == 1);
  return net::connect_error(fd);
}

}  // namespace

TEST_CASE("a listener shares its port with others of ours, and connections inherit its options") {
  const Fd first(net::listen_tcp(loopback(), 16));
  REQUIRE(first.get() >= 0);
  const Endpoint bound = net::local_endpoint(first.get());
  CHECK(bound.ip == loopback().ip);
  CHECK(bound.port != 0);
  const Fd second(net::listen_tcp(bound, 16));
  CHECK(second.get() >= 0);

  Fd alone(net::listen_tcp(loopback(), 16));
  const Fd client = test::connect_to_loopback(net::local_endpoint(alone.get()).port);
  pollfd ready{alone.get(), POLLIN, 0};
  REQUIRE(::poll(&ready, 1, 20'000) == 1);
  const Fd accepted(::accept4(alone.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  REQUIRE(accepted.get() >= 0);
  CHECK(option(accepted.get(), IPPROTO_TCP, TCP_NODELAY) == 1);
  CHECK(option(accepted.get(), SOL_SOCKET, SO_KEEPALIVE) == 1);
  CHECK(option(accepted.get(), IPPROTO_TCP, TCP_KEEPIDLE) == 60);
  CHECK((::fcntl(alone.get(), F_GETFL) & O_NONBLOCK) != 0);
  CHECK((::fcntl(alone.get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("the unspecified IPv6 address takes IPv4 as well") {
  const Fd listener(net::listen_tcp(Endpoint{}, 16));
  if (listener.get() < 0) return;  // a kernel without IPv6
  const Fd client = test::connect_to_loopback(net::local_endpoint(listener.get()).port);
  CHECK(client.get() >= 0);
}

TEST_CASE("a port that somebody else listens on is not free, though it could be shared") {
  std::uint16_t port = 0;
  Fd other = test::listen_on_loopback(port);
  CHECK_FALSE(net::port_is_free(loopback(port)));
  CHECK(errno == EADDRINUSE);
  // A neighbour that shares its ports, perhaps another copy of ourselves.
  other.reset(net::listen_tcp(loopback(), 16));
  port = net::local_endpoint(other.get()).port;
  CHECK_FALSE(net::port_is_free(loopback(port)));
  CHECK(errno == EADDRINUSE);
  other.reset();
  CHECK(net::port_is_free(loopback(port)));
  CHECK(net::port_is_free(loopback(0)));
}

TEST_CASE("a port whose last connections are still winding up is free") {
  std::uint16_t port = 0;
  {
    const Fd listener(net::listen_tcp(loopback(), 16));
    port = net::local_endpoint(listener.get()).port;
    const Fd client = test::connect_to_loopback(port);
    pollfd ready{listener.get(), POLLIN, 0};
    REQUIRE(::poll(&ready, 1, 20'000) == 1);
    // The server closes first: its side stays in TIME_WAIT.
    Fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)).reset();
    CHECK(test::read_to_end(client.get()).empty());
  }
  CHECK(net::port_is_free(loopback(port)));
}

TEST_CASE("failures leave nothing open and tell why") {
  const std::size_t before = test::open_descriptors();
  bool pending = false;
  errno = 0;
  CHECK(net::listen_tcp({*IpAddress::parse("192.0.2.1"), 0}, 16) == -1);
  CHECK(errno == EADDRNOTAVAIL);
  CHECK(net::connect_unix("", pending) == -1);
  CHECK(errno == ENAMETOOLONG);
  CHECK(net::connect_unix(std::string(200, 'x'), pending) == -1);
  CHECK(errno == ENAMETOOLONG);
  CHECK(net::connect_unix("/nonexistent/socket", pending) == -1);
  CHECK(errno == ENOENT);
  CHECK(test::open_descriptors() == before);
}

TEST_CASE("connecting ends with success or with the reason, once the socket is writable") {
  std::uint16_t port = 0;
  Fd listener = test::listen_on_loopback(port);
  bool pending = false;
  const Fd connected(net::connect_tcp(loopback(port), pending));
  REQUIRE(connected.get() >= 0);
  CHECK(outcome(connected.get()) == 0);
  CHECK(option(connected.get(), IPPROTO_TCP, TCP_NODELAY) == 1);
  CHECK(option(connected.get(), SOL_SOCKET, SO_KEEPALIVE) == 1);

  listener.reset();
  const Fd refused(net::connect_tcp(loopback(port), pending));
  CHECK((refused.get() >= 0 ? outcome(refused.get()) : errno) == ECONNREFUSED);
}

TEST_CASE("a unix socket is connected to by its path") {
  const std::string path = "/tmp/fairlead-socket-test-" + std::to_string(::getpid());
  const Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  REQUIRE(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  REQUIRE(::listen(listener.get(), 1) == 0);
  bool pending = true;
  const Fd client(net::connect_unix(path, pending));
  CHECK(client.get() >= 0);
  CHECK_FALSE(pending);
  ::unlink(path.c_str());
}
