#include "loop/handover.h"

namespace fairlead::loop {

bool Handover::give(Waiter& waiter) {
  const std::lock_guard lock(mutex_);
  const bool first = given_.empty();
  given_.push_back(waiter);
  return first;
}

void Handover::wake() {
  loop_.mailbox().post([this] { deliver(); });
}

void Handover::take_back(Waiter& waiter) {
  const std::lock_guard lock(mutex_);
  waiter.unlink();
}

void Handover::deliver() {
  const std::lock_guard lock(mutex_);
  while (Waiter* const waiter = given_.pop_front()) loop_.make_ready(*waiter, Wake::kReady);
}

}  // namespace fairlead::loop
