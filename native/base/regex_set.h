// Many regular expressions matched against one text at once.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace fairlead {

/// Says which of many patterns may match a text, in a time that depends on the text and not on the number of patterns. What
/// it names has to be tried with the pattern itself; what it does not name does not match. Immutable, any number of threads.
class RegexSet {
 public:
  /// A pattern that RE2 refuses matches nothing. Never fails: patterns too large to be taken together are always named.
  explicit RegexSet(std::span<const std::string_view> patterns);
  ~RegexSet();
  RegexSet(RegexSet&&) noexcept;
  RegexSet& operator=(RegexSet&&) noexcept;

  /// Fills `found` with the indexes of the patterns that may match some part of `text`, in no order.
  void candidates(std::string_view text, std::vector<int>& found) const;

  /// Calls `visit(index)` for each candidate, the smallest first, until it returns false. Most of the time the first few
  /// settle the matter, so they are not all sorted.
  template <class Visit>
  static void in_order(std::span<int> candidates, Visit visit) {
    std::ranges::make_heap(candidates, std::greater<>());
    while (!candidates.empty()) {
      std::ranges::pop_heap(candidates, std::greater<>());
      if (!visit(candidates.back())) return;
      candidates = candidates.first(candidates.size() - 1);
    }
  }

 private:
  struct Part;

  void add(std::span<const std::string_view> patterns, int first);

  std::vector<Part> parts_;
  /// Named for every text.
  std::vector<int> always_;
};

}  // namespace fairlead
