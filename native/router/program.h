// Rules as programs: what the control plane has made of `Host(...) && !Method(...)`.
//
// An instruction tests one thing and names the instruction to go on with for either answer, always a later one, so a
// program takes at most as many steps as it has instructions.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/regex.h"
#include "router/match_input.h"
#include "snapshot/generated/records.gen.h"

namespace fairlead::router {

using Program = std::span<const wire::Instruction>;

/// What the operands of programs point into; outlives every match.
struct Tables {
  /// One for each pattern of the snapshot, null for one that RE2 has refused.
  std::span<const std::unique_ptr<Regex>> patterns;
  std::span<const wire::Cidr> ranges;
};

/// Why `program` must not be run, or empty: it has an instruction, jumps lie ahead and inside, operations are known,
/// operands lie in `tables`. A null pattern is no fault here, it never matches.
std::string_view program_fault(Program program, const Tables& tables);

/// Index of the first pattern `program` uses that RE2 has refused. `program` has passed program_fault().
std::optional<std::uint32_t> refused_pattern(Program program, const Tables& tables);

/// True when the rule accepts the request. `program` has passed program_fault() with the same tables. Allocates from the
/// request's arena only to decode query parameters.
bool run(Program program, const Tables& tables, MatchInput& input);

/// One instruction that was carried out, and its answer.
struct Step {
  std::uint16_t at;
  bool held;
};

/// run(), which also notes each step.
bool trace(Program program, const Tables& tables, MatchInput& input, std::vector<Step>& steps);

}  // namespace fairlead::router
