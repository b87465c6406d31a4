// Runs coroutines to their end on the thread of the test.
#pragma once

#include <doctest/doctest.h>

#include <optional>
#include <type_traits>
#include <utility>

#include "loop/loop.h"
#include "loop/soon.h"
#include "loop/task.h"

namespace fairlead::test {

/// Far more than anything here takes, even under a sanitizer on a busy machine; a test that hangs fails by it.
inline constexpr Nanos kPatience = 20 * kSecond;

/// Stops the loop at its deadline, so that a wait that never ends becomes a failure.
class Watchdog {
 public:
  explicit Watchdog(loop::Loop& loop) : timer_(fired) {
    timer_.loop = &loop;
    loop.timers().arm(timer_, loop.refresh_now() + kPatience);
  }
  bool barked() const { return timer_.fired; }

 private:
  struct Bark : loop::Timer {
    using Timer::Timer;
    loop::Loop* loop = nullptr;
    bool fired = false;
  };
  static void fired(loop::Timer& timer) {
    auto& bark = static_cast<Bark&>(timer);
    bark.fired = true;
    bark.loop->stop();
  }
  Bark timer_;
};

inline loop::Task<void> stop_after(loop::Task<void> task, loop::Loop& loop) {
  co_await task;
  loop.stop();
}

template <class T>
loop::Task<void> stop_after(loop::Task<T> task, loop::Loop& loop, std::optional<T>& result) {
  T value = co_await task;
  result.emplace(std::move(value));
  loop.stop();
}

/// As a task that can be started and asked.
template <class T>
loop::Task<T> later(loop::Soon<T> soon) {
  T value = co_await soon;
  co_return value;
}

/// Runs the loop until `task` has ended; the result of the task, if it has one.
template <class T>
T run(loop::Loop& loop, loop::Task<T> task) {
  const Watchdog watchdog(loop);
  if constexpr (std::is_void_v<T>) {
    loop::Task<void> outer = stop_after(std::move(task), loop);
    outer.start();
    loop.run();
    REQUIRE_FALSE(watchdog.barked());
  } else {
    std::optional<T> result;
    loop::Task<void> outer = stop_after(std::move(task), loop, result);
    outer.start();
    loop.run();
    REQUIRE_FALSE(watchdog.barked());
    REQUIRE(result.has_value());
    return std::move(*result);
  }
}

/// The same, whether it waits or not.
template <class T>
T run(loop::Loop& loop, loop::Soon<T> soon) {
  return run(loop, later(std::move(soon)));
}

/// Runs the loop until `done()`, which something in the loop makes true; asked once per tick of the timers.
template <class Done>
void run_until(loop::Loop& loop, Done done) {
  struct Check : loop::Timer {
    using Timer::Timer;
    loop::Loop* loop;
    Done* done;
  };
  Check check([](loop::Timer& timer) {
    auto& self = static_cast<Check&>(timer);
    if ((*self.done)()) {
      self.loop->stop();
    } else {
      self.loop->timers().arm(timer, self.loop->now());
    }
  });
  check.loop = &loop;
  check.done = &done;
  const Watchdog watchdog(loop);
  loop.timers().arm(check, loop.now());
  loop.run();
  REQUIRE_FALSE(watchdog.barked());
}

}  // namespace fairlead::test
