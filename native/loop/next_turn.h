// Letting others have their turn.
#pragma once

#include <coroutine>

#include "loop/loop.h"

namespace fairlead::loop {

/// Awaitable: the next turn of the loop.
class NextTurn {
 public:
  explicit NextTurn(Loop& loop) : loop_(loop) {}
  NextTurn(const NextTurn&) = delete;
  NextTurn& operator=(const NextTurn&) = delete;
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> awaiting) {
    waiter_.handle = awaiting;
    loop_.make_ready_later(waiter_, Wake::kReady);
  }
  void await_resume() const {}

 private:
  Loop& loop_;
  Waiter waiter_;
};

}  // namespace fairlead::loop
