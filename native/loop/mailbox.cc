#include "loop/mailbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

#include "base/assert.h"

namespace fairlead::loop {

Mailbox::Mailbox() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) { FAIRLEAD_CHECK(fd_ >= 0); }

Mailbox::~Mailbox() { ::close(fd_); }

void Mailbox::post(Message message) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(message));
  }
  const std::uint64_t one = 1;
  // A full counter (impossible in practice) is readable all the same.
  [[maybe_unused]] const ssize_t written = ::write(fd_, &one, sizeof(one));
}

void Mailbox::deliver() {
  std::uint64_t count;
  [[maybe_unused]] const ssize_t got = ::read(fd_, &count, sizeof(count));
  {
    const std::lock_guard lock(mutex_);
    delivered_.swap(waiting_);
  }
  for (Message& message : delivered_) message();
  delivered_.clear();
}

}  // namespace fairlead::loop
