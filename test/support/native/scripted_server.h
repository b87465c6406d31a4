// A server whose part the test plays.
#pragma once

#include <atomic>
#include <functional>
#include <thread>
#include <utility>

#include "test/support/native/sockets.h"

namespace fairlead::test {

/// A server on the loopback interface: `serve(fd, n)` is run for the n-th connection, one after the other, on a thread of
/// its own. It may block; the connection is closed when it returns.
class ScriptedServer {
 public:
  using Serve = std::function<void(int fd, int number)>;

  explicit ScriptedServer(Serve serve) : listener_(listen_on_loopback(port_)), serve_(std::move(serve)) {
    thread_ = std::thread([this] { run(); });
  }
  ~ScriptedServer() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::uint16_t port() const { return port_; }
  int accepted() const { return accepted_.load(); }

 private:
  void run() {
    for (;;) {
      Fd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (connection.get() < 0) return;
      serve_(connection.get(), accepted_.fetch_add(1));
    }
  }

  std::uint16_t port_ = 0;
  Fd listener_;
  Serve serve_;
  std::atomic<int> accepted_{0};
  std::thread thread_;
};

/// A port of the loopback interface on which nobody listens.
inline std::uint16_t closed_port() {
  std::uint16_t port = 0;
  listen_on_loopback(port).reset();
  return port;
}

}  // namespace fairlead::test
