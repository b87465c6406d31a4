// Choosing one of several: the contract every strategy fulfils.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/clock.h"
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

/// What one choice depends on besides the candidates.
struct Ask {
  Excluded excluded = {};
  /// Hash of whom the request comes from, for strategies that keep a client at its server.
  std::uint64_t key = 0;
  Nanos now = 0;
};

/// What became of something that was sent to a candidate.
struct Report {
  Nanos now = 0;
  /// From sending to the head of the response; 0 when none came.
  Nanos first_byte = 0;
  /// No response, or one that says that the server is at fault (5xx).
  bool failed = false;
};

/// State of one service on one worker. Candidates of weight 0 and those that are not available are never chosen.
class Balancer {
 public:
  virtual ~Balancer() = default;
  /// The index of the next candidate that is not excluded, or kNobody.
  virtual std::uint32_t pick(const Ask& ask) = 0;
  /// What pick() would say now, without a trace. kNobody also when that cannot be told beforehand.
  virtual std::uint32_t peek(const Ask&) const { return kNobody; }
  /// A request is on its way to the candidate; ended() follows for each.
  virtual void sent(std::uint32_t) {}
  virtual void ended(std::uint32_t, const Report&) {}
  /// Health has changed. All are available at first.
  virtual void set_available(std::uint32_t index, bool available, Nanos now) = 0;
};

/// The balancer of a strategy, null when there is no such.
std::unique_ptr<Balancer> make_balancer(wire::Strategy strategy, std::span<const Candidate> candidates);

}  // namespace fairlead::scheduler
