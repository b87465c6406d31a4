// Sequential protocol logic as C++20 coroutines.
//
// A Task starts when it is awaited (or spawned) and resumes its awaiter by symmetric transfer. Destroying a Task cancels
// it: every awaitable unregisters itself in its destructor. Tasks belong to one worker thread.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "loop/frame_pool.h"

namespace fairlead::loop {

namespace detail {

/// Resumes whoever awaited the finished coroutine.
struct FinalAwaiter {
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> handle) const noexcept {
    return handle.promise().continuation;
  }
  void await_resume() const noexcept {}
};

struct PromiseBase {
  std::coroutine_handle<> continuation = std::noop_coroutine();

  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalAwaiter final_suspend() const noexcept { return {}; }
  [[noreturn]] void unhandled_exception() const noexcept { std::abort(); }
  static void* operator new(std::size_t size) { return FramePool::allocate(size); }
  static void operator delete(void* frame, std::size_t size) { FramePool::release(frame, size); }
};

template <class T>
struct Promise : PromiseBase {
  std::optional<T> value;
  auto get_return_object() { return std::coroutine_handle<Promise>::from_promise(*this); }
  template <class U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
};

template <>
struct Promise<void> : PromiseBase {
  auto get_return_object() { return std::coroutine_handle<Promise>::from_promise(*this); }
  void return_void() const noexcept {}
};

}  // namespace detail

/// A coroutine that yields one T. Move-only; owns the frame.
template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  Task() = default;
  Task(Handle handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      cancel();
      handle_ = std::exchange(other.handle_, {});
    }
    return *this;
  }
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task() { cancel(); }

  /// Destroys the frame and with it whatever it waits for.
  void cancel() {
    if (handle_) std::exchange(handle_, {}).destroy();
  }
  bool valid() const { return static_cast<bool>(handle_); }
  bool done() const { return handle_ && handle_.done(); }

  /// Starts the task without awaiting it; `then` is resumed when it ends. The caller keeps the Task alive.
  void start(std::coroutine_handle<> then = std::noop_coroutine()) {
    handle_.promise().continuation = then;
    handle_.resume();
  }
  /// What the finished task returned.
  T take() {
    FAIRLEAD_ASSERT(done());
    if constexpr (!std::is_void_v<T>) return std::move(*handle_.promise().value);
  }

  struct Awaiter {
    Handle handle;
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) const noexcept {
      handle.promise().continuation = awaiting;
      return handle;
    }
    T await_resume() const {
      if constexpr (!std::is_void_v<T>) return std::move(*handle.promise().value);
    }
  };
  Awaiter operator co_await() const noexcept { return Awaiter{handle_}; }

  Handle handle() const { return handle_; }

 private:
  Handle handle_;
};

}  // namespace fairlead::loop
