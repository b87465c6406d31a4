#include "engine/admission.h"

#include <doctest/doctest.h>

#include <string_view>

using namespace fairlead;
using engine::Admission;
using engine::Verdict;

namespace {

net::IpAddress ip(std::string_view text) { return *net::IpAddress::parse(text); }
const net::IpAddress kClient = ip("192.0.2.1");

}  // namespace

TEST_CASE("there are as many connections as the limits allow, over all and by entry point") {
  Admission admission(3);
  CHECK(admission.admit(0, 2, kClient, 9) == Verdict::kWelcome);
  CHECK(admission.admit(0, 2, kClient, 9) == Verdict::kWelcome);
  CHECK(admission.admit(0, 2, kClient, 9) == Verdict::kFull);
  CHECK(admission.admit(1, 0, kClient, 9) == Verdict::kWelcome);
  CHECK(admission.admit(1, 0, kClient, 9) == Verdict::kFull);
  CHECK(admission.open() == 3);
  admission.ended(0, kClient);
  CHECK(admission.admit(0, 2, kClient, 9) == Verdict::kWelcome);
}

TEST_CASE("a tenth before a limit it is crowded") {
  Admission admission(100);
  for (int i = 0; i < 89; ++i) REQUIRE(admission.admit(0, 0, kClient, 9) == Verdict::kWelcome);
  CHECK_FALSE(admission.crowded());
  for (int i = 0; i < 11; ++i) REQUIRE(admission.admit(0, 0, kClient, 9) == Verdict::kCrowded);
  CHECK(admission.admit(0, 0, kClient, 9) == Verdict::kFull);
  admission.ended(0, kClient);
  CHECK(admission.admit(0, 20, kClient, 9) == Verdict::kFull);
}

TEST_CASE("a client has as many as one may have; others are not concerned") {
  Admission admission(1000);
  admission.set_client_limit(2);
  CHECK(admission.admit(0, 0, kClient, 9) == Verdict::kWelcome);
  CHECK(admission.admit(1, 0, kClient, 9) == Verdict::kWelcome);
  CHECK(admission.admit(0, 0, kClient, 9) == Verdict::kClientFull);
  CHECK(admission.open() == 2);
  CHECK(admission.admit(0, 0, ip("192.0.2.2"), 9) == Verdict::kWelcome);
  admission.ended(0, kClient);
  CHECK(admission.admit(0, 0, kClient, 9) == Verdict::kWelcome);
}

TEST_CASE("a client of IPv6 is its /64") {
  Admission admission(1000);
  admission.set_client_limit(1);
  CHECK(admission.admit(0, 0, ip("2001:db8::1"), 9) == Verdict::kWelcome);
  CHECK(admission.admit(0, 0, ip("2001:db8::2"), 9) == Verdict::kClientFull);
  CHECK(admission.admit(0, 0, ip("2001:db8:0:1::1"), 9) == Verdict::kWelcome);
}

TEST_CASE("whoever is refused for another reason is not counted for its address") {
  Admission admission(1);
  admission.set_client_limit(5);
  CHECK(admission.admit(0, 0, kClient, 9) == Verdict::kWelcome);
  for (int i = 0; i < 10; ++i) CHECK(admission.admit(0, 0, kClient, 9) == Verdict::kFull);
  admission.ended(0, kClient);
  CHECK(admission.admit(0, 0, kClient, 9) == Verdict::kWelcome);
}

TEST_CASE("the last descriptors are not for clients; before them it is crowded") {
  struct Case {
    std::uint64_t limit;
    int crowded_from;
    int none_from;
  };
  const Case cases[] = {
      {256, 216, 224}, {1024, 944, 960}, {1'048'576, 1'043'456, 1'044'480}, {40, 28, 30}, {~std::uint64_t{0}, 0, 0}};
  for (const Case& c : cases) {
    CAPTURE(c.limit);
    Admission admission(1000);
    admission.set_descriptor_limit(c.limit);
    if (c.none_from == 0) {
      CHECK(admission.admit(0, 0, kClient, 2'000'000'000) == Verdict::kWelcome);
      continue;
    }
    if (c.crowded_from > 0) CHECK(admission.admit(0, 0, kClient, c.crowded_from - 1) == Verdict::kWelcome);
    CHECK(admission.admit(0, 0, kClient, c.crowded_from) == Verdict::kCrowded);
    CHECK(admission.admit(0, 0, kClient, c.none_from - 1) == Verdict::kCrowded);
    CHECK(admission.admit(0, 0, kClient, c.none_from) == Verdict::kNoDescriptors);
  }
}
