#include "loop/thread.h"

#include <doctest/doctest.h>
#include <pthread.h>
#include <signal.h>

#include <future>

using fairlead::loop::start_detached;
using fairlead::loop::start_thread;

TEST_CASE("a thread of ours leaves signals to its host, but not those it raises itself") {
  sigset_t here_before;
  pthread_sigmask(SIG_SETMASK, nullptr, &here_before);
  sigset_t joined;
  start_thread("fairlead-test", [&joined] { pthread_sigmask(SIG_SETMASK, nullptr, &joined); }).join();
  std::promise<sigset_t> detached;
  REQUIRE(start_detached("fairlead-test", [&detached] {
    sigset_t there;
    pthread_sigmask(SIG_SETMASK, nullptr, &there);
    detached.set_value(there);
  }));
  for (const sigset_t& there : {joined, detached.get_future().get()}) {
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD, SIGPIPE}) {
      CHECK(sigismember(&there, signal) == 1);
    }
    for (const int signal : {SIGSEGV, SIGBUS, SIGABRT}) CHECK(sigismember(&there, signal) == 0);
  }

  sigset_t here;
  pthread_sigmask(SIG_SETMASK, nullptr, &here);
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1})
    CHECK(sigismember(&here, signal) == sigismember(&here_before, signal));
}
