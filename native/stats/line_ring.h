// A bounded queue of text lines between one writing worker and one reading thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace fairlead::stats {

/// Single producer, single consumer, never blocks: a line that does not fit is dropped and counted.
class LineRing {
 public:
  /// `bytes` is a power of two.
  explicit LineRing(std::size_t bytes) : mask_(bytes - 1), bytes_(std::make_unique_for_overwrite<char[]>(bytes)) {}

  /// Producer. False: dropped.
  bool push(std::string_view line) {
    const std::uint64_t head = head_.load(std::memory_order_relaxed);
    const std::uint64_t tail = tail_.load(std::memory_order_acquire);
    if (line.size() > capacity() - (head - tail)) {
      dropped_.store(dropped_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
      return false;
    }
    const std::size_t at = head & mask_;
    const std::size_t first = line.size() < capacity() - at ? line.size() : capacity() - at;
    std::memcpy(bytes_.get() + at, line.data(), first);
    std::memcpy(bytes_.get(), line.data() + first, line.size() - first);
    head_.store(head + line.size(), std::memory_order_release);
    return true;
  }
  /// Consumer: the longest contiguous run of whole or partial lines that waits; pop() takes it off.
  std::string_view peek() const {
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    const std::uint64_t waiting = head_.load(std::memory_order_acquire) - tail;
    const std::size_t at = tail & mask_;
    const std::size_t run = waiting < capacity() - at ? static_cast<std::size_t>(waiting) : capacity() - at;
    return {bytes_.get() + at, run};
  }
  void pop(std::size_t count) { tail_.store(tail_.load(std::memory_order_relaxed) + count, std::memory_order_release); }

  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }
  std::size_t capacity() const { return mask_ + 1; }

 private:
  const std::size_t mask_;
  std::unique_ptr<char[]> bytes_;
  alignas(64) std::atomic<std::uint64_t> head_{0};
  std::atomic<std::uint64_t> dropped_{0};
  alignas(64) std::atomic<std::uint64_t> tail_{0};
};

}  // namespace fairlead::stats
