#include "accept/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace fairlead::accept {
namespace {

int open_reserve() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

}  // namespace

Listener::Listener(loop::Loop& loop, int fd, Receiver& receiver, std::uint32_t tag)
    : loop_(loop),
      descriptor_(fd),
      receiver_(receiver),
      tag_(tag),
      reserve_(open_reserve()),
      wakeup_([](loop::Waiter& waiter) { static_cast<Wakeup&>(waiter).owner->accept_some(); }),
      rest_([](loop::Timer& timer) { static_cast<Rest&>(timer).owner->accept_some(); }) {
  wakeup_.owner = this;
  rest_.owner = this;
}

Listener::~Listener() {
  loop_.forget(descriptor_);
  ::close(descriptor_.fd());
  if (reserve_ >= 0) ::close(reserve_);
}

bool Listener::start() {
  descriptor_.reader = &wakeup_;
  return loop_.watch(descriptor_);
}

void Listener::set_paused(bool paused) {
  if (paused_ == paused) return;
  paused_ = paused;
  // The edges that came meanwhile have passed.
  if (!paused) loop_.make_ready_later(wakeup_, loop::Wake::kReady);
}

void Listener::accept_some() {
  // Whatever wakes us up during a rest, the backlog is as full as before and descriptors are as scarce.
  if (paused_ || rest_.linked()) return;
  // More may wait, and the edge has passed: go on in the next turn, after the others have had theirs.
  if (accept_batch()) loop_.make_ready_later(wakeup_, loop::Wake::kReady);
}

void Listener::accept_rest() {
  paused_ = false;
  for (int i = 0; i < kMostBatches && accept_batch(); ++i) {
  }
}

bool Listener::accept_batch() {
  for (int i = 0; i < kBatch; ++i) {
    sockaddr_storage address{};
    socklen_t length = sizeof(address);
    const int fd =
        ::accept4(descriptor_.fd(), reinterpret_cast<sockaddr*>(&address), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      receiver_.take(tag_, fd, net::Endpoint::from(address));
      // The receiver may have had enough with this one.
      if (paused_) return false;
      continue;
    }
    switch (errno) {
      case EINTR:
      case ECONNABORTED:  // the client has given up while it waited
      case EPROTO:
        continue;
      case EAGAIN:
        return false;
      default:
        out_of_descriptors();
        return false;
    }
  }
  return true;
}

void Listener::out_of_descriptors() {
  if (reserve_ >= 0) ::close(reserve_);
  const int fd = ::accept4(descriptor_.fd(), nullptr, nullptr, SOCK_CLOEXEC);
  const bool nobody_waits = fd < 0 && errno == EAGAIN;
  if (fd >= 0) ::close(fd);
  reserve_ = open_reserve();
  // Linux takes the descriptor before it looks into the queue, so an empty one fails in the same way. Who comes next is
  // told by an edge.
  if (nobody_waits) return;
  loop_.timers().arm(rest_, loop_.now() + kRest);
  receiver_.out_of_descriptors(fd >= 0);
}

}  // namespace fairlead::accept
