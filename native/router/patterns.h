// The regular expressions of one snapshot.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/regex.h"
#include "snapshot/generated/records.gen.h"

namespace fairlead::router {

/// Compiled once per snapshot, off the workers; then immutable and shared by all of them.
class Patterns {
 public:
  /// Compiles every source. One that RE2 refuses is left null and noted in `faults`: it costs the rules that use it, not
  /// the snapshot.
  explicit Patterns(const wire::List<wire::Text>& sources);

  /// In the order of the sources.
  std::span<const std::unique_ptr<Regex>> compiled() const { return compiled_; }
  /// RE2's reason for the pattern at `index`; empty when it compiled.
  std::string_view fault(std::size_t index) const { return faults_[index]; }

 private:
  std::vector<std::unique_ptr<Regex>> compiled_;
  std::vector<std::string> faults_;
};

}  // namespace fairlead::router
