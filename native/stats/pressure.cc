#include "stats/pressure.h"

#include <algorithm>

namespace fairlead::stats {
namespace {

std::uint64_t share_of(std::uint64_t bytes, std::uint64_t limit) {
  return limit == 0 ? 0 : static_cast<std::uint64_t>(static_cast<double>(bytes) * 1000 / static_cast<double>(limit));
}

std::uint64_t above(std::uint64_t bytes, std::uint64_t limit) {
  constexpr std::uint64_t kAim = kStageBegins[3] - kStageMargin;
  const std::uint64_t aim = limit / 1000 * kAim;
  return limit == 0 || bytes <= aim ? 0 : bytes - aim;
}

}  // namespace

Stage next_stage(Stage now, std::uint64_t share) {
  auto stage = static_cast<std::size_t>(now);
  while (stage < kStageBegins.size() && share >= kStageBegins[stage]) ++stage;
  while (stage > 0 && share < kStageBegins[stage - 1] - kStageMargin) --stage;
  return static_cast<Stage>(stage);
}

const char* stage_name(Stage stage) {
  switch (stage) {
    case Stage::kNormal:
      return "normal";
    case Stage::kFrugal:
      return "small buffers only";
    case Stage::kNoKeepAlive:
      return "connections end with their response";
    case Stage::kNoRequests:
      return "new requests are refused";
    case Stage::kNoConnections:
      return "no connections are accepted";
    case Stage::kShedding:
      return "the heaviest exchanges are cut";
  }
  return "";
}

void Pressure::set_limits(std::uint64_t buffers, std::uint64_t resident) {
  buffer_limit_.store(buffers, std::memory_order_relaxed);
  resident_limit_.store(resident, std::memory_order_relaxed);
  update();
}

void Pressure::report_buffers(std::uint32_t worker, std::uint64_t bytes) {
  slots_[worker % kMostWorkers].bytes.store(bytes, std::memory_order_relaxed);
  if (worker >= used_slots_.load(std::memory_order_relaxed)) used_slots_.store(worker + 1, std::memory_order_relaxed);
  update();
}

void Pressure::report_resident(std::uint64_t bytes) {
  resident_.store(bytes, std::memory_order_relaxed);
  update();
}

std::uint64_t Pressure::buffers() const {
  const std::size_t count = std::min<std::size_t>(used_slots_.load(std::memory_order_relaxed), kMostWorkers);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += slots_[i].bytes.load(std::memory_order_relaxed);
  return sum;
}

std::uint64_t Pressure::share() const {
  return std::max(share_of(buffers(), buffer_limit()), share_of(resident(), resident_limit()));
}

std::uint64_t Pressure::buffer_excess() const { return above(buffers(), buffer_limit()); }

std::uint64_t Pressure::resident_excess() const { return above(resident(), resident_limit()); }

/// Two threads may come here at once; the stage that the slower one writes is corrected by the next report of either.
void Pressure::update() {
  const Stage now = stage();
  const Stage next = next_stage(now, share());
  if (next != now) stage_.store(static_cast<std::uint8_t>(next), std::memory_order_relaxed);
}

}  // namespace fairlead::stats
