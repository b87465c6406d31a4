// Time as the data plane uses it: monotonic nanoseconds, read once per loop turn.
#pragma once

#include <time.h>

#include <cstdint>

namespace fairlead {

/// Nanoseconds on CLOCK_MONOTONIC. 0 means "no time" where a deadline is optional.
using Nanos = std::uint64_t;
inline constexpr Nanos kMicrosecond = 1'000;
inline constexpr Nanos kMillisecond = 1'000'000;
inline constexpr Nanos kSecond = 1'000'000'000;

inline Nanos monotonic_now() {
  timespec ts{};
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return static_cast<Nanos>(ts.tv_sec) * kSecond + static_cast<Nanos>(ts.tv_nsec);
}

/// Nanoseconds since 1970, for logs and dates only.
inline Nanos wall_now() {
  timespec ts{};
  clock_gettime(CLOCK_REALTIME, &ts);
  return static_cast<Nanos>(ts.tv_sec) * kSecond + static_cast<Nanos>(ts.tv_nsec);
}

}  // namespace fairlead
