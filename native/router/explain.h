// Why a router got a request, and why others did not. Decided by the same indexes and programs as traffic: the choice is
// Router::find(), the rest looks at what find() has passed by.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "router/match_input.h"
#include "router/router.h"
#include "snapshot/generated/records.gen.h"

namespace fairlead::router {

/// A test of a rule that had another answer than the rule needs. Texts point into the snapshot.
struct Failing {
  wire::Op op;
  /// It holds, but stands behind a "!".
  bool held;
  std::uint32_t operand;
  std::string_view key;
  std::string_view value;
};

/// A router that did not get the request although it came close.
struct NearMiss {
  /// Index into the snapshot's routers.
  std::uint32_t router;
  /// Its rule takes the request, but another router is tried first. Then nothing is failing.
  bool outranked;
  /// The first test that failed; several are alternatives of each other, of which one would have been enough.
  std::vector<Failing> failing;
};

struct Explanation {
  /// What Router::find() says: an index into the snapshot's routers, or wire::kNone.
  std::uint32_t chosen = wire::kNone;
  /// The closest first.
  std::vector<NearMiss> near_misses;
};

/// Bounds the time: this many routes are looked at for near misses, half a millisecond of work.
inline constexpr std::size_t kMostScanned = 100'000;

/// Which routers count as having come close.
enum class Reach : std::uint8_t {
  kNear,        // those that share host or path with the request, or nearly so
  kEvenOfPath,  // also those for any host with quite another path: where there are few of them
};

/// Finds the router, and up to `most` near misses.
Explanation explain(const Router& router, MatchInput& input, std::size_t most, Reach reach = Reach::kNear);

}  // namespace fairlead::router
