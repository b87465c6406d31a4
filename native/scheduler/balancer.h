// Choosing one of several: the contract every strategy fulfils.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "snapshot/generated/records.gen.h"

namespace fairlead::scheduler {

/// The index that means "none can be used".
inline constexpr std::uint32_t kNobody = 0xffffffff;

/// One thing to choose from.
struct Candidate {
  std::uint32_t weight = 1;
};

/// Set of candidates that must not be chosen (tried already). Sixty-four are told apart; later ones are never excluded.
class Excluded {
 public:
  void add(std::uint32_t index) {
    if (index < 64) bits_ |= 1ULL << index;
  }
  bool has(std::uint32_t index) const { return index < 64 && (bits_ >> index & 1) != 0; }
  bool empty() const { return bits_ == 0; }

 private:
  std::uint64_t bits_ = 0;
};

/// State of one service on one worker.
class Balancer {
 public:
  virtual ~Balancer() = default;
  /// The index of the next candidate that is not excluded, or kNobody.
  virtual std::uint32_t pick(const Excluded& excluded) = 0;
};

/// The balancer of a strategy, null when there is no such. Candidates of weight 0 are never chosen.
std::unique_ptr<Balancer> make_balancer(wire::Strategy strategy, std::span<const Candidate> candidates);

}  // namespace fairlead::scheduler
