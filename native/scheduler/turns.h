// Each turn gives everyone who takes part its share in credit, serves the richest, and takes the sum of shares from it
// (the scheme nginx made known in 2012). Linear in the number of candidates, which for one service is small.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fairlead::scheduler {

/// Smooth weighted round robin: shares are exact over every full cycle and a heavy candidate is never served in bursts.
class Turns {
 public:
  explicit Turns(std::size_t count) : credits_(count) {}

  /// Whose turn it is; `share_of(index)` is 0 for who takes no part. `nobody` when that is everyone.
  template <class ShareOf>
  std::uint32_t next(std::uint32_t nobody, ShareOf share_of) {
    std::uint32_t best = nobody;
    std::int64_t most = 0;
    std::int64_t total = 0;
    for (std::uint32_t i = 0; i < credits_.size(); ++i) {
      const std::int64_t share = share_of(i);
      if (share == 0) continue;
      const std::int64_t credit = credits_[i] += share;
      total += share;
      if (best != nobody && credit <= most) continue;
      best = i;
      most = credit;
    }
    if (best != nobody) credits_[best] = most - total;
    return best;
  }
  /// Who comes back starts without credit, and so is not flooded with what it has missed.
  void forget(std::uint32_t index) { credits_[index] = 0; }

 private:
  std::vector<std::int64_t> credits_;
};

}  // namespace fairlead::scheduler
