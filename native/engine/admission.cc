#include "engine/admission.h"

namespace fairlead::engine {

bool Admission::admit(std::uint32_t entry_point, std::uint32_t limit) {
  std::atomic<std::uint32_t>& here = by_entry_point_[entry_point % kCountedEntryPoints];
  const std::uint32_t others = open_.fetch_add(1, std::memory_order_relaxed);
  const std::uint32_t others_here = here.fetch_add(1, std::memory_order_relaxed);
  if (others < total_ && (limit == 0 || others_here < limit)) return true;
  ended(entry_point);
  return false;
}

void Admission::ended(std::uint32_t entry_point) {
  open_.fetch_sub(1, std::memory_order_relaxed);
  by_entry_point_[entry_point % kCountedEntryPoints].fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace fairlead::engine
