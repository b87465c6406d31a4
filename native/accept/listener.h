// One listening socket of one worker.
#pragma once

#include <cstdint>

#include "loop/loop.h"
#include "net/address.h"

namespace fairlead::accept {

/// Accepts as long as it lives. Owns the socket. Worker thread only.
class Listener {
 public:
  /// Takes over an accepted, non-blocking socket.
  using Take = void (*)(void* owner, std::uint32_t tag, int fd, const net::Endpoint& client);

  /// `fd` is a listening socket; `take(owner, tag, ...)` is called for each connection.
  Listener(loop::Loop& loop, int fd, Take take, void* owner, std::uint32_t tag);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// Starts accepting. False when the loop cannot watch the socket.
  bool start();
  /// Accepts all that wait now. Closing the socket resets those that nobody has accepted: before it, for a clean end.
  void accept_rest();

 private:
  // A connection costs about 20 microseconds to take over: this bounds what others wait for to 1.3 ms.
  static constexpr int kBatch = 64;
  // Twice the longest queue that Linux allows by default (4096).
  static constexpr int kMostBatches = 128;
  // How long nothing is accepted after descriptors have run out; without it the loop would spin on the full backlog.
  static constexpr Nanos kPause = 100 * kMillisecond;

  struct Wakeup : loop::Waiter {
    using Waiter::Waiter;
    Listener* owner = nullptr;
  };
  struct Pause : loop::Timer {
    using Timer::Timer;
    Listener* owner = nullptr;
  };
  void accept_some();
  /// Whether more may wait.
  bool accept_batch();
  void out_of_descriptors();

  loop::Loop& loop_;
  loop::Descriptor descriptor_;
  Take take_;
  void* owner_;
  std::uint32_t tag_;
  int reserve_;  // given up for a moment to turn a client away when descriptors have run out
  Wakeup wakeup_;
  Pause pause_;
};

}  // namespace fairlead::accept
