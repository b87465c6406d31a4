#pragma once

#include <string_view>

#include "base/arena.h"
#include "base/clock.h"

namespace fairlead::middleware {

/// A duration as Go prints it ("1.5s", "250ms", "1m0.5s"), for headers that clients of Traefik read.
std::string_view duration_text(Arena& arena, Nanos duration);

/// A number in decimal digits.
std::string_view decimal(Arena& arena, std::uint64_t number);

}  // namespace fairlead::middleware
