#include "scheduler/p2c.h"

namespace fairlead::scheduler {
namespace {

// Draws before the usable ones are counted: with half of the candidates down, one of two hundred picks gets so far.
constexpr int kMostDraws = 8;

}  // namespace

PowerOfTwoChoices::PowerOfTwoChoices(std::span<const Candidate> candidates, const Settings& settings)
    : Balancer(candidates, settings), random_(settings.seed | 1) {
  keep_loads();
}

std::uint32_t PowerOfTwoChoices::pick(const Ask& ask) {
  const std::uint32_t first = draw(ask.excluded, kNobody);
  if (first == kNobody) return kNobody;
  const std::uint32_t second = draw(ask.excluded, first);
  if (second == kNobody) return first;
  return load(second).in_flight < load(first).in_flight ? second : first;
}

/// xorshift64*, of which the upper half is used.
std::uint32_t PowerOfTwoChoices::below(std::uint32_t bound) {
  random_ ^= random_ >> 12;
  random_ ^= random_ << 25;
  random_ ^= random_ >> 27;
  const std::uint64_t bits = (random_ * 0x2545F4914F6CDD1DULL) >> 32;
  return static_cast<std::uint32_t>((bits * bound) >> 32);
}

/// Any usable candidate but `other`, each as likely as the next.
std::uint32_t PowerOfTwoChoices::draw(const Excluded& excluded, std::uint32_t other) {
  for (int i = 0; i < kMostDraws && size() > 0; ++i) {
    const std::uint32_t index = below(size());
    if (usable(index, excluded, other)) return index;
  }
  std::uint32_t count = 0;
  for (std::uint32_t i = 0; i < size(); ++i) count += usable(i, excluded, other) ? 1 : 0;
  if (count == 0) return kNobody;
  std::uint32_t left = below(count);
  std::uint32_t index = 0;
  while (!usable(index, excluded, other) || left-- > 0) ++index;
  return index;
}

}  // namespace fairlead::scheduler
