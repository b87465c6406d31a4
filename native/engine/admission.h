// How many client connections there are, and whether there may be one more.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace fairlead::engine {

/// Counts over all workers. Any thread.
class Admission {
 public:
  /// At most `total` connections over all entry points.
  explicit Admission(std::uint32_t total) : total_(total) {}

  /// Admits one more connection to the entry point of that index, which takes `limit` of them (0 = no limit of its own).
  bool admit(std::uint32_t entry_point, std::uint32_t limit);
  void ended(std::uint32_t entry_point);
  std::uint32_t open() const { return open_.load(std::memory_order_relaxed); }

 private:
  // Entry points beyond this many share counters; nobody has as many.
  static constexpr std::size_t kCountedEntryPoints = 256;

  const std::uint32_t total_;
  std::atomic<std::uint32_t> open_{0};
  std::array<std::atomic<std::uint32_t>, kCountedEntryPoints> by_entry_point_{};
};

}  // namespace fairlead::engine
