#include "scheduler/balancer.h"

#include <algorithm>
#include <unordered_map>

#include "scheduler/drr.h"
#include "scheduler/hrw.h"
#include "scheduler/leastconn.h"
#include "scheduler/leasttime.h"
#include "scheduler/p2c.h"
#include "scheduler/wrr.h"

namespace fairlead::scheduler {

void Excluded::add_later(std::uint32_t index) {
  if (index == kNobody) return;
  const std::size_t word = index / 64;
  if (later_.size() <= word) later_.resize(word + 1);
  later_[word] |= 1ULL << index % 64;
}

bool Excluded::has_later(std::uint32_t index) const {
  const std::size_t word = index / 64;
  return word < later_.size() && (later_[word] >> index % 64 & 1) != 0;
}

Balancer::Balancer(std::span<const Candidate> candidates, const Settings& settings)
    : candidates_(candidates.begin(), candidates.end()), slow_start_(settings.slow_start) {
  shares_.reserve(candidates.size());
  for (std::uint32_t i = 0; i < candidates.size(); ++i) {
    shares_.push_back(full(i));
    if (shares_.back() > 0) ++usable_;
  }
  if (slow_start_ > 0) since_.resize(candidates.size());
}

void Balancer::set_available(std::uint32_t index, bool available, Nanos now) {
  if (index >= size() || candidates_[index].weight == 0 || available == this->available(index)) return;
  if (available) {
    ++usable_;
  } else {
    --usable_;
  }
  if (!since_.empty() && since_[index] != 0) {
    since_[index] = 0;
    --ramping_;
  }
  shares_[index] = available ? full(index) : 0;
  if (available) start_slowly(index, now);
  changed(index);
}

void Balancer::inherit(const Balancer& before, Nanos now) {
  if (since_.empty() && (loads_.empty() || before.loads_.empty())) return;
  std::unordered_map<std::uint64_t, std::uint32_t> known;
  for (std::uint32_t i = 0; i < before.size(); ++i) known.emplace(before.key(i), i);
  for (std::uint32_t i = 0; i < size(); ++i) {
    const auto found = known.find(key(i));
    if (found == known.end()) {
      start_slowly(i, now);
      continue;
    }
    const std::uint32_t old = found->second;
    if (!loads_.empty() && !before.loads_.empty()) loads_[i] = before.loads_[old];
    if (!before.since_.empty() && before.since_[old] != 0) start_slowly(i, before.since_[old]);
  }
}

void Balancer::keep_loads() {
  loads_.reserve(size());
  for (std::uint32_t i = 0; i < size(); ++i) loads_.emplace_back(new Load);
}

void Balancer::start_slowly(std::uint32_t index, Nanos since) {
  if (since_.empty() || shares_[index] == 0) return;
  if (since_[index] == 0) ++ramping_;
  since_[index] = std::max<Nanos>(since, 1);
  shares_[index] = candidates_[index].weight * kFirstPart;
}

void Balancer::ramp(Nanos now) {
  for (std::uint32_t i = 0; i < size(); ++i) {
    if (since_[i] == 0) continue;
    const Nanos passed = now > since_[i] ? now - since_[i] : 0;
    if (passed >= slow_start_) {
      since_[i] = 0;
      --ramping_;
      shares_[i] = full(i);
      continue;
    }
    const double grown = static_cast<double>(passed) / static_cast<double>(slow_start_);
    const auto part = kFirstPart + static_cast<std::int64_t>(grown * (kUnit - kFirstPart));
    shares_[i] = candidates_[i].weight * part;
  }
}

std::unique_ptr<Balancer> make_balancer(wire::Strategy strategy, std::span<const Candidate> candidates,
                                        const Settings& settings) {
  switch (strategy) {
    case wire::Strategy::kWrr:
      return std::make_unique<WeightedRoundRobin>(candidates, settings);
    case wire::Strategy::kDrr:
      return std::make_unique<DynamicRoundRobin>(candidates, settings);
    case wire::Strategy::kHrw:
      return std::make_unique<HighestRandomWeight>(candidates, settings);
    case wire::Strategy::kLeastconn:
      return std::make_unique<LeastConnections>(candidates, settings);
    case wire::Strategy::kLeasttime:
      return std::make_unique<LeastTime>(candidates, settings);
    case wire::Strategy::kP2c:
      return std::make_unique<PowerOfTwoChoices>(candidates, settings);
  }
  return nullptr;
}

}  // namespace fairlead::scheduler
