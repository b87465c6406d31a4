#include "scheduler/balancer.h"

#include "scheduler/wrr.h"

namespace fairlead::scheduler {

std::unique_ptr<Balancer> make_balancer(wire::Strategy strategy, std::span<const Candidate> candidates) {
  switch (strategy) {
    case wire::Strategy::kWrr:
      return std::make_unique<WeightedRoundRobin>(candidates);
  }
  return nullptr;
}

}  // namespace fairlead::scheduler
