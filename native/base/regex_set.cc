#include "base/regex_set.h"

#include <re2/set.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "base/regex.h"

namespace fairlead {
namespace {

// More patterns are taken in several parts, so that what a match needs for itself (eight bytes a pattern) stays small.
constexpr std::size_t kMostTogether = 16'384;
// What the automaton of a part may take; it grows by what requests look like, and starts anew when it is full.
constexpr std::int64_t kLeastMemory = 8 << 20;
constexpr std::int64_t kMemoryPerPattern = 16 << 10;

re2::RE2::Options options_for(std::size_t patterns) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kLeastMemory + kMemoryPerPattern * static_cast<std::int64_t>(patterns));
  return options;
}

}  // namespace

struct RegexSet::Part {
  std::unique_ptr<re2::RE2::Set> set;
  /// By the index that RE2 knows the pattern by.
  std::vector<int> patterns;
};

RegexSet::RegexSet(std::span<const std::string_view> patterns) {
  for (std::size_t at = 0; at < patterns.size(); at += kMostTogether) {
    add(patterns.subspan(at, std::min(kMostTogether, patterns.size() - at)), static_cast<int>(at));
  }
}

RegexSet::~RegexSet() = default;
RegexSet::RegexSet(RegexSet&&) noexcept = default;
RegexSet& RegexSet::operator=(RegexSet&&) noexcept = default;

void RegexSet::add(std::span<const std::string_view> patterns, int first) {
  Part part;
  part.set = std::make_unique<re2::RE2::Set>(options_for(patterns.size()), re2::RE2::UNANCHORED);
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    const std::string pattern = Regex::spelled_for_re2(patterns[i]);
    if (part.set->Add(pattern, nullptr) >= 0) part.patterns.push_back(first + static_cast<int>(i));
  }
  if (part.patterns.empty()) return;
  if (part.set->Compile()) {
    parts_.push_back(std::move(part));
  } else if (patterns.size() == 1) {
    always_.push_back(first);
  } else {
    const std::size_t half = patterns.size() / 2;
    add(patterns.first(half), first);
    add(patterns.subspan(half), first + static_cast<int>(half));
  }
}

void RegexSet::candidates(std::string_view text, std::vector<int>& found) const {
  thread_local std::vector<int> of_part;
  found.assign(always_.begin(), always_.end());
  for (const Part& part : parts_) {
    re2::RE2::Set::ErrorInfo error{};
    if (part.set->Match({text.data(), text.size()}, &of_part, &error)) {
      for (const int index : of_part) found.push_back(part.patterns[static_cast<std::size_t>(index)]);
    } else if (error.kind != re2::RE2::Set::kNoError) {
      found.insert(found.end(), part.patterns.begin(), part.patterns.end());
    }
  }
}

}  // namespace fairlead
