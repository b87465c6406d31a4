#include "base/hash.h"

#include <sys/random.h>

#include "base/clock.h"

namespace fairlead {

std::uint64_t random_bits() {
  std::uint64_t bits = 0;
  if (getrandom(&bits, sizeof(bits), GRND_NONBLOCK) != static_cast<ssize_t>(sizeof(bits))) bits = wall_now();
  return bits;
}

std::uint64_t hash_seed() {
  static const std::uint64_t seed = random_bits() | 1;
  return seed;
}

}  // namespace fairlead
