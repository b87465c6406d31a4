// The memory of a rate limiter: one bucket per source, shared by all workers.
//
// The only state of the data plane that workers share on the request path: a limit of ten requests a second must not
// become twenty with two workers. A bucket is found under the lock of one of 32 shards; without contention that costs a
// hash and an uncontended mutex.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>

#include "base/clock.h"
#include "middleware/middleware.h"
#include "middleware/source_criterion.h"

namespace fairlead::middleware {

/// The parameters of a limit. Times are nanoseconds.
struct BucketLimits {
  /// Tokens per `period`; at least 1.
  std::uint64_t average = 1;
  Nanos period = kSecond;
  /// Tokens a full bucket holds; at least 1.
  std::uint64_t burst = 1;
  /// The longest a request may be held back.
  Nanos max_delay = 0;
};

/// Token buckets in the form of the generic cell rate algorithm (ITU-T I.371): a bucket is the time at which it will be
/// full again, so a full bucket needs no memory at all and may be forgotten without giving anything away.
class TokenBuckets final : public SharedState {
 public:
  /// Sources remembered at most. Beyond, the bucket that is next to full makes room, among a few.
  static constexpr std::size_t kMaxSources = 65536;

  struct Decision {
    bool admitted;
    /// How long an admitted request is to be held back, or after how long a refused one would be admitted.
    Nanos delay;
    /// What is left of the bucket after this request, in ticks.
    std::uint64_t spare = 0;
  };

  /// `now` is the monotonic time from which all later times count.
  TokenBuckets(const BucketLimits& limits, Nanos now);

  /// Takes one token of `source`, unless that would need a longer delay than allowed; then nothing is taken. `now` may
  /// be a little older than that of another thread. Any thread.
  Decision take(const SourceKey& source, Nanos now);

  /// Ticks of one token; at least 1.
  std::uint64_t interval() const { return interval_; }

  /// Buckets remembered now, full ones included. Any thread; for tests and statistics.
  std::size_t size() const;

 private:
  static constexpr std::size_t kShards = 32;
  static constexpr std::size_t kShardSources = kMaxSources / kShards;

  struct Bucket {
    SourceKey source;
    /// When the bucket is full, in ticks since `epoch_`; 0 marks a free slot.
    std::uint64_t full_at = 0;
  };

  /// Open addressing with linear probing; sized to what lives in it.
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    std::unique_ptr<Bucket[]> buckets;
    std::size_t capacity = 0;
    std::size_t size = 0;
    /// Not before this tick is a crowded shard searched for full buckets again.
    std::uint64_t next_sweep = 0;
  };

  static Bucket& find(const Shard& shard, const SourceKey& source, std::uint64_t hash);
  void make_room(Shard& shard, std::uint64_t now, std::uint64_t hash) const;
  static void rebuild(Shard& shard, std::uint64_t now);
  static void evict(Shard& shard, std::uint64_t hash);
  static void erase(Shard& shard, std::size_t hole);

  Nanos epoch_;
  std::uint64_t ticks_per_nano_;
  /// Ticks of one token, rounded up so that the rate is never exceeded.
  std::uint64_t interval_;
  /// Ticks of a whole burst.
  std::uint64_t allowance_;
  Nanos max_delay_;
  std::array<Shard, kShards> shards_;
};

}  // namespace fairlead::middleware
