// A time limit for a whole task, whatever it waits for inside.
#pragma once

#include <coroutine>

#include "loop/loop.h"
#include "loop/task.h"

namespace fairlead::loop {

/// Awaitable: starts `task` and waits until it has ended or `deadline` (0 = none) has passed. True: it has ended. False:
/// it still waits for something; the caller cancels it.
template <class T>
class UnlessLate {
 public:
  UnlessLate(Loop& loop, Task<T>& task, Nanos deadline) : task_(task), deadline_(deadline), timer_(loop, waiter_) {}
  UnlessLate(const UnlessLate&) = delete;
  UnlessLate& operator=(const UnlessLate&) = delete;

  bool await_ready() const { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) {
    waiter_.handle = awaiting;
    timer_.arm(deadline_);
    task_.handle().promise().continuation = awaiting;
    return task_.handle();
  }
  bool await_resume() const { return task_.done(); }

 private:
  Task<T>& task_;
  Nanos deadline_;
  Waiter waiter_;
  WakeTimer timer_;
};

}  // namespace fairlead::loop
