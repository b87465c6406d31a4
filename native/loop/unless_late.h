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
  UnlessLate(Loop& loop, Task<T>& task, Nanos deadline) : loop_(loop), task_(task), deadline_(deadline), timer_(fired) {
    timer_.owner = this;
  }
  UnlessLate(const UnlessLate&) = delete;
  UnlessLate& operator=(const UnlessLate&) = delete;

  bool await_ready() const { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) {
    waiter_.handle = awaiting;
    if (deadline_ != 0) loop_.timers().arm(timer_, deadline_);
    task_.handle().promise().continuation = awaiting;
    return task_.handle();
  }
  bool await_resume() const { return task_.done(); }

 private:
  struct Deadline : Timer {
    using Timer::Timer;
    UnlessLate* owner = nullptr;
  };
  static void fired(Timer& timer) {
    UnlessLate& self = *static_cast<Deadline&>(timer).owner;
    self.loop_.make_ready(self.waiter_, Wake::kTimeout);
  }

  Loop& loop_;
  Task<T>& task_;
  Nanos deadline_;
  Waiter waiter_;
  Deadline timer_;
};

}  // namespace fairlead::loop
