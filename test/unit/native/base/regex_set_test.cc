#include "base/regex_set.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/regex.h"

namespace fairlead {
namespace {

std::vector<int> named(const RegexSet& set, std::string_view text) {
  std::vector<int> found;
  set.candidates(text, found);
  std::ranges::sort(found);
  return found;
}

TEST_CASE("names the patterns that match, by their place") {
  const std::vector<std::string_view> patterns = {"^a", "b$", "(?=x)", "^(?<name>a)b$", "x", "^a"};
  const RegexSet set(patterns);
  CHECK(named(set, "ab") == std::vector<int>{0, 1, 3, 5});
  CHECK(named(set, "b") == std::vector<int>{1});
  CHECK(named(set, "-x-") == std::vector<int>{4});
  CHECK(named(set, "").empty());
  CHECK(named(RegexSet({}), "a").empty());
}

TEST_CASE("patterns too large to be taken together are named always, and cost the others nothing") {
  // Half a million instructions, where a set of three may have a quarter of that.
  const std::vector<std::string_view> patterns = {"^a$", "\\pL{1000}", "^b$"};
  const RegexSet set(patterns);
  CHECK(named(set, "b") == std::vector<int>{1, 2});
  CHECK(named(set, "c") == std::vector<int>{1});
}

TEST_CASE("smallest first, until it is enough") {
  std::vector<int> candidates = {5, 1, 4, 2, 3};
  std::vector<int> seen;
  RegexSet::in_order(candidates, [&](int index) {
    seen.push_back(index);
    return index < 3;
  });
  CHECK(seen == std::vector<int>{1, 2, 3});
}

TEST_CASE("ten thousand patterns name what each of them says") {
  std::vector<std::string> sources;
  for (int i = 0; i < 10'000; ++i) sources.push_back("^t" + std::to_string(i) + "-[a-z]*\\.a\\.com$");
  const RegexSet set(std::vector<std::string_view>(sources.begin(), sources.end()));
  for (const int i : {0, 7, 77, 777, 7'777, 9'999}) {
    CHECK(named(set, "t" + std::to_string(i) + "-x.a.com") == std::vector<int>{i});
  }
  CHECK(named(set, "t10000-x.a.com").empty());
}

}  // namespace
}  // namespace fairlead
