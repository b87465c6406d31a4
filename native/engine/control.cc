#include "engine/control.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "loop/scheduling.h"

namespace fairlead::engine {

void Control::start() {
  thread_ = std::thread([this] {
    loop::let_others_run_on();
    run();
  });
}

void Control::post(Job job, Nanos delay) {
  {
    const std::lock_guard lock(mutex_);
    entries_.push_back({monotonic_now() + delay, std::move(job)});
  }
  wake_.notify_one();
}

void Control::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    entries_.clear();
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

std::vector<Control::Entry>::iterator Control::next_due() {
  return std::min_element(entries_.begin(), entries_.end(),
                          [](const Entry& a, const Entry& b) { return a.due < b.due; });
}

void Control::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto entry = next_due();
    if (entry == entries_.end()) {
      wake_.wait(lock);
      continue;
    }
    const Nanos now = monotonic_now();
    if (entry->due > now) {
      wake_.wait_for(lock, std::chrono::nanoseconds(entry->due - now));
      continue;
    }
    const Job job = std::move(entry->job);
    entries_.erase(entry);
    lock.unlock();
    job();
    lock.lock();
  }
}

}  // namespace fairlead::engine
