#include "middleware/retry.h"

#include <doctest/doctest.h>

#include "test/support/native/encoded.h"
#include "test/support/native/fake_exchange.h"

namespace fairlead::middleware {
namespace {

TEST_CASE("retry hands its policy on and changes nothing") {
  const auto config = test::encoded<wire::Retry>("retry.bin");
  const test::FakeBuild build;
  const Retry retry(*config, test::sample_ref(), build);
  test::FakeExchange exchange;
  CHECK(exchange.run(retry) == Verdict::kNext);
  CHECK(exchange.facilities.retry == &*config);
  CHECK(exchange.request.headers.size() == 0);
  CHECK(config->attempts == 3);
  CHECK(config->initial_interval == 10 * kMillisecond);
  CHECK(config->timeout == 0);
  CHECK(config->max_body_bytes == 2 * 1024 * 1024);
  CHECK(config->statuses.size() == 1);
  CHECK(config->budget_percent == 20);
  CHECK(config->budget_per_second == 10);
  CHECK(config->on_network_error);
  CHECK_FALSE(config->any_method);
}

}  // namespace
}  // namespace fairlead::middleware
