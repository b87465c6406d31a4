// One worker's event loop: descriptors, timers, and the queue of coroutines that are ready to run.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <coroutine>
#include <cstdint>

#include "base/clock.h"
#include "base/intrusive_list.h"
#include "loop/mailbox.h"
#include "loop/polling.h"
#include "loop/timer_wheel.h"

namespace fairlead::loop {

class Loop;

/// Why a waiter was resumed.
enum class Wake : std::uint8_t { kNone, kReady, kTimeout, kHangup };

/// Something that waits for a descriptor, a timer or a signal. It sits in the frame of the waiting coroutine; destroying
/// it takes it out of every queue.
class Waiter : public ListLink {
 public:
  using Run = void (*)(Waiter&);

  Waiter() = default;
  /// A waiter that calls back instead of resuming a coroutine.
  explicit Waiter(Run run) : run_(run) {}

  std::coroutine_handle<> handle;
  Wake outcome = Wake::kNone;

 private:
  friend class Loop;
  static void resume(Waiter& waiter) { waiter.handle.resume(); }
  Run run_ = resume;
};

/// A file descriptor in the loop, edge-triggered. It is put into epoll when it is first waited for. Closing is the
/// owner's business and happens after forget().
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();

  int fd() const { return fd_; }
  void reset(int fd) { fd_ = fd; }
  /// It is in epoll.
  bool watched() const { return loop_ != nullptr; }

  /// False only after a read or write that left the kernel's buffer empty or full: then an edge will come.
  bool readable = true;
  bool writable = true;
  /// The peer has closed its side, or the connection is broken.
  bool hangup = false;

  Waiter* reader = nullptr;
  Waiter* writer = nullptr;
  /// Told of a hangup even while nobody reads.
  Waiter* watcher = nullptr;

 private:
  friend class Loop;
  int fd_ = -1;
  Loop* loop_ = nullptr;  // set while it is in epoll
};

class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Runs until stop(); the calling thread is the worker. May be called again afterwards.
  void run();
  /// Ends run() after the current turn. Worker thread only; others post it.
  void stop() { stopping_ = true; }

  /// Monotonic time of this turn.
  Nanos now() const { return now_; }
  /// Reads the clock again; for code that has run long within a turn.
  Nanos refresh_now() { return now_ = monotonic_now(); }
  TimerWheel& timers() { return timers_; }
  Mailbox& mailbox() { return mailbox_; }

  /// Puts the descriptor into epoll if it is not there. False when the kernel refuses (out of memory or watches).
  bool watch(Descriptor& descriptor);
  /// Takes it out of epoll and of the current batch of events; before close().
  void forget(Descriptor& descriptor);
  /// Lets `waiter` run later in this turn.
  void make_ready(Waiter& waiter, Wake outcome) {
    waiter.outcome = outcome;
    waiter.unlink();
    ready_.push_back(waiter);
  }
  /// Lets `waiter` run in the next turn, which does not sleep: for work that is cut into pieces so that others get
  /// their turn in between.
  void make_ready_later(Waiter& waiter, Wake outcome) {
    waiter.outcome = outcome;
    waiter.unlink();
    later_.push_back(waiter);
  }

  /// Called once at the end of each turn (deferred frees, batched output). May be null.
  using TurnEnd = void (*)(void*);
  void on_turn_end(TurnEnd hook, void* argument) {
    turn_end_ = hook;
    turn_end_argument_ = argument;
  }
  /// Microseconds to ask for events before sleeping; 0 = sleep at once. `adaptive`: only as long as that pays.
  void set_polling(std::uint32_t microseconds, bool adaptive) {
    polling_.set(adaptive ? Polling::Mode::kAdaptive : Polling::Mode::kFixed, Nanos{microseconds} * kMicrosecond);
  }
  /// Requests in flight on this worker; polling looks at it.
  std::uint32_t in_flight = 0;

 private:
  // Bounds the time between two looks at timers and mailbox: 256 ready sockets are about a millisecond of work.
  static constexpr int kBatch = 256;

  void turn(int timeout_ms);
  int wait_for_events(int timeout_ms);
  /// Asks for events for at most `limit`; how many there are.
  int poll(Nanos limit);
  void dispatch(epoll_event& event);
  void run_ready();

  int epoll_;
  bool stopping_ = false;
  Nanos now_;
  Polling polling_;
  TimerWheel timers_;
  Mailbox mailbox_;
  Descriptor mailbox_descriptor_;
  IntrusiveList<Waiter> ready_;
  IntrusiveList<Waiter> later_;
  std::array<epoll_event, kBatch> events_{};
  int event_count_ = 0;
  bool had_events_ = false;  // in the turn before
  TurnEnd turn_end_ = nullptr;
  void* turn_end_argument_ = nullptr;
};

/// Makes a waiter ready with kTimeout when its time has come.
class WakeTimer : public Timer {
 public:
  WakeTimer(Loop& loop, Waiter& waiter) : Timer(fired), loop_(loop), waiter_(waiter) {}

  /// Arms it for `deadline`; 0 = never.
  void arm(Nanos deadline) {
    if (deadline != 0) loop_.timers().arm(*this, deadline);
  }

 private:
  static void fired(Timer& timer) {
    WakeTimer& self = static_cast<WakeTimer&>(timer);
    self.loop_.make_ready(self.waiter_, Wake::kTimeout);
  }

  Loop& loop_;
  Waiter& waiter_;
};

/// Awaitable: until the descriptor is readable or writable, or `deadline` (0 = none) has passed.
class IoWait {
 public:
  enum class Direction : std::uint8_t { kRead, kWrite };

  IoWait(Loop& loop, Descriptor& descriptor, Direction direction, Nanos deadline)
      : loop_(loop), descriptor_(descriptor), direction_(direction), deadline_(deadline), timer_(loop, waiter_) {}
  ~IoWait() {
    Waiter*& slot = this->slot();
    if (slot == &waiter_) slot = nullptr;
  }
  IoWait(const IoWait&) = delete;
  IoWait& operator=(const IoWait&) = delete;

  bool await_ready() const { return direction_ == Direction::kRead ? descriptor_.readable : descriptor_.writable; }
  bool await_suspend(std::coroutine_handle<> handle);
  Wake await_resume() {
    timer_.unlink();
    return waiter_.outcome == Wake::kNone ? Wake::kReady : waiter_.outcome;
  }

 private:
  Waiter*& slot() { return direction_ == Direction::kRead ? descriptor_.reader : descriptor_.writer; }

  Loop& loop_;
  Descriptor& descriptor_;
  Direction direction_;
  Nanos deadline_;
  Waiter waiter_;
  WakeTimer timer_;
};

/// Awaitable: until `deadline`.
class SleepUntil {
 public:
  SleepUntil(Loop& loop, Nanos deadline) : loop_(loop), deadline_(deadline), timer_(loop, waiter_) {}
  SleepUntil(const SleepUntil&) = delete;
  SleepUntil& operator=(const SleepUntil&) = delete;

  bool await_ready() const { return deadline_ <= loop_.now(); }
  void await_suspend(std::coroutine_handle<> handle) {
    waiter_.handle = handle;
    timer_.arm(deadline_);
  }
  void await_resume() const {}

 private:
  Loop& loop_;
  Nanos deadline_;
  Waiter waiter_;
  WakeTimer timer_;
};

}  // namespace fairlead::loop
