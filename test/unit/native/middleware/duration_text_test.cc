#include "middleware/duration_text.h"

#include <doctest/doctest.h>

namespace fairlead::middleware {
namespace {

struct Case {
  Nanos duration;
  std::string_view text;
};

constexpr Case kCases[] = {
    {0, "0s"},
    {1, "1ns"},
    {999, "999ns"},
    {1'100, "1.1\xC2\xB5s"},
    {250 * kMillisecond, "250ms"},
    {99'999'999, "99.999999ms"},
    {kSecond, "1s"},
    {1'500'000'001, "1.500000001s"},
    {60 * kSecond, "1m0s"},
    {61 * kSecond + 500 * kMillisecond, "1m1.5s"},
    {3600 * kSecond, "1h0m0s"},
    {100 * 3600 * kSecond + 59 * kSecond, "100h0m59s"},
};

TEST_CASE("durations read as Go writes them") {
  for (const Case& c : kCases) {
    CAPTURE(c.duration);
    Arena arena;
    CHECK(duration_text(arena, c.duration) == c.text);
  }
}

}  // namespace
}  // namespace fairlead::middleware
