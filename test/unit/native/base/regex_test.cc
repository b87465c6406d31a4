#include "base/regex.h"

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

namespace fairlead {
namespace {

std::unique_ptr<Regex> compiled(std::string_view pattern) {
  std::string error;
  auto regex = Regex::compile(pattern, error);
  INFO(error);
  REQUIRE(regex != nullptr);
  return regex;
}

TEST_CASE("matches anywhere unless the pattern is anchored") {
  struct Case {
    const char* pattern;
    const char* text;
    bool expected;
  };
  constexpr Case kCases[] = {
      {"b", "abc", true},       {"^b", "abc", false},
      {"b$", "abc", false},     {"^abc$", "abc", true},
      {"", "", true},           {"a", "", false},
      {"A", "a", false},        {"(?i)A", "a", true},
      {"^.$", "é", true},       {"^[[:alpha:]]+$", "abc", true},
      {"^\\pL+$", "été", true}, {"^a\\z", "a\n", false},
      {"a.b", "a\nb", false},   {"(?s)a.b", "a\nb", true},
  };
  for (const Case& c : kCases) {
    CAPTURE(c.pattern);
    CAPTURE(c.text);
    CHECK(compiled(c.pattern)->matches(c.text) == c.expected);
  }
}

TEST_CASE("takes both spellings of a named group") {
  CHECK(compiled("^(?P<year>\\d{4})$")->matches("2024"));
  CHECK(compiled("^(?<year>\\d{4})-(?<month>\\d\\d)$")->matches("2024-11"));
}

TEST_CASE("leaves what only looks like a named group alone") {
  CHECK(compiled("^[(?<a>]+$")->matches("(?<a>"));
  CHECK_FALSE(compiled("^[(?<a>]+$")->matches("P"));
  CHECK_FALSE(compiled("^[](?<a>]+$")->matches("P"));
  CHECK_FALSE(compiled("^[^](?<a>]+$")->matches("("));
  CHECK_FALSE(compiled("^[[:digit:](?<a>]+$")->matches("P"));
  CHECK(compiled("^\\Q(?<a>\\E$")->matches("(?<a>"));
  CHECK(compiled("^\\(?<a>$")->matches("(<a>"));
  CHECK(compiled("^[\\](?<a>]+$")->matches("](?<a>"));
}

TEST_CASE("refuses what RE2 cannot match in linear time, with a reason") {
  for (const char* pattern :
       {"(?=x)", "(?!x)", "(?<=x)", "(?<!x)", "(a)\\1", "(", "a{1001}", "[b-a]", "\\", "(?<", "["}) {
    CAPTURE(pattern);
    std::string error;
    CHECK(Regex::compile(pattern, error) == nullptr);
    CHECK_FALSE(error.empty());
  }
}

TEST_CASE("refuses a pattern whose program would not fit") {
  std::string error;
  CHECK(Regex::compile("((\\pL{100}){100}){10}", error) == nullptr);
  CHECK_FALSE(error.empty());
}

TEST_CASE("text that is not UTF-8 does no harm") {
  CHECK_FALSE(compiled("^.+$")->matches("a\xff"));
  CHECK(
      compiled("a")->matches("\xff\xfe"
                             "a"));
}

TEST_CASE("stays linear on patterns that explode elsewhere") {
  const std::string text(50'000, 'a');
  CHECK_FALSE(compiled("^(a+)+$")->matches(text + "b"));
}

TEST_CASE("may be shared by threads") {
  const auto regex = compiled("^[a-z]+[0-9]{3}$");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&regex] {
      for (int n = 0; n < 1000; ++n) {
        if (!regex->matches("abc" + std::to_string(100 + n % 900))) std::abort();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace fairlead
