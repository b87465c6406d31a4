#include "loop/task.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "test/support/native/run_task.h"

using namespace fairlead;
using loop::Task;

// g++ hands control from one coroutine to the next without a stack frame only where it may optimise sibling calls, which
// it does not under a sanitizer.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kDeep = 1'000;
#else
constexpr int kDeep = 100'000;
#endif

namespace {

struct Gate : loop::Waiter {
  /// Suspends whoever awaits it until open().
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> awaiting) { handle = awaiting; }
  void await_resume() const {}
  void open() { handle.resume(); }
};

/// Counts the frames that are alive.
struct Counted {
  explicit Counted(int& alive) : count(alive) { ++count; }
  ~Counted() { --count; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  int& count;
};

Task<int> seven() { co_return 7; }

Task<std::unique_ptr<std::string>> movable() { co_return std::make_unique<std::string>("moved"); }

Task<void> note(std::string& log) {
  log += "ran";
  co_return;
}

Task<int> wait_at(Gate& gate, int& alive) {
  const Counted counted(alive);
  co_await gate;
  co_return 1;
}

Task<int> nested(Gate& gate, int& alive, int depth) {
  const Counted counted(alive);
  int below = 0;
  if (depth == 0) {
    below = co_await wait_at(gate, alive);
  } else {
    below = co_await nested(gate, alive, depth - 1);
  }
  co_return below + 1;
}

Task<int> descend(int depth) {
  if (depth == 0) co_return 0;
  const int below = co_await descend(depth - 1);
  co_return below + 1;
}

Task<int> add_up(int times) {
  int sum = 0;
  for (int i = 0; i < times; ++i) {
    const int one = co_await descend(1);
    sum += one;
  }
  co_return sum;
}

}  // namespace

TEST_CASE("a task does nothing until it is started") {
  std::string log;
  Task<void> task = note(log);
  CHECK(task.valid());
  CHECK_FALSE(task.done());
  CHECK(log.empty());
  task.start();
  CHECK(task.done());
  CHECK(log == "ran");
}

TEST_CASE("a task that never starts runs nothing when it is destroyed") {
  std::string log;
  { const Task<void> task = note(log); }
  CHECK(log.empty());
}

TEST_CASE("results are taken out, movable ones by moving") {
  Task<int> number = seven();
  number.start();
  CHECK(number.take() == 7);
  Task<std::unique_ptr<std::string>> text = movable();
  text.start();
  CHECK(*text.take() == "moved");
}

TEST_CASE("a finished task resumes whoever started it") {
  Gate gate;
  int alive = 0;
  std::string log;
  Task<void> then = note(log);
  Task<int> task = wait_at(gate, alive);
  task.start(then.handle());
  CHECK(log.empty());
  gate.open();
  CHECK(task.take() == 1);
  CHECK(log == "ran");
}

TEST_CASE("cancelling destroys every nested frame") {
  Gate gate;
  int alive = 0;
  Task<int> task = nested(gate, alive, 5);
  task.start();
  CHECK(alive == 7);
  task.cancel();
  CHECK(alive == 0);
  CHECK_FALSE(task.valid());
  task.cancel();
}

TEST_CASE("moving hands the frame over, and assigning destroys the one before") {
  Gate one_gate;
  Gate other_gate;
  int one_alive = 0;
  int other_alive = 0;
  Task<int> one = wait_at(one_gate, one_alive);
  Task<int> other = wait_at(other_gate, other_alive);
  one.start();
  other.start();
  one = std::move(other);
  CHECK(one_alive == 0);
  CHECK(other_alive == 1);
  CHECK_FALSE(other.valid());
  other_gate.open();
  CHECK(one.take() == 1);
}

TEST_CASE("depth and number of tasks that end at once cost no stack") {
  Task<int> deep = descend(kDeep);
  deep.start();
  CHECK(deep.take() == kDeep);
  Task<int> many = add_up(kDeep);
  many.start();
  CHECK(many.take() == kDeep);
}

TEST_CASE("frames of a deep chain can be cancelled as well") {
  Gate gate;
  int alive = 0;
  Task<int> task = nested(gate, alive, 1000);
  task.start();
  CHECK(alive == 1002);
  task.cancel();
  CHECK(alive == 0);
}
