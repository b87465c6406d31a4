// Waiters of one loop that other threads have made ready.
#pragma once

#include <mutex>

#include "base/intrusive_list.h"
#include "loop/loop.h"

namespace fairlead::loop {

/// Many givers, one receiver: the thread of the loop, which also owns the waiters. Nothing is allocated; the loop is woken
/// once for all that are given before it looks. Must outlive every waiter that may be given to it.
class Handover {
 public:
  explicit Handover(Loop& loop) : loop_(loop) {}
  Handover(const Handover&) = delete;
  Handover& operator=(const Handover&) = delete;

  /// Lets `waiter` run in the next turn of its loop. Any thread; the owner must not end the waiter before this returns.
  /// True: nobody has woken the loop for it yet, and the caller is to call wake(), which is a system call, once it can.
  bool give(Waiter& waiter);
  void wake();
  /// Receiver only: `waiter` is not to run, given or not.
  void take_back(Waiter& waiter);

 private:
  void deliver();

  Loop& loop_;
  std::mutex mutex_;
  IntrusiveList<Waiter> given_;
};

}  // namespace fairlead::loop
