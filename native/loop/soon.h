// What a function returns that is nearly always done at once: its value, or a Task that will bring it.
//
// The ordinary case of a request then costs no coroutine frame: a plain function does what it can, and only when it has
// to wait does it hand out the coroutine that goes on.
#pragma once

#include <coroutine>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/assert.h"
#include "loop/task.h"

namespace fairlead::loop {

/// A T, or the Task that yields it. Awaited like a Task, once; a value that is there does not suspend. A coroutine may
/// return it as well: it then starts when it is awaited, as a Task does. Move-only.
template <class T>
class [[nodiscard]] Soon {
 public:
  using promise_type = typename Task<T>::promise_type;

  /// Ready: anything a T can be made of.
  template <class U>
    requires(std::is_convertible_v<U, T> && !std::is_same_v<std::remove_cvref_t<U>, Soon>)
  Soon(U&& value) : value_(std::in_place, std::forward<U>(value)) {}
  Soon(Task<T> task) : task_(std::move(task)) {}
  Soon(typename Task<T>::Handle handle) : task_(handle) {}

  /// The value is there.
  bool ready() const { return value_.has_value(); }
  /// The value of a ready one.
  T take() {
    FAIRLEAD_ASSERT(ready());
    return std::move(*value_);
  }

  bool await_ready() const noexcept { return ready(); }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) const noexcept {
    task_.handle().promise().continuation = awaiting;
    return task_.handle();
  }
  T await_resume() { return ready() ? take() : task_.take(); }

 private:
  std::optional<T> value_;
  Task<T> task_;
};

}  // namespace fairlead::loop
