#include "loop/scheduling.h"

#include <doctest/doctest.h>
#include <sched.h>
#include <sys/resource.h>

#include <thread>

namespace fairlead::loop {
namespace {

template <typename Body>
void on_a_thread(Body body) {
  std::thread thread(body);
  thread.join();
}

TEST_CASE("a thread behind the scenes is a batch thread, and no other one becomes so") {
  const int here = sched_getscheduler(0);
  if (here != SCHED_OTHER) return;  // The tests themselves run under another policy, which stays.
  int behind = -1;
  on_a_thread([&] {
    let_others_run_on();
    behind = sched_getscheduler(0);
  });
  CHECK(behind == SCHED_BATCH);
  CHECK(sched_getscheduler(0) == here);
}

TEST_CASE("a thread that answers keeps its policy and its niceness") {
  const int here = sched_getscheduler(0);
  int policy = -1;
  int niceness = -1;
  on_a_thread([&] {
    setpriority(PRIO_PROCESS, 0, 3);  // Of this thread only, on Linux.
    run_soon_after_waking();
    policy = sched_getscheduler(0);
    niceness = getpriority(PRIO_PROCESS, 0);
  });
  CHECK(policy == here);
  CHECK(niceness == 3);
}

TEST_CASE("a policy that the administrator chose stays") {
  int policy = -1;
  on_a_thread([&] {
    const sched_param parameters{};
    REQUIRE(sched_setscheduler(0, SCHED_IDLE, &parameters) == 0);
    run_soon_after_waking();
    let_others_run_on();
    policy = sched_getscheduler(0);
  });
  CHECK(policy == SCHED_IDLE);
}

}  // namespace
}  // namespace fairlead::loop
