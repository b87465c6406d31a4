#include "middleware/token_buckets.h"

#include <algorithm>
#include <bit>

#include "base/hash.h"

namespace fairlead::middleware {
namespace {

/// Ticks per nanosecond when a token takes less than a millisecond: rates of 10^8 a second are kept to 1%, and 64 bits
/// last for 36 years. Longer intervals need no fractions, but bursts of them more range.
constexpr std::uint64_t kFineTicks = 16;
/// Longer bursts than this (146 years in coarse ticks) are cut; a quarter of the range keeps every sum below from
/// wrapping.
constexpr std::uint64_t kLongest = std::uint64_t{1} << 62;
constexpr std::size_t kFewestSlots = 64;
/// Slots looked at to find who makes room: bounds the time under the lock.
constexpr std::size_t kEvictionSample = 16;
/// A sweep of 2048 buckets takes about 10 us, so once in 10 ms costs 0.1% of one core per shard.
constexpr Nanos kSweepEvery = 10 * kMillisecond;

std::uint64_t clamped(unsigned __int128 ticks) {
  return ticks > kLongest ? kLongest : std::max<std::uint64_t>(1, static_cast<std::uint64_t>(ticks));
}

std::uint64_t ticks_per_nano(const BucketLimits& limits) {
  return limits.period / limits.average < kMillisecond ? kFineTicks : 1;
}

std::uint64_t ticks_per_token(const BucketLimits& limits) {
  const unsigned __int128 period = static_cast<unsigned __int128>(limits.period) * ticks_per_nano(limits);
  return clamped((period + limits.average - 1) / limits.average);
}

std::uint64_t hash_of(const SourceKey& source) {
  return mix64(source.high ^ hash_seed(), source.low ^ 0x9E3779B97F4A7C15ULL);
}

}  // namespace

TokenBuckets::TokenBuckets(const BucketLimits& limits, Nanos now)
    : epoch_(now),
      ticks_per_nano_(ticks_per_nano(limits)),
      interval_(ticks_per_token(limits)),
      allowance_(clamped(static_cast<unsigned __int128>(interval_) * limits.burst)),
      max_delay_(limits.max_delay) {}

TokenBuckets::Decision TokenBuckets::take(const SourceKey& source, Nanos now) {
  const std::uint64_t ticks = (now > epoch_ ? now - epoch_ : 0) * ticks_per_nano_;
  const std::uint64_t hash = hash_of(source);
  // The slot comes from the low bits, the shard from the high ones.
  Shard& shard = shards_[hash >> 59];
  const std::scoped_lock lock(shard.mutex);

  Bucket* bucket = shard.capacity == 0 ? nullptr : &find(shard, source, hash);
  const bool known = bucket != nullptr && bucket->full_at != 0;
  const std::uint64_t full_at = std::max(known ? bucket->full_at : 0, ticks) + interval_;
  const std::uint64_t ready_at = full_at > allowance_ ? full_at - allowance_ : 0;
  const std::uint64_t wait = ready_at > ticks ? ready_at - ticks : 0;
  const Nanos delay = (wait + ticks_per_nano_ - 1) / ticks_per_nano_;
  if (delay > max_delay_) return {false, delay};

  if (!known) {
    make_room(shard, ticks, hash);
    bucket = &find(shard, source, hash);
    bucket->source = source;
    ++shard.size;
  }
  bucket->full_at = full_at;
  const std::uint64_t room = ticks + allowance_;
  return {true, delay, room > full_at ? room - full_at : 0};
}

std::size_t TokenBuckets::size() const {
  std::size_t sum = 0;
  for (const Shard& shard : shards_) {
    const std::scoped_lock lock(shard.mutex);
    sum += shard.size;
  }
  return sum;
}

/// The bucket of `source`, or the free slot where it belongs. At most half of the slots are taken.
TokenBuckets::Bucket& TokenBuckets::find(const Shard& shard, const SourceKey& source, std::uint64_t hash) {
  for (std::size_t at = hash;; ++at) {
    Bucket& bucket = shard.buckets[at & (shard.capacity - 1)];
    if (bucket.full_at == 0 || bucket.source == source) return bucket;
  }
}

void TokenBuckets::make_room(Shard& shard, std::uint64_t now, std::uint64_t hash) const {
  const bool crowded = shard.size >= kShardSources;
  if (!crowded && (shard.size + 1) * 2 <= shard.capacity) return;
  if (!crowded || now >= shard.next_sweep) {
    shard.next_sweep = now + kSweepEvery * ticks_per_nano_;
    rebuild(shard, now);
  }
  if (shard.size >= kShardSources) evict(shard, hash);
}

/// Forgets full buckets and fits the table to the others.
void TokenBuckets::rebuild(Shard& shard, std::uint64_t now) {
  const std::unique_ptr<Bucket[]> old = std::move(shard.buckets);
  Bucket* const end = old.get() + shard.capacity;
  const auto lives = [now](const Bucket& bucket) { return bucket.full_at > now; };
  shard.size = static_cast<std::size_t>(std::count_if(old.get(), end, lives));
  // Twice the room that is needed, so that the next rebuild is as many insertions away as this one cost.
  constexpr std::size_t kMostSlots = std::bit_ceil((kShardSources + 1) * 3);
  shard.capacity = std::clamp(std::bit_ceil((shard.size + 1) * 3), kFewestSlots, kMostSlots);
  shard.buckets = std::make_unique<Bucket[]>(shard.capacity);
  for (Bucket* bucket = old.get(); bucket != end; ++bucket) {
    if (lives(*bucket)) find(shard, bucket->source, hash_of(bucket->source)) = *bucket;
  }
}

/// Forgets the bucket that is next to full among those around `hash`.
void TokenBuckets::evict(Shard& shard, std::uint64_t hash) {
  const std::size_t mask = shard.capacity - 1;
  std::size_t best = shard.capacity;
  std::size_t seen = 0;
  for (std::size_t at = hash; seen < kEvictionSample; ++at) {
    const Bucket& bucket = shard.buckets[at & mask];
    if (bucket.full_at == 0) continue;
    ++seen;
    if (best == shard.capacity || bucket.full_at < shard.buckets[best].full_at) best = at & mask;
  }
  erase(shard, best);
}

/// Frees a slot and moves later ones of the same run up, so that no search ends too early.
void TokenBuckets::erase(Shard& shard, std::size_t hole) {
  const std::size_t mask = shard.capacity - 1;
  for (std::size_t at = (hole + 1) & mask; shard.buckets[at].full_at != 0; at = (at + 1) & mask) {
    const std::size_t home = hash_of(shard.buckets[at].source) & mask;
    const bool stays = ((at - home) & mask) < ((at - hole) & mask);
    if (stays) continue;
    shard.buckets[hole] = shard.buckets[at];
    hole = at;
  }
  shard.buckets[hole] = Bucket{};
  --shard.size;
}

}  // namespace fairlead::middleware
