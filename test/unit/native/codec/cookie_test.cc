#include "codec/cookie.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace fairlead;
using codec::find_cookie;

namespace {

/// The value of the cookie `lb` in these fields; "-" when there is none.
std::string found(const std::vector<std::string>& fields, std::string_view name = "lb") {
  Arena arena;
  codec::Headers headers(arena);
  headers.add("Host", "a");
  for (const std::string& field : fields) headers.add("cookie", field);
  const auto value = find_cookie(headers, name);
  return value ? std::string(*value) : "-";
}

}  // namespace

TEST_CASE("a cookie is found among others, in any field, the first of its name") {
  CHECK(found({"lb=1"}) == "1");
  CHECK(found({"a=0; lb=1; b=2"}) == "1");
  CHECK(found({"a=0;lb=1;b=2"}) == "1");
  CHECK(found({"a=0", "b=1; lb=2"}) == "2");
  CHECK(found({"lb=1; lb=2"}) == "1");
  CHECK(found({"lb=1", "lb=2"}) == "1");
  CHECK(found({" ;; ; lb=1 ;"}) == "1");
  CHECK(found({"lb = 1"}) == "1");
}

TEST_CASE("names are whole and keep their case") {
  CHECK(found({"xlb=1; lbx=2; LB=3; lb"}) == "-");
  CHECK(found({"a=lb=1"}) == "-");
  CHECK(found({"a=\"; lb=1\""}) == "-");
  CHECK(found({""}) == "-");
  CHECK(found({}) == "-");
}

TEST_CASE("values may be empty, quoted, and hold equals signs and URLs") {
  CHECK(found({"lb="}) == "");
  CHECK(found({"lb=\"\""}) == "");
  CHECK(found({"lb=\"a b\""}) == "a b");
  CHECK(found({"lb=a=b=c"}) == "a=b=c");
  CHECK(found({"lb=http://10.0.0.1:80/x?y"}) == "http://10.0.0.1:80/x?y");
}

TEST_CASE("a malformed value is passed over") {
  CHECK(found({"lb=\"; lb=2"}) == "2");
  CHECK(found({"lb=a\"b; lb=2"}) == "2");
  CHECK(found({"lb=a\\b; lb=2"}) == "2");
  CHECK(found({"lb=\xc3\xa9; lb=2"}) == "2");
  CHECK(found({std::string("lb=a\x01; lb=2")}) == "2");
}
