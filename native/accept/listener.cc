#include "accept/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace fairlead::accept {
namespace {

int open_reserve() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

}  // namespace

Listener::Listener(loop::Loop& loop, int fd, Take take, void* owner, std::uint32_t tag)
    : loop_(loop),
      descriptor_(fd),
      take_(take),
      owner_(owner),
      tag_(tag),
      reserve_(open_reserve()),
      wakeup_([](loop::Waiter& waiter) { static_cast<Wakeup&>(waiter).owner->accept_some(); }),
      pause_([](loop::Timer& timer) { static_cast<Pause&>(timer).owner->accept_some(); }) {
  wakeup_.owner = this;
  pause_.owner = this;
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

void Listener::accept_some() {
  // More may wait, and the edge has passed: go on after the others have had their turn.
  if (accept_batch()) loop_.timers().arm(pause_, loop_.now());
}

void Listener::accept_rest() {
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
      take_(owner_, tag_, fd, net::Endpoint::from(address));
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
  if (fd >= 0) ::close(fd);
  reserve_ = open_reserve();
  loop_.timers().arm(pause_, loop_.now() + kPause);
}

}  // namespace fairlead::accept
