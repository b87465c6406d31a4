// The numbers of one worker: written by it alone, read by anyone at any time.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>

#include "stats/generated/counters.gen.h"

namespace fairlead::stats {

/// Single writer: adding is a plain load and store, never a locked instruction. On its own cache lines.
class alignas(64) Counters {
 public:
  void add(Counter counter, std::uint64_t amount = 1) {
    std::atomic<std::uint64_t>& value = values_[static_cast<std::size_t>(counter)];
    value.store(value.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  /// For gauges.
  void subtract(Counter counter, std::uint64_t amount = 1) { add(counter, 0 - amount); }
  void set(Counter counter, std::uint64_t amount) {
    values_[static_cast<std::size_t>(counter)].store(amount, std::memory_order_relaxed);
  }
  std::uint64_t get(Counter counter) const {
    return values_[static_cast<std::size_t>(counter)].load(std::memory_order_relaxed);
  }

 private:
  std::array<std::atomic<std::uint64_t>, kCounterCount> values_{};
};

}  // namespace fairlead::stats
