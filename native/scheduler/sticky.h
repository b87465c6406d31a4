// Cookies that keep a client at the candidate it was given first.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "scheduler/balancer.h"
#include "snapshot/generated/records.gen.h"

namespace fairlead::scheduler {

/// What the values of a cookie stand for. Immutable, shared by all workers.
class Sticky {
 public:
  /// Whom a value stands for: kNobody when it is not one of ours.
  struct Found {
    std::uint32_t index = kNobody;
    /// The value is one that is set nowadays; else the client is given the new one.
    bool current = false;
  };

  /// `config` must outlive it.
  explicit Sticky(const wire::Sticky& config);
  Found find(std::string_view value) const;
  std::string_view name() const { return config_.name; }
  /// What the cookie says for a candidate.
  std::string_view value(std::uint32_t index) const { return config_.current[index]; }
  /// What follows name and value in Set-Cookie.
  std::string_view attributes() const { return config_.attributes; }

 private:
  struct Entry {
    std::uint64_t hash;
    std::string_view value;
    Found stands_for;
  };

  const wire::Sticky& config_;
  /// By hash; of equal values the current one, and then that of the first candidate, comes first.
  std::vector<Entry> entries_;
};

}  // namespace fairlead::scheduler
