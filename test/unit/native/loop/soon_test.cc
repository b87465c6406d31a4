#include "loop/soon.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>

#include "base/error.h"

using namespace fairlead;
using loop::Soon;
using loop::Task;

namespace {

/// Waits for somebody to resume it.
struct Gate {
  std::coroutine_handle<> waiting;
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle) { waiting = handle; }
  void await_resume() const {}
};

Task<std::string> behind(Gate& gate, std::string_view text) {
  co_await gate;
  co_return std::string(text);
}

Soon<std::string> at_once(std::string_view text) { return std::string(text); }

Task<std::string> twice(Soon<std::string> soon) {
  const std::string text = co_await soon;
  co_return text + text;
}

}  // namespace

TEST_CASE("a value that is there does not suspend") {
  Soon<std::string> soon = at_once("ready");
  CHECK(soon.ready());
  CHECK(soon.await_ready());
  Task<std::string> task = twice(std::move(soon));
  task.start();
  REQUIRE(task.done());
  CHECK(task.take() == "readyready");
}

TEST_CASE("a task behind it is awaited") {
  Gate gate;
  Soon<std::string> soon = behind(gate, "later");
  CHECK_FALSE(soon.ready());
  Task<std::string> task = twice(std::move(soon));
  task.start();
  REQUIRE_FALSE(task.done());
  gate.waiting.resume();
  REQUIRE(task.done());
  CHECK(task.take() == "laterlater");
}

TEST_CASE("dropping it cancels what it waits for") {
  struct Tracked {
    int& live;
    explicit Tracked(int& count) : live(count) { ++live; }
    ~Tracked() { --live; }
  };
  int live = 0;
  Gate gate;
  const auto holds = [](Gate& at, int& count) -> Soon<int> {
    const Tracked tracked(count);
    co_await at;
    co_return 1;
  };
  {
    const Soon<int> soon = holds(gate, live);
    CHECK(live == 0);  // starts when it is awaited
    static_cast<void>(soon.await_suspend(std::noop_coroutine()));
    soon.await_suspend(std::noop_coroutine()).resume();
    CHECK(live == 1);
  }
  CHECK(live == 0);
}

TEST_CASE("an error becomes a result that is ready") {
  const auto fails = [](bool does) -> Soon<Status> {
    if (does) return Error{Reason::kUpstreamReset, Origin::kUpstream, Retry::kNo};
    return Unit{};
  };
  CHECK(fails(false).take().ok());
  CHECK(fails(true).take().error().reason == Reason::kUpstreamReset);
}
