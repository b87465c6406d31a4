#include "engine/admission.h"

#include <algorithm>

namespace fairlead::engine {
namespace {

/// IPv6 clients have a /64 at least, from which they may choose.
std::uint64_t key_of(const net::IpAddress& client) {
  const std::uint64_t bits = client.is_v4() ? client.low : client.high;
  return bits * 0x9E3779B97F4A7C15ULL;
}

}  // namespace

void Admission::set_descriptor_limit(std::uint64_t limit) {
  // For connections to servers, files and the host: a sixteenth, at least 32 if that leaves enough, not more than anybody
  // needs.
  constexpr std::uint64_t kLeast = 32;
  constexpr std::uint64_t kMost = 4096;
  const std::uint64_t usable = std::min<std::uint64_t>(limit, std::numeric_limits<int>::max());
  const std::uint64_t reserve = std::min(std::clamp(usable / 16, kLeast, kMost), usable / 4);
  hard_descriptor_.store(static_cast<int>(usable - reserve), std::memory_order_relaxed);
  soft_descriptor_.store(static_cast<int>(usable - reserve - reserve / 4), std::memory_order_relaxed);
}

/// A descriptor is the lowest that is free: its number tells how many are in use at least.
Verdict Admission::admit(std::uint32_t entry_point, std::uint32_t limit, const net::IpAddress& client, int fd) {
  if (fd >= hard_descriptor_.load(std::memory_order_relaxed)) return Verdict::kNoDescriptors;
  if (!count_client(client)) return Verdict::kClientFull;
  const Verdict verdict = count(entry_point, limit);
  if (verdict == Verdict::kFull) {
    uncount_client(client);
  } else if (fd >= soft_descriptor_.load(std::memory_order_relaxed)) {
    return Verdict::kCrowded;
  }
  return verdict;
}

void Admission::ended(std::uint32_t entry_point, const net::IpAddress& client) {
  uncount(entry_point);
  uncount_client(client);
}

Verdict Admission::count(std::uint32_t entry_point, std::uint32_t limit) {
  std::atomic<std::uint32_t>& here = by_entry_point_[entry_point % kCountedEntryPoints];
  const std::uint32_t others = open_.fetch_add(1, std::memory_order_relaxed);
  const std::uint32_t others_here = here.fetch_add(1, std::memory_order_relaxed);
  if (others >= total_ || (limit != 0 && others_here >= limit)) {
    uncount(entry_point);
    return Verdict::kFull;
  }
  const bool near_own = limit >= kSmallest && others_here >= soft(limit);
  return near_own || crowded() ? Verdict::kCrowded : Verdict::kWelcome;
}

void Admission::uncount(std::uint32_t entry_point) {
  open_.fetch_sub(1, std::memory_order_relaxed);
  by_entry_point_[entry_point % kCountedEntryPoints].fetch_sub(1, std::memory_order_relaxed);
}

bool Admission::count_client(const net::IpAddress& client) {
  if (client_limit_ == 0) return true;
  const std::uint64_t key = key_of(client);
  Shard& shard = shard_of(key >> 32);
  const std::lock_guard lock(shard.mutex);
  std::uint32_t& open = shard.counts[key];
  if (open >= client_limit_) return false;
  ++open;
  return true;
}

void Admission::uncount_client(const net::IpAddress& client) {
  if (client_limit_ == 0) return;
  const std::uint64_t key = key_of(client);
  Shard& shard = shard_of(key >> 32);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.counts.find(key);
  if (found != shard.counts.end() && --found->second == 0) shard.counts.erase(found);
}

}  // namespace fairlead::engine
