// An open-addressing table from hashes to numbers, for indexes that are built once and then only read.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/assert.h"

namespace fairlead::router {

/// The keys live elsewhere: find() is told how to compare. Lookups from any number of threads once it is built.
class HashTable {
 public:
  static constexpr std::uint32_t kAbsent = 0xffffffff;

  /// Makes room for `count` insertions and forgets earlier ones. At most two thirds of the slots fill up, so that probe
  /// sequences stay short.
  void reserve(std::size_t count) {
    slots_.assign(count == 0 ? 0 : std::bit_ceil(count + count / 2 + 1), Slot{0, kAbsent});
    room_ = count;
  }

  /// The number inserted with `hash` for which `is_it` holds, or kAbsent.
  template <class IsIt>
  std::uint32_t find(std::uint64_t hash, IsIt is_it) const {
    if (slots_.empty()) return kAbsent;
    for (std::size_t at = first(hash);; at = next(at)) {
      const Slot& slot = slots_[at];
      if (slot.value == kAbsent) return kAbsent;
      if (slot.tag == tag(hash) && is_it(slot.value)) return slot.value;
    }
  }

  /// Adds what find() has not found. `value` is not kAbsent.
  void insert(std::uint64_t hash, std::uint32_t value) {
    FAIRLEAD_ASSERT(room_ > 0);
    --room_;
    std::size_t at = first(hash);
    while (slots_[at].value != kAbsent) at = next(at);
    slots_[at] = {tag(hash), value};
  }

  bool empty() const { return slots_.empty(); }
  std::size_t memory() const { return slots_.capacity() * sizeof(Slot); }

 private:
  struct Slot {
    std::uint32_t tag;
    std::uint32_t value;
  };

  static std::uint32_t tag(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }
  std::size_t first(std::uint64_t hash) const { return hash & (slots_.size() - 1); }
  std::size_t next(std::size_t at) const { return (at + 1) & (slots_.size() - 1); }

  std::vector<Slot> slots_;
  std::size_t room_ = 0;
};

}  // namespace fairlead::router
