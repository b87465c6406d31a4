// The engine's own thread: builds plans and watches drains, so that neither the host nor a worker waits.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.h"

namespace fairlead::engine {

/// Runs jobs one after the other, each not before its time.
class Control {
 public:
  using Job = std::function<void()>;

  ~Control() { stop(); }
  void start();
  /// Runs `job` after `delay` nanoseconds; jobs of the same time keep their order. Any thread.
  void post(Job job, Nanos delay = 0);
  /// Finishes the job under way, forgets the others and joins. Idempotent.
  void stop();

 private:
  struct Entry {
    Nanos due;
    Job job;
  };
  void run();
  /// The first entry that is due, or the end.
  std::vector<Entry>::iterator next_due();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Entry> entries_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace fairlead::engine
