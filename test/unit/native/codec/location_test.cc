#include "codec/location.h"

#include <doctest/doctest.h>

namespace fairlead::codec {
namespace {

struct Case {
  std::string_view reference;
  std::string_view resolved;
};

/// RFC 3986 section 5.4, with http://a/b/c/d;p?q as the base.
constexpr Case kCases[] = {
    {"g:h", "g:h"},
    {"g", "http://a/b/c/g"},
    {"./g", "http://a/b/c/g"},
    {"g/", "http://a/b/c/g/"},
    {"/g", "http://a/g"},
    {"//g", "http://g"},
    {"?y", "http://a/b/c/d;p?y"},
    {"g?y", "http://a/b/c/g?y"},
    {"#s", "http://a/b/c/d;p?q#s"},
    {"g#s", "http://a/b/c/g#s"},
    {"g?y#s", "http://a/b/c/g?y#s"},
    {";x", "http://a/b/c/;x"},
    {"", "http://a/b/c/d;p?q"},
    {".", "http://a/b/c/"},
    {"./", "http://a/b/c/"},
    {"..", "http://a/b/"},
    {"../g", "http://a/b/g"},
    {"../..", "http://a/"},
    {"../../g", "http://a/g"},
    {"../../../../g", "http://a/g"},
    {"/./g", "http://a/g"},
    {"/../g", "http://a/g"},
    {"g.", "http://a/b/c/g."},
    {"..g", "http://a/b/c/..g"},
    {"./g/.", "http://a/b/c/g/"},
    {"g/./h", "http://a/b/c/g/h"},
    {"g/../h", "http://a/b/c/h"},
    {"g?y/../x", "http://a/b/c/g?y/../x"},
};

TEST_CASE("references become absolute") {
  for (const Case& c : kCases) {
    CAPTURE(c.reference);
    Arena arena;
    CHECK(resolve_reference(arena, "http://a", "/b/c/d;p?q", c.reference) == c.resolved);
  }
}

}  // namespace
}  // namespace fairlead::codec
