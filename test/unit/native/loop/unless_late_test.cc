#include "loop/unless_late.h"

#include <doctest/doctest.h>

#include <optional>

#include "test/support/native/run_task.h"

using namespace fairlead;
using loop::Task;

namespace {

Task<int> answer_at(loop::Loop& loop, Nanos when, bool& destroyed) {
  struct Guard {
    ~Guard() { flag = true; }
    bool& flag;
  } guard{destroyed};
  co_await loop::SleepUntil(loop, when);
  co_return 42;
}

/// What the task said, or nothing when it was late.
Task<std::optional<int>> within(loop::Loop& loop, Nanos when, Nanos deadline, bool& destroyed) {
  Task<int> task = answer_at(loop, when, destroyed);
  const bool ended = co_await loop::UnlessLate<int>(loop, task, deadline);
  if (ended) co_return task.take();
  task.cancel();
  co_return std::nullopt;
}

}  // namespace

TEST_CASE("a task that ends in time is heard, at once or later") {
  loop::Loop loop;
  bool destroyed = false;
  const Nanos now = loop.now();
  CHECK(test::run(loop, within(loop, now, now + kSecond, destroyed)) == 42);
  CHECK(test::run(loop, within(loop, now + 10 * kMillisecond, now + 10 * kSecond, destroyed)) == 42);
  CHECK(test::run(loop, within(loop, now + 20 * kMillisecond, 0, destroyed)) == 42);
}

TEST_CASE("a task that is late is not waited for") {
  loop::Loop loop;
  bool destroyed = false;
  const Nanos deadline = loop.now() + 10 * kMillisecond;
  CHECK(test::run(loop, within(loop, loop.now() + 1000 * kSecond, deadline, destroyed)) == std::nullopt);
  CHECK(loop.now() >= deadline);
  CHECK(destroyed);
}

TEST_CASE("cancelling the wait cancels the task and the deadline") {
  loop::Loop loop;
  bool destroyed = false;
  {
    Task<std::optional<int>> waiting =
        within(loop, loop.now() + 1000 * kSecond, loop.now() + 5 * kMillisecond, destroyed);
    waiting.start();
  }
  CHECK(destroyed);
  int turns = 0;
  test::run_until(loop, [&] { return ++turns == 4; });
}
