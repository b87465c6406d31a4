// One listening socket of one worker.
#pragma once

#include <cstdint>

#include "loop/loop.h"
#include "net/address.h"

namespace fairlead::accept {

/// Who takes over what a listener has accepted. Outlives its listeners; called on the worker's thread.
class Receiver {
 public:
  virtual ~Receiver() = default;
  /// Takes over an accepted, non-blocking socket of the listener with that tag.
  virtual void take(std::uint32_t tag, int fd, const net::Endpoint& client) = 0;
  /// The process or the system had no descriptor left for a client. `turned_away`: it was accepted with the reserve and
  /// closed at once, so that it need not wait for its own time limit.
  virtual void out_of_descriptors(bool turned_away) = 0;
};

/// Accepts as long as it lives, unless it is paused. Owns the socket. Worker thread only.
class Listener {
 public:
  /// `fd` is a listening socket; what it accepts goes to `receiver` under `tag`.
  Listener(loop::Loop& loop, int fd, Receiver& receiver, std::uint32_t tag);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// Starts accepting. False when the loop cannot watch the socket.
  bool start();
  /// Leaves clients in the queue of the kernel from now on, or goes on with those that wait there. Idempotent.
  void set_paused(bool paused);
  /// Accepts all that wait now, paused or not. Closing the socket resets those that nobody has accepted: before it, for a
  /// clean end.
  void accept_rest();

 private:
  // A connection costs about 20 microseconds to take over: this bounds what others wait for to 1.3 ms.
  static constexpr int kBatch = 64;
  // Twice the longest queue that Linux allows by default (4096).
  static constexpr int kMostBatches = 128;
  // How long nothing is accepted after descriptors have run out; without it the loop would spin on the full backlog.
  static constexpr Nanos kRest = 100 * kMillisecond;

  struct Wakeup : loop::Waiter {
    using Waiter::Waiter;
    Listener* owner = nullptr;
  };
  struct Rest : loop::Timer {
    using Timer::Timer;
    Listener* owner = nullptr;
  };
  void accept_some();
  /// Whether more may wait.
  bool accept_batch();
  void out_of_descriptors();

  loop::Loop& loop_;
  loop::Descriptor descriptor_;
  Receiver& receiver_;
  std::uint32_t tag_;
  int reserve_;  // given up for a moment to turn a client away when descriptors have run out
  bool paused_ = false;
  Wakeup wakeup_;
  Rest rest_;
};

}  // namespace fairlead::accept
