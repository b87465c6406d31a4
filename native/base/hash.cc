#include "base/hash.h"

#include <sys/random.h>

#include "base/clock.h"

namespace fairlead {
namespace {

std::uint64_t random_seed() {
  std::uint64_t seed = 0;
  if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != static_cast<ssize_t>(sizeof(seed))) seed = wall_now();
  return seed | 1;
}

}  // namespace

std::uint64_t hash_seed() {
  static const std::uint64_t seed = random_seed();
  return seed;
}

}  // namespace fairlead
