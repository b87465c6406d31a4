// How many client connections there are, and whether there may be one more.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <mutex>
#include <unordered_map>

#include "net/address.h"

namespace fairlead::engine {

/// Whether a connection may stay.
enum class Verdict : std::uint8_t {
  kWelcome,
  kCrowded,        // it may, but a limit is near: another one that is idle should go
  kFull,           // there are as many as there may be; one that is idle may make room
  kNoDescriptors,  // as kFull: what is left of the process's descriptors is for connections to servers
  kClientFull      // its address has as many as it may have
};

/// Counts over all workers. Any thread.
class Admission {
 public:
  /// At most `total` connections over all entry points.
  explicit Admission(std::uint32_t total) : total_(total) {}

  /// Bounds what one client address may have; 0 = no limit. Before the first connection.
  void set_client_limit(std::uint32_t limit) { client_limit_ = limit; }
  /// Takes over how many descriptors the process may have; called now and then, since it can change while we run.
  void set_descriptor_limit(std::uint64_t limit);

  /// Asks for one more connection, on descriptor `fd`, to the entry point of that index, which takes `limit` of them (0 =
  /// no limit of its own). What is welcome or crowded is counted until ended().
  Verdict admit(std::uint32_t entry_point, std::uint32_t limit, const net::IpAddress& client, int fd);
  void ended(std::uint32_t entry_point, const net::IpAddress& client);
  std::uint32_t open() const { return open_.load(std::memory_order_relaxed); }
  /// There are so many connections, over all entry points, that idle ones should go.
  bool crowded() const { return open() >= soft(total_) && total_ >= kSmallest; }

 private:
  // Entry points beyond this many share counters; nobody has as many.
  static constexpr std::size_t kCountedEntryPoints = 256;
  // Limits below this are hard only: a tenth of them is nobody.
  static constexpr std::uint32_t kSmallest = 10;
  // A client's connections are counted under locks, each for a share of the addresses, and only if there is a limit.
  static constexpr std::size_t kShards = 16;

  struct Shard {
    std::mutex mutex;
    std::unordered_map<std::uint64_t, std::uint32_t> counts;
  };

  /// Where idle connections begin to be closed.
  static std::uint32_t soft(std::uint32_t limit) { return limit - limit / 10; }
  Verdict count(std::uint32_t entry_point, std::uint32_t limit);
  void uncount(std::uint32_t entry_point);
  bool count_client(const net::IpAddress& client);
  void uncount_client(const net::IpAddress& client);
  Shard& shard_of(std::uint64_t key) { return shards_[key % kShards]; }

  const std::uint32_t total_;
  std::uint32_t client_limit_ = 0;
  std::atomic<int> soft_descriptor_{std::numeric_limits<int>::max()};
  std::atomic<int> hard_descriptor_{std::numeric_limits<int>::max()};
  std::atomic<std::uint32_t> open_{0};
  std::array<std::atomic<std::uint32_t>, kCountedEntryPoints> by_entry_point_{};
  std::array<Shard, kShards> shards_;
};

}  // namespace fairlead::engine
