// Choosing one of several: the contract every strategy fulfils, and what all of them keep.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/clock.h"
#include "scheduler/load.h"
#include "snapshot/generated/records.gen.h"

namespace fairlead::scheduler {

/// The index that means "none can be used".
inline constexpr std::uint32_t kNobody = 0xffffffff;

/// One thing to choose from.
struct Candidate {
  std::uint32_t weight = 1;
  /// What it is called, as a number: the same in every process and after every reload. Different for each candidate.
  std::uint64_t key = 0;
};

/// Set of candidates that must not be chosen (tried already). Those beyond the first sixty-four cost an allocation, which
/// only a request pays that has failed at one of them.
class Excluded {
 public:
  void add(std::uint32_t index) {
    if (index < 64) {
      bits_ |= 1ULL << index;
    } else {
      add_later(index);
    }
  }
  bool has(std::uint32_t index) const {
    if (index < 64) return (bits_ >> index & 1) != 0;
    return !later_.empty() && has_later(index);
  }
  bool empty() const { return bits_ == 0 && later_.empty(); }

 private:
  void add_later(std::uint32_t index);
  bool has_later(std::uint32_t index) const;

  std::uint64_t bits_ = 0;
  std::vector<std::uint64_t> later_;
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

/// What a balancer is told beside its candidates.
struct Settings {
  /// How long the weight of a candidate grows once it is new or available again; 0 = it has all of it at once.
  Nanos slow_start = 0;
  /// Which worker of how many this is for: workers that begin at different places do not all begin with the same server.
  std::uint32_t worker = 0;
  std::uint32_t workers = 1;
  /// For strategies that choose at random.
  std::uint64_t seed = 1;
};

/// State of one service on one worker. Candidates of weight 0 and those that are not available are never chosen.
class Balancer {
 public:
  Balancer(std::span<const Candidate> candidates, const Settings& settings);
  virtual ~Balancer() = default;
  Balancer& operator=(const Balancer&) = delete;

  /// The index of the next candidate that is not excluded, or kNobody.
  virtual std::uint32_t pick(const Ask& ask) = 0;
  /// What pick() would say now, without a trace. Slow: for those who ask what would be.
  virtual std::uint32_t peek(const Ask& ask) const = 0;
  /// A request is on its way to the candidate; ended() follows for each.
  virtual void sent(std::uint32_t) {}
  virtual void ended(std::uint32_t, const Report&) {}

  /// Health has changed. All are available at first.
  void set_available(std::uint32_t index, bool available, Nanos now);
  /// Whether it may be chosen.
  bool available(std::uint32_t index) const { return index < size() && shares_[index] != 0; }
  /// Whether pick() without exclusions would find somebody.
  bool anybody() const { return usable_ > 0; }
  /// Takes over what is known of the candidates that `before` has as well. Those that it has not are new, and start slowly.
  void inherit(const Balancer& before, Nanos now);

 protected:
  /// For peek().
  Balancer(const Balancer&) = default;

  /// What a weight of 1 counts, so that there are fractions of it.
  static constexpr std::int64_t kUnit = 1024;

  std::uint32_t size() const { return static_cast<std::uint32_t>(shares_.size()); }
  std::uint64_t key(std::uint32_t index) const { return candidates_[index].key; }
  std::uint32_t weight(std::uint32_t index) const { return candidates_[index].weight; }
  /// The weight of each as of now, in units; 0 for one that must not be chosen.
  std::span<const std::int64_t> shares(Nanos now) {
    if (ramping_ > 0) ramp(now);
    return shares_;
  }
  /// Gives each candidate a load, for strategies that look at it.
  void keep_loads();
  Load& load(std::uint32_t index) { return *loads_[index]; }
  /// Whether it is available has changed.
  virtual void changed(std::uint32_t) {}

 private:
  // What a candidate begins with: so little that it is not hurt, so much that it warms up.
  static constexpr std::int64_t kFirstPart = kUnit / 16;

  std::int64_t full(std::uint32_t index) const { return candidates_[index].weight * kUnit; }
  void start_slowly(std::uint32_t index, Nanos since);
  void ramp(Nanos now);

  std::vector<Candidate> candidates_;
  std::vector<std::int64_t> shares_;
  std::vector<LocalRef<Load>> loads_;
  std::uint32_t usable_ = 0;
  Nanos slow_start_;
  /// While its weight grows, since when; else 0. Empty without slow start.
  std::vector<Nanos> since_;
  std::uint32_t ramping_ = 0;
};

/// The balancer of a strategy, null when there is no such.
std::unique_ptr<Balancer> make_balancer(wire::Strategy strategy, std::span<const Candidate> candidates,
                                        const Settings& settings = {});

}  // namespace fairlead::scheduler
