#include "loop/loop.h"

#include <errno.h>
#include <unistd.h>

#include <algorithm>

#include "base/assert.h"
#include "loop/frame_pool.h"

namespace fairlead::loop {
namespace {

// The longest sleep: bounds how stale now() can be for a reader on another thread's behalf.
constexpr Nanos kLongestSleep = 10 * kSecond;

}  // namespace

Descriptor::~Descriptor() {
  if (loop_ != nullptr) loop_->forget(*this);
}

Loop::Loop()
    : epoll_(epoll_create1(EPOLL_CLOEXEC)), now_(monotonic_now()), timers_(now_), mailbox_descriptor_(mailbox_.fd()) {
  FAIRLEAD_CHECK(epoll_ >= 0);
  FAIRLEAD_CHECK(watch(mailbox_descriptor_));
}

Loop::~Loop() {
  forget(mailbox_descriptor_);
  ::close(epoll_);
}

bool Loop::watch(Descriptor& descriptor) {
  if (descriptor.loop_ != nullptr) return true;
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &descriptor;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor.fd_, &event) != 0) return false;
  descriptor.loop_ = this;
  return true;
}

void Loop::forget(Descriptor& descriptor) {
  if (descriptor.loop_ == nullptr) return;
  descriptor.loop_ = nullptr;
  // close() alone would do only if no child process of the host, between its fork and its exec, shared the socket: epoll
  // would go on and report it with a pointer to what is gone.
  epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor.fd_, nullptr);
  for (int i = 0; i < event_count_; ++i) {
    if (events_[static_cast<std::size_t>(i)].data.ptr == &descriptor)
      events_[static_cast<std::size_t>(i)].data.ptr = nullptr;
  }
}

void Loop::run() {
  while (!stopping_) {
    const bool waits = ready_.empty() && later_.empty();
    // From the clock, not from now(): what the last turn has taken would be slept on top.
    const Nanos sleep = waits ? timers_.until_next(monotonic_now(), kLongestSleep) : 0;
    // Rounded up: waking before the tick would only mean sleeping again.
    turn(static_cast<int>((sleep + kMillisecond - 1) / kMillisecond));
  }
  stopping_ = false;
  FramePool::trim();
}

void Loop::turn(int timeout_ms) {
  event_count_ = wait_for_events(timeout_ms);
  had_events_ = event_count_ > 0;
  now_ = monotonic_now();
  for (int i = 0; i < event_count_; ++i) {
    dispatch(events_[static_cast<std::size_t>(i)]);
    // One socket at a time: its bytes and its state are warm, and its answer leaves before the next is looked at.
    run_ready();
  }
  event_count_ = 0;
  ready_.take_all(later_);
  timers_.advance(now_);
  run_ready();
  if (turn_end_ != nullptr) turn_end_(turn_end_argument_);
}

int Loop::poll(Nanos limit) {
  const Nanos begun = monotonic_now();
  for (;;) {
    const int count = epoll_wait(epoll_, events_.data(), kBatch, 0);
    const Nanos now = monotonic_now();
    if (count != 0 || now - begun >= limit) {
      polling_.settle(now, now - begun, count > 0);
      return std::max(count, 0);
    }
  }
}

int Loop::wait_for_events(int timeout_ms) {
  const Nanos limit = timeout_ms > 0 ? polling_.grant(now_, in_flight > 0, had_events_) : 0;
  if (limit > 0) {
    const int count = poll(limit);
    if (count > 0) return count;
  }
  const int count = epoll_wait(epoll_, events_.data(), kBatch, timeout_ms);
  FAIRLEAD_CHECK(count >= 0 || errno == EINTR);
  return std::max(count, 0);
}

void Loop::dispatch(epoll_event& event) {
  auto* descriptor = static_cast<Descriptor*>(event.data.ptr);
  if (descriptor == nullptr) return;
  if (descriptor == &mailbox_descriptor_) {
    mailbox_.deliver();
    return;
  }
  constexpr std::uint32_t kBroken = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
  if ((event.events & (EPOLLIN | kBroken)) != 0) {
    descriptor->readable = true;
    if (descriptor->reader != nullptr) make_ready(*descriptor->reader, Wake::kReady);
  }
  if ((event.events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) {
    descriptor->writable = true;
    if (descriptor->writer != nullptr) make_ready(*descriptor->writer, Wake::kReady);
  }
  if ((event.events & kBroken) != 0) {
    descriptor->hangup = true;
    if (descriptor->watcher != nullptr) make_ready(*descriptor->watcher, Wake::kHangup);
  }
}

void Loop::run_ready() {
  while (Waiter* waiter = ready_.pop_front()) waiter->run_(*waiter);
}

bool IoWait::await_suspend(std::coroutine_handle<> handle) {
  waiter_.handle = handle;
  if (!loop_.watch(descriptor_)) {
    waiter_.outcome = Wake::kHangup;
    return false;
  }
  FAIRLEAD_ASSERT(slot() == nullptr);
  slot() = &waiter_;
  timer_.arm(deadline_);
  return true;
}

}  // namespace fairlead::loop
