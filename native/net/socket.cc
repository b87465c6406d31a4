#include "net/socket.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

namespace fairlead::net {
namespace {

int close_keeping_errno(int fd) {
  const int saved = errno;
  ::close(fd);
  errno = saved;
  return -1;
}

bool set(int fd, int level, int option, int value) {
  return ::setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

int tcp_socket(const Endpoint& endpoint) {
  return ::socket(endpoint.ip.is_v4() ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

// A peer that has vanished without a word (a pulled cable, a firewall that forgot) is noticed after two minutes: tunnels
// have no other deadline.
bool keep_alive(int fd) {
  constexpr int kIdleSeconds = 60;
  constexpr int kProbeSeconds = 20;
  constexpr int kProbes = 3;
  return set(fd, SOL_SOCKET, SO_KEEPALIVE, 1) && set(fd, IPPROTO_TCP, TCP_KEEPIDLE, kIdleSeconds) &&
         set(fd, IPPROTO_TCP, TCP_KEEPINTVL, kProbeSeconds) && set(fd, IPPROTO_TCP, TCP_KEEPCNT, kProbes);
}

bool bind_to(int fd, const Endpoint& endpoint) {
  sockaddr_storage storage{};
  const socklen_t length = endpoint.to(storage);
  return ::bind(fd, reinterpret_cast<const sockaddr*>(&storage), length) == 0;
}

int start_connect(int fd, const sockaddr* address, socklen_t length, bool& pending) {
  const bool done = ::connect(fd, address, length) == 0;
  pending = !done && errno == EINPROGRESS;
  return done || pending ? fd : close_keeping_errno(fd);
}

}  // namespace

int listen_tcp(const Endpoint& endpoint, int backlog) {
  const int fd = tcp_socket(endpoint);
  if (fd < 0) return -1;
  const bool any_v6 = endpoint.ip == IpAddress{};
  if (any_v6 && !set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0)) return close_keeping_errno(fd);
  const bool ready = set(fd, SOL_SOCKET, SO_REUSEADDR, 1) && set(fd, SOL_SOCKET, SO_REUSEPORT, 1) &&
                     set(fd, IPPROTO_TCP, TCP_NODELAY, 1) && keep_alive(fd) && bind_to(fd, endpoint) &&
                     ::listen(fd, backlog) == 0;
  return ready ? fd : close_keeping_errno(fd);
}

bool port_is_free(const Endpoint& endpoint) {
  if (endpoint.port == 0) return true;
  const int fd = tcp_socket(endpoint);
  if (fd < 0) return true;
  if (endpoint.ip == IpAddress{}) set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  const bool free = bind_to(fd, endpoint);
  const int saved = errno;
  ::close(fd);
  errno = saved;
  return free;
}

Endpoint local_endpoint(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof(storage);
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return {};
  return Endpoint::from(storage);
}

int connect_tcp(const Endpoint& endpoint, bool& pending) {
  const int fd = tcp_socket(endpoint);
  if (fd < 0) return -1;
  set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  keep_alive(fd);
  sockaddr_storage storage{};
  const socklen_t length = endpoint.to(storage);
  return start_connect(fd, reinterpret_cast<const sockaddr*>(&storage), length, pending);
}

int connect_unix(std::string_view path, bool& pending) {
  sockaddr_un address{};
  if (path.empty() || path.size() >= sizeof(address.sun_path)) {
    errno = ENAMETOOLONG;
    return -1;
  }
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return start_connect(fd, reinterpret_cast<const sockaddr*>(&address), length, pending);
}

int connect_error(int fd) {
  int error = 0;
  socklen_t length = sizeof(error);
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

}  // namespace fairlead::net
