#include "loop/thread.h"

#include <pthread.h>
#include <signal.h>

#include <utility>

namespace fairlead::loop {

std::thread start_thread(const char* name, std::function<void()> body) {
  sigset_t ours;
  sigset_t before;
  sigfillset(&ours);
  // Raised by the thread itself: blocked, they would end the process without a word.
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT}) sigdelset(&ours, fault);
  pthread_sigmask(SIG_SETMASK, &ours, &before);  // inherited, so that no signal arrives before it is set
  std::thread thread(std::move(body));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_setname_np(thread.native_handle(), name);
  return thread;
}

}  // namespace fairlead::loop
