// Which requests count together (Traefik sourceCriterion).
#pragma once

#include <cstdint>

#include "middleware/middleware.h"

namespace fairlead::middleware {

/// 128 bits that stand for one source. Addresses stand for themselves; texts are hashed with two per-process seeds, so
/// that nobody can look for two that collide.
struct SourceKey {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  bool operator==(const SourceKey&) const = default;
};

/// The source of a request. Requests without one (a missing header) count together.
SourceKey source_of(const wire::SourceCriterion& config, const Context& context);

}  // namespace fairlead::middleware
