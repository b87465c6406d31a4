// One route key as the indexes hold it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "snapshot/generated/records.gen.h"

namespace fairlead::router {

/// Ranks are 29 bits wide.
inline constexpr std::uint32_t kMaxRanks = 1U << 29;
/// Sizes of paths are 24 bits wide, far above what a rule may be long.
inline constexpr std::uint32_t kMaxPathBytes = (1U << 24) - 1;

/// A key without its host, which the scope knows. The path points into the snapshot, where it is likely to be out of the
/// cache: its size and last byte are kept here, since they tell most paths apart.
class Entry {
 public:
  Entry() = default;
  /// The key's path has at most kMaxPathBytes, `rank` is below kMaxRanks.
  Entry(const wire::RouteKey& key, std::uint32_t rank)
      : path_(key.path.view().data()),
        path_size_(static_cast<std::uint32_t>(key.path.view().size()) & kMaxPathBytes),
        last_byte_(key.path.empty() ? 0U : static_cast<std::uint8_t>(key.path.view().back())),
        rank_(rank & (kMaxRanks - 1)),
        kind_(key.path_kind & 3U),
        sufficient_(key.sufficient ? 1U : 0U) {}

  /// Place of the rule in the list of routers, best first.
  std::uint32_t rank() const { return rank_; }
  wire::PathKind kind() const { return static_cast<wire::PathKind>(kind_); }
  /// The rule matches whenever the key does.
  bool sufficient() const { return sufficient_ != 0; }
  std::string_view path() const { return {path_, path_size_}; }

  bool takes(std::string_view request_path) const {
    switch (kind()) {
      case wire::PathKind::kAny:
        return true;
      case wire::PathKind::kExact:
        return request_path.size() == path_size_ && begins(request_path);
      case wire::PathKind::kPrefix:
        return request_path.size() >= path_size_ && begins(request_path);
      case wire::PathKind::kPattern:
        return true;  // the program decides
    }
    return false;
  }

 private:
  bool begins(std::string_view request_path) const {
    if (path_size_ == 0) return true;
    if (static_cast<std::uint8_t>(request_path[path_size_ - 1]) != last_byte_) return false;
    return std::memcmp(request_path.data(), path_, path_size_) == 0;
  }

  const char* path_ = nullptr;
  std::uint32_t path_size_ : 24 = 0;
  std::uint32_t last_byte_ : 8 = 0;
  std::uint32_t rank_ : 29 = 0;
  std::uint32_t kind_ : 2 = 0;
  std::uint32_t sufficient_ : 1 = 0;
};
static_assert(sizeof(Entry) == 16);

/// Entries, best rank first.
using Run = std::span<const Entry>;

}  // namespace fairlead::router
