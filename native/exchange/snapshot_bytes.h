// A snapshot in memory that may be trusted.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "snapshot/generated/records.gen.h"

namespace fairlead::exchange {

/// Services nest (weighted over weighted). Deeper trees than this are a mistake, and the walk of a request is bounded by
/// the same number.
inline constexpr unsigned kDeepestService = 16;
/// Longest way from a router of an entry point down through layers of routers.
inline constexpr unsigned kDeepestLayer = 16;

/// The bytes of a snapshot, aligned for their records. What verify() has let pass is memory-safe to use: every view lies
/// inside, every index inside its list, and no walk from service to service runs in a circle.
class SnapshotBytes {
 public:
  /// Copies; null when `bytes` are not a snapshot of this build, and `fault` says why.
  static std::unique_ptr<SnapshotBytes> verify(std::span<const std::byte> bytes, std::string& fault);
  const wire::Snapshot& root() const { return *reinterpret_cast<const wire::Snapshot*>(bytes_.get()); }

 private:
  struct Free {
    void operator()(std::byte* bytes) const;
  };
  std::unique_ptr<std::byte, Free> bytes_;
};

}  // namespace fairlead::exchange
