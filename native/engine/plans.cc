#include "engine/plans.h"

#include <algorithm>
#include <utility>

namespace fairlead::engine {
namespace {

/// We hold the only reference. Nobody can get another one: they are only handed out from the current plan.
bool unused(const Plans::Shared& plan) { return plan.use_count() == 1; }

}  // namespace

void Plans::replace(Shared next) {
  const std::lock_guard lock(mutex_);
  if (current_ != nullptr) retired_.push_back(std::move(current_));
  current_ = std::move(next);
}

Plans::Shared Plans::serving() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

bool Plans::sweep() {
  std::vector<Shared> free;
  bool all = false;
  {
    const std::lock_guard lock(mutex_);
    const auto first_free =
        std::stable_partition(retired_.begin(), retired_.end(), [](const Shared& plan) { return !unused(plan); });
    free.assign(std::make_move_iterator(first_free), std::make_move_iterator(retired_.end()));
    retired_.erase(first_free, retired_.end());
    all = retired_.empty();
  }
  return all;  // `free` ends here, without the lock
}

std::uint64_t Plans::live() const {
  const std::lock_guard lock(mutex_);
  const auto used = std::count_if(retired_.begin(), retired_.end(), [](const Shared& plan) { return !unused(plan); });
  return (current_ == nullptr ? 0U : 1U) + static_cast<std::uint64_t>(used);
}

void Plans::clear() {
  const std::lock_guard lock(mutex_);
  retired_.clear();
  current_.reset();
}

}  // namespace fairlead::engine
