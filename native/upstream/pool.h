// Connections to one server that wait for their next request.
#pragma once

#include <memory>
#include <unordered_map>

#include "base/clock.h"
#include "base/intrusive_list.h"
#include "base/local_ref.h"
#include "loop/loop.h"
#include "net/stream.h"

namespace fairlead::upstream {

class Pool;
class PoolRegistry;

/// One connection to a server. Owned by the exchange that uses it, or by the pool while idle.
class Connection : public ListLink {
 public:
  Connection(loop::Loop& loop, net::StreamScratch& scratch, int fd);

  net::Stream stream;
  /// It has carried a request before: a failure before the first response byte may be the idle close of the server.
  bool reused = false;

 private:
  friend class Pool;
  struct IdleWaiter : loop::Waiter {
    using Waiter::Waiter;
    Connection* owner = nullptr;
  };
  struct IdleTimer : loop::Timer {
    using Timer::Timer;
    Connection* owner = nullptr;
  };
  static void on_event(loop::Waiter& waiter);
  static void on_timeout(loop::Timer& timer);

  Pool* pool_ = nullptr;  // while idle
  IdleWaiter idle_waiter_;
  IdleTimer idle_timer_;
};

/// Idle connections of one server identity on one worker, used last in, first out so that few stay warm.
class Pool : public LocalCounted<Pool> {
 public:
  Pool(PoolRegistry& registry, std::uint64_t identity) : registry_(registry), identity_(identity) {}
  ~Pool();

  /// Takes the limits of the newest configuration. `max_idle` 0: nothing is kept.
  void configure(std::uint32_t max_idle, Nanos idle_timeout);
  /// An idle connection that was silent since its last response, or null.
  std::unique_ptr<Connection> take();
  /// Keeps a connection that reusable() has approved, or closes it when there are enough.
  void give(std::unique_ptr<Connection> connection);
  std::size_t idle() const { return idle_count_; }
  std::uint64_t identity() const { return identity_; }
  void last_reference();

 private:
  friend class Connection;
  void drop(Connection& connection);

  PoolRegistry& registry_;
  std::uint64_t identity_;
  IntrusiveList<Connection> idle_;
  std::size_t idle_count_ = 0;
  std::uint32_t max_idle_ = 0;
  Nanos idle_timeout_ = 0;
};

/// The pools of a worker, by identity (address and transport). A pool lives as long as some plan names it.
class PoolRegistry {
 public:
  LocalRef<Pool> find_or_create(std::uint64_t identity);
  /// Calls `visit(pool)` for each.
  template <class Visit>
  void each(Visit visit) {
    for (auto& [identity, pool] : pools_) visit(*pool);
  }
  std::size_t size() const { return pools_.size(); }

 private:
  friend class Pool;
  std::unordered_map<std::uint64_t, std::unique_ptr<Pool>> pools_;
};

}  // namespace fairlead::upstream
