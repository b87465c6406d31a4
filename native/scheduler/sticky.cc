#include "scheduler/sticky.h"

#include <algorithm>

#include "base/hash.h"

namespace fairlead::scheduler {

Sticky::Sticky(const wire::Sticky& config) : config_(config) {
  entries_.reserve(config.current.size() + config.former.size());
  const auto add = [this](std::string_view value, std::uint32_t index, bool current) {
    entries_.push_back({hash_bytes(value), value, {index, current}});
  };
  for (std::uint32_t i = 0; i < config.current.size(); ++i) add(config.current[i], i, true);
  for (const wire::StickyValue& former : config.former) add(former.value, former.candidate, false);
  std::ranges::stable_sort(entries_, {}, &Entry::hash);
}

Sticky::Found Sticky::find(std::string_view value) const {
  for (const Entry& entry : std::ranges::equal_range(entries_, hash_bytes(value), {}, &Entry::hash)) {
    if (entry.value == value) return entry.stands_for;
  }
  return {};
}

}  // namespace fairlead::scheduler
