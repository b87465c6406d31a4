// The plan that serves, and those that exchanges still finish under.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "exchange/plan.h"

namespace fairlead::engine {

/// Holds every plan until nobody else does, so that the last reference is never dropped by a worker: tearing down ten
/// thousand routers takes milliseconds, which its requests would wait for.
class Plans {
 public:
  using Shared = std::shared_ptr<const exchange::Plan>;

  /// Control thread: null before the first.
  const Shared& current() const { return current_; }
  /// The same for any thread.
  Shared serving() const;
  /// Control thread: `next` serves from now on, the one before is retired.
  void replace(Shared next);
  /// Control thread: frees the retired plans under which nothing runs any more. False when some are still in use.
  bool sweep();
  /// Plans in use: the current one, and what some exchange runs under. Any thread.
  std::uint64_t live() const;
  /// Frees all. When the workers have ended.
  void clear();

 private:
  Shared current_;
  mutable std::mutex mutex_;  // whoever asks for live() or serving() is on another thread
  std::vector<Shared> retired_;
};

}  // namespace fairlead::engine
