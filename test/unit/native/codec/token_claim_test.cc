#include "codec/token_claim.h"

#include <doctest/doctest.h>

#include <string>

#include "test/support/native/token.h"

using namespace fairlead;
using test::bearer;

namespace {

std::string claim(const std::string& authorization, std::string_view name = "tenant") {
  Arena arena;
  return std::string(codec::token_claim(authorization, name, arena));
}

}  // namespace

TEST_CASE("a claim is a text, a number as it is written, or a truth value") {
  CHECK(claim(bearer(R"({"tenant":"gold"})")) == "gold");
  CHECK(claim(bearer(R"({ "iss" : "x", "tenant" : "gold", "exp" : 1 })")) == "gold");
  CHECK(claim(bearer(R"({"tenant":12345678901234567890})")) == "12345678901234567890");
  CHECK(claim(bearer(R"({"tenant":-1.50e2})")) == "-1.50e2");
  CHECK(claim(bearer(R"({"tenant":true})")) == "true");
  CHECK(claim(bearer(R"({"tenant":false})")) == "false");
}

TEST_CASE("a claim and its name are read without their escapes") {
  CHECK(claim(bearer(R"({"ten\u0061nt":"g\u00f6ld\/1 \ud83d\ude00"})")) == "g\xC3\xB6ld/1 \xF0\x9F\x98\x80");
  CHECK(claim(bearer(R"({"https://a.example/t":"gold"})"), "https://a.example/t") == "gold");
}

TEST_CASE("only members of the root are claims") {
  CHECK(claim(bearer(R"({"a":{"tenant":"no"},"b":["tenant",{"tenant":"no"}],"tenant":"gold"})")) == "gold");
  CHECK(claim(bearer(R"({"a":{"tenant":"no"}})")) == "");
  CHECK(claim(bearer(R"({"tenant":{"tenant":"no"}})")) == "");
  CHECK(claim(bearer(R"({"tenant":["no"],"a":"no"})")) == "");
  CHECK(claim(bearer(R"({"a":"tenant","b":"no"})")) == "");
}

TEST_CASE("there is no claim where it is missing, null, written twice, or holds what no log should") {
  CHECK(claim(bearer("{}")) == "");
  CHECK(claim(bearer(R"({"Tenant":"gold"})")) == "");
  CHECK(claim(bearer(R"({"tenant":null})")) == "");
  CHECK(claim(bearer(R"({"tenant":"gold","tenant":"gold"})")) == "");
  CHECK(claim(bearer(R"({"tenant":null,"tenant":"gold"})")) == "");
  CHECK(claim(bearer(R"({"tenant":"a\nb"})")) == "");
  CHECK(claim(bearer(R"({"tenant":"a\u0000b"})")) == "");
}

TEST_CASE("there is no claim in what is no JSON object") {
  for (const std::string payload : {"", "1", "\"tenant\"", "null", "[]", "[{\"tenant\":\"gold\"}]", "{",
                                    "{\"tenant\":\"gold\"", "{\"tenant\":\"gold\",}", "{\"tenant\":\"gold\"} {}",
                                    "{\"tenant\":\"\xff\"}", "{tenant:\"gold\"}", "{\"tenant\":01}"}) {
    CAPTURE(payload);
    CHECK(claim(bearer(payload)) == "");
  }
  CHECK(claim(bearer(std::string("{\"tenant\":\"gold\"}\0", 18))) == "");
}

TEST_CASE("a token is what a Bearer field has in three parts of base64url") {
  const std::string token = bearer(R"({"tenant":"gold"})");
  const std::string own = token.substr(7);
  CHECK(claim("bearer " + own) == "gold");
  CHECK(claim("BEARER   " + own) == "gold");
  CHECK(claim("Basic " + own) == "");
  CHECK(claim(own) == "");
  CHECK(claim("Bearer ") == "");
  CHECK(claim("Bearer opaque") == "");
  CHECK(claim(token + ".more") == "");
  CHECK(claim(token.substr(0, token.rfind('.'))) == "");
  CHECK(claim("Bearer e30.=.x") == "");
  CHECK(claim("Bearer e30.eyJ0ZW5hbnQiOiJnb2xkIn0=.x") == "");
  CHECK(claim("Bearer e30.eyJ0ZW5hbnQiOiJnb2xkIn0.x") == "gold");
  CHECK(claim("Bearer e30.eyJ0ZW5hbnQiOiJnb2xk.x") == "");
  CHECK(claim("Bearer e30.eyJ0Z.x") == "");
}

TEST_CASE("of deep brackets and of a long token no more is made than there is room for") {
  std::string deep = R"({"a":)";
  for (int i = 0; i < 4000; ++i) deep += '[';
  for (int i = 0; i < 4000; ++i) deep += ']';
  CHECK(claim(bearer(deep + R"(,"tenant":"gold"})")) == "gold");
  const std::string wide(9000, 'x');
  CHECK(claim(bearer("{\"tenant\":\"" + wide + "\"}")) == wide);
  CHECK(claim(bearer("{\"tenant\":\"" + std::string(codec::kLongestToken, 'x') + "\"}")) == "");
}
