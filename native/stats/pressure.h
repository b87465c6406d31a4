// How near the process is to the memory it may use, and what that asks of its workers.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace fairlead::stats {

/// What is given up, each stage with all before it. The numbers appear in the gauge overload_stage.
enum class Stage : std::uint8_t {
  kNormal,
  kFrugal,         // bulk bodies go through small buffers, and unused buffers are freed
  kNoKeepAlive,    // responses end their connections
  kNoRequests,     // new requests are refused, connections without one are closed
  kNoConnections,  // clients wait in the queue of the kernel
  kShedding        // the exchanges that hold the most are cut
};

/// Thousandths of a limit at which each stage begins, kFrugal first.
inline constexpr std::array<std::uint32_t, 5> kStageBegins = {700, 800, 920, 950, 980};
/// A stage ends this much below its beginning, so that it does not come and go with every buffer.
inline constexpr std::uint32_t kStageMargin = 30;

/// The stage that follows `now` when `share` thousandths of the limit are used.
Stage next_stage(Stage now, std::uint64_t share);
/// Lower-case words, for logs.
const char* stage_name(Stage stage);

/// The account of all workers. Two limits are watched: bytes in buffers, which each worker reports as they grow, and the
/// memory of the whole process, which is looked at now and then. Any thread.
class Pressure {
 public:
  static constexpr std::size_t kMostWorkers = 64;

  /// 0 = not watched.
  void set_limits(std::uint64_t buffers, std::uint64_t resident);
  /// Bytes that the buffers of a worker take; that worker only.
  void report_buffers(std::uint32_t worker, std::uint64_t bytes);
  /// Bytes of memory that the process takes.
  void report_resident(std::uint64_t bytes);

  Stage stage() const { return static_cast<Stage>(stage_.load(std::memory_order_relaxed)); }
  std::uint64_t buffers() const;
  std::uint64_t buffer_limit() const { return buffer_limit_.load(std::memory_order_relaxed); }
  std::uint64_t resident() const { return resident_.load(std::memory_order_relaxed); }
  std::uint64_t resident_limit() const { return resident_limit_.load(std::memory_order_relaxed); }
  /// Thousandths of the limit that is nearer.
  std::uint64_t share() const;
  /// Bytes of buffers to free, or of the whole process, for new connections to be taken again; 0 when they are.
  std::uint64_t buffer_excess() const;
  std::uint64_t resident_excess() const;

 private:
  struct alignas(64) Slot {
    std::atomic<std::uint64_t> bytes{0};
  };
  void update();

  std::array<Slot, kMostWorkers> slots_{};
  std::atomic<std::uint32_t> used_slots_{0};
  std::atomic<std::uint64_t> buffer_limit_{0};
  std::atomic<std::uint64_t> resident_limit_{0};
  std::atomic<std::uint64_t> resident_{0};
  std::atomic<std::uint8_t> stage_{0};
};

}  // namespace fairlead::stats
