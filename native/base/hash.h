// Hashes for tables inside one process. Not stable across releases, not for untrusted collision resistance beyond the
// per-process seed.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace fairlead {

/// Process-wide random seed, set once at load; makes collisions unpredictable to clients.
std::uint64_t hash_seed();
/// Fresh bits from the kernel's generator, for starting points; a system call.
std::uint64_t random_bits();

inline std::uint64_t mix64(std::uint64_t a, std::uint64_t b) {
  const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// Multiply-and-fold over 8-byte words, seeded.
inline std::uint64_t hash_bytes(std::string_view text, std::uint64_t seed) {
  constexpr std::uint64_t kA = 0x9E3779B97F4A7C15ULL;
  constexpr std::uint64_t kB = 0xD6E8FEB86659FD93ULL;
  std::uint64_t h = seed ^ mix64(text.size() ^ kA, kB);
  const char* at = text.data();
  std::size_t left = text.size();
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    h = mix64(h ^ word, kA);
  }
  if (left > 0) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, left);
    h = mix64(h ^ word ^ (static_cast<std::uint64_t>(left) << 56), kB);
  }
  return mix64(h, kA);
}

inline std::uint64_t hash_bytes(std::string_view text) { return hash_bytes(text, hash_seed()); }

}  // namespace fairlead
