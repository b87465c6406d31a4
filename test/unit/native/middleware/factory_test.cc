#include "middleware/generated/factory.gen.h"

#include <doctest/doctest.h>

#include "test/support/native/encoded.h"
#include "test/support/native/fake_exchange.h"

namespace fairlead::middleware {
namespace {

wire::MiddlewareRef make_kind(std::uint16_t kind, std::uint32_t index) {
  return {.identity = 1, .name = {}, .kind = kind, .index = index};
}

constexpr auto kLastKind = static_cast<std::uint16_t>(wire::MiddlewareKind::kStripPrefix);

TEST_CASE("every kind of the registry can be built") {
  const test::FakeBuild build;
  const auto configs = test::encoded<wire::MiddlewareConfigs>("middleware_configs.bin");
  for (std::uint16_t kind = 0; kind <= kLastKind; ++kind) {
    CAPTURE(kind);
    const auto middleware = create(make_kind(kind, 0), *configs, build);
    REQUIRE(middleware != nullptr);
    CHECK(middleware->fault().empty());
    CHECK(middleware->phases() != 0);
  }
}

TEST_CASE("a reference that leads nowhere builds nothing") {
  const test::FakeBuild build;
  const auto configs = test::encoded<wire::MiddlewareConfigs>("middleware_configs.bin");
  for (std::uint16_t kind = 0; kind <= kLastKind; ++kind) CHECK(create(make_kind(kind, 1), *configs, build) == nullptr);
  CHECK(create(make_kind(kLastKind + 1, 0), *configs, build) == nullptr);
  CHECK(create(make_kind(0xffff, 0), *configs, build) == nullptr);
}

}  // namespace
}  // namespace fairlead::middleware
