// Waiting in a list, beside others, for what wakes them all.
#pragma once

#include <coroutine>

#include "base/clock.h"
#include "base/intrusive_list.h"
#include "loop/loop.h"

namespace fairlead::loop {

/// Awaitable: until somebody takes the waiter out of `list` and makes it ready, or until `deadline` (0 = none).
class WaitIn {
 public:
  WaitIn(Loop& loop, IntrusiveList<Waiter>& list, Nanos deadline)
      : list_(list), deadline_(deadline), timer_(loop, waiter_) {}
  WaitIn(const WaitIn&) = delete;
  WaitIn& operator=(const WaitIn&) = delete;

  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    waiter_.handle = handle;
    list_.push_back(waiter_);
    timer_.arm(deadline_);
  }
  Wake await_resume() const { return waiter_.outcome; }

 private:
  IntrusiveList<Waiter>& list_;
  Nanos deadline_;
  Waiter waiter_;
  WakeTimer timer_;
};

}  // namespace fairlead::loop
