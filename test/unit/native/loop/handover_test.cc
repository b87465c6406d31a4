#include "loop/handover.h"

#include <doctest/doctest.h>

#include <thread>

#include "test/support/native/run_task.h"

using namespace fairlead;
using loop::Handover;
using loop::Loop;
using loop::Waiter;
using loop::Wake;

namespace {

/// Counts how often it was run.
struct Counting : Waiter {
  Counting() : Waiter([](Waiter& waiter) { ++static_cast<Counting&>(waiter).runs; }) {}
  int runs = 0;
};

}  // namespace

TEST_CASE("waiters that another thread gives run on the thread of their loop, which is woken once") {
  Loop loop;
  Handover handover(loop);
  Counting first;
  Counting second;
  std::thread giver([&] {
    CHECK(handover.give(first));
    CHECK_FALSE(handover.give(second));
    handover.wake();
  });
  test::run_until(loop, [&] { return first.runs + second.runs == 2; });
  giver.join();
  CHECK(first.runs == 1);
  CHECK(second.outcome == Wake::kReady);
  CHECK(handover.give(first));
  handover.wake();
  test::run_until(loop, [&] { return first.runs == 2; });
}

TEST_CASE("a waiter that is taken back does not run, whether the loop has heard of it or not") {
  Loop loop;
  Handover handover(loop);
  Counting stays;
  {
    Counting gone;
    CHECK(handover.give(gone));
    handover.take_back(gone);
    CHECK(handover.give(stays));
    handover.wake();
    loop.make_ready(gone, Wake::kReady);
    handover.take_back(gone);
    CHECK(gone.runs == 0);
  }
  test::run_until(loop, [&] { return stays.runs == 1; });
}
