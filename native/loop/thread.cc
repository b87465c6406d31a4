#include "loop/thread.h"

#include <pthread.h>
#include <signal.h>

#include <memory>
#include <utility>

namespace fairlead::loop {
namespace {

/// Blocks signals while it lives: a new thread inherits that, so that none arrives before it could do so itself.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    // Raised by the thread itself: blocked, they would end the process without a word.
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT}) sigdelset(&all, fault);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

struct Start {
  const char* name;
  std::function<void()> body;
};

void* run_detached(void* argument) {
  const std::unique_ptr<Start> start(static_cast<Start*>(argument));
  pthread_setname_np(pthread_self(), start->name);
  start->body();
  return nullptr;
}

}  // namespace

std::thread start_thread(const char* name, std::function<void()> body) {
  const SignalsBlocked blocked;
  std::thread thread(std::move(body));
  pthread_setname_np(thread.native_handle(), name);
  return thread;
}

bool start_detached(const char* name, std::function<void()> body) {
  const SignalsBlocked blocked;
  auto start = std::make_unique<Start>(Start{name, std::move(body)});
  pthread_attr_t detached;
  pthread_attr_init(&detached);
  pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
  pthread_t thread;
  const bool started = pthread_create(&thread, &detached, run_detached, start.get()) == 0;
  pthread_attr_destroy(&detached);
  if (started) static_cast<void>(start.release());  // run_detached() owns it
  return started;
}

}  // namespace fairlead::loop
