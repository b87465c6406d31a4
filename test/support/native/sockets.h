// Sockets without a network, for tests.
#pragma once

#include <dirent.h>
#include <doctest/doctest.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace fairlead::test {

/// A descriptor that is closed with its owner.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept {
    reset(other.release());
    return *this;
  }
  ~Fd() { reset(); }

  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

/// Two ends of a connection: the first non-blocking, as ours are; the second blocking, for the script of the test.
struct Ends {
  Fd ours;
  Fd theirs;
};

inline void set_blocking(int fd, bool blocks) {
  const int flags = ::fcntl(fd, F_GETFL);
  REQUIRE(::fcntl(fd, F_SETFL, blocks ? flags & ~O_NONBLOCK : flags | O_NONBLOCK) == 0);
}

inline Ends unix_pair() {
  int fds[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
  set_blocking(fds[0], false);
  return {Fd(fds[0]), Fd(fds[1])};
}

/// Listens on a port of the loopback interface that the system chooses.
inline Fd listen_on_loopback(std::uint16_t& port, int backlog = 16) {
  Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  REQUIRE(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), length) == 0);
  REQUIRE(::listen(listener.get(), backlog) == 0);
  REQUIRE(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &length) == 0);
  port = ntohs(address.sin_port);
  return listener;
}

/// A blocking connection to a port of the loopback interface.
inline Fd connect_to_loopback(std::uint16_t port) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  REQUIRE(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  return fd;
}

/// Where the kind of socket matters (RST).
inline Ends tcp_pair() {
  std::uint16_t port = 0;
  const Fd listener = listen_on_loopback(port);
  Ends ends;
  ends.theirs = connect_to_loopback(port);
  ends.ours.reset(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  REQUIRE(ends.ours.get() >= 0);
  return ends;
}

inline void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    REQUIRE(sent > 0);
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

/// What has arrived by now.
inline std::string received(int fd) {
  std::string all;
  char room[65536];
  for (ssize_t got; (got = ::recv(fd, room, sizeof(room), MSG_DONTWAIT)) > 0;) {
    all.append(room, static_cast<std::size_t>(got));
  }
  return all;
}

/// Reads to the end of the stream, waiting for it. `error` is the errno of a connection that broke, else 0.
inline std::string read_to_end(int fd, int* error = nullptr) {
  std::string all;
  char room[65536];
  ssize_t got;
  while ((got = ::recv(fd, room, sizeof(room), 0)) > 0) all.append(room, static_cast<std::size_t>(got));
  if (error != nullptr) *error = got < 0 ? errno : 0;
  return all;
}

/// Reads until `end` has been read, waiting for it; what came up to then.
inline std::string read_until(int fd, std::string_view end) {
  std::string all;
  while (!all.ends_with(end)) {
    pollfd ready{fd, POLLIN, 0};
    REQUIRE(::poll(&ready, 1, 20'000) == 1);
    char c;
    if (::recv(fd, &c, 1, 0) != 1) return all;
    all.push_back(c);
  }
  return all;
}

/// Descriptors this process has open.
inline std::size_t open_descriptors() {
  std::size_t count = 0;
  DIR* const folder = ::opendir("/proc/self/fd");
  REQUIRE(folder != nullptr);
  while (::readdir(folder) != nullptr) ++count;
  ::closedir(folder);
  return count;
}

}  // namespace fairlead::test
