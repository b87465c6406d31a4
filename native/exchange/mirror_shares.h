// Which requests a mirroring service copies.
#pragma once

#include <cstdint>
#include <vector>

#include "snapshot/generated/records.gen.h"

namespace fairlead::exchange {

/// Counts requests and copies. A mirror gets the next request when it has had less than its share of all (Traefik counts
/// alike), so that the shares are exact to one request on each worker.
class MirrorShares {
 public:
  /// The mirrors are all children but the first.
  explicit MirrorShares(const wire::List<wire::Child>& children) : copies_(children.size()) {}

  /// A request has come.
  void count() { ++requests_; }
  /// Whether the child of that index gets a copy of it; to be asked once, and counted then.
  bool is_due(std::uint32_t child, std::uint32_t percent) {
    if (copies_[child] * 100 >= requests_ * percent) return false;
    ++copies_[child];
    return true;
  }

 private:
  std::uint64_t requests_ = 0;
  std::vector<std::uint64_t> copies_;
};

}  // namespace fairlead::exchange
