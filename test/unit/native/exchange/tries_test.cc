#include "exchange/tries.h"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <vector>

#include "test/support/native/encoded.h"

using namespace fairlead;
using exchange::RetryBudget;
using exchange::Tries;
using exchange::TryResult;

namespace {

constexpr Nanos kNow = 1000 * kSecond;

const TryResult kRefused{.status = Error{Reason::kConnectFailed, Origin::kUpstream, Retry::kYes}};
const TryResult kReset{.status = Error{Reason::kUpstreamReset, Origin::kUpstream, Retry::kNo}, .sent = true};
const TryResult kStale{
    .status = Error{Reason::kUpstreamReset, Origin::kUpstream, Retry::kIfReused}, .sent = true, .reused = true};
const TryResult kClientGone{.status = Error{Reason::kClientClosed, Origin::kClient, Retry::kNo}, .sent = true};
const TryResult kNoDescriptor{.status = Error{Reason::kOutOfDescriptors, Origin::kInternal, Retry::kNo}};

TryResult responded(std::uint16_t status) { return {.response = status, .sent = true}; }

/// The fixture: 3 attempts, statuses 500 to 504, a pause of 10 ms.
const wire::Retry& usual_policy() {
  static const auto encoded = test::encoded<wire::Retry>("retry.bin");
  return *encoded;
}

struct Fixture {
  explicit Fixture(std::size_t servers, const wire::Retry* policy = nullptr, bool pays = true) {
    const std::vector<scheduler::Candidate> candidates(servers);
    balancer = scheduler::make_balancer(wire::Strategy::kWrr, candidates);
    if (pays) {
      for (int i = 0; i < 1000; ++i) budget.earn({.percent = 100});
    }
    tries.emplace(*balancer, budget, policy, 1, scheduler::Ask{.now = kNow});
  }
  bool again(const TryResult& result, bool repeatable = true, Nanos now = kNow) {
    return tries->again(result, repeatable, now);
  }

  std::unique_ptr<scheduler::Balancer> balancer;
  RetryBudget budget;
  std::optional<Tries> tries;
};

}  // namespace

TEST_CASE("without a policy, every server is tried once as long as nothing is sent") {
  Fixture f(3);
  CHECK(f.tries->server() == 0);
  CHECK(f.again(kRefused, false));
  CHECK(f.tries->server() == 1);
  CHECK(f.again(kRefused, false));
  CHECK(f.tries->server() == 2);
  CHECK_FALSE(f.again(kRefused, false));
}

TEST_CASE("without a policy, sixteen servers are enough") {
  Fixture f(40);
  int tries = 1;
  while (f.again(kRefused)) ++tries;
  CHECK(tries == 16);
}

TEST_CASE("without a policy, what was sent is not sent again, and every response is passed on") {
  Fixture f(3);
  CHECK_FALSE(f.again(kReset));
  CHECK_FALSE(f.again(responded(500)));
  CHECK_FALSE(f.again(kClientGone));
  CHECK_FALSE(f.again(kNoDescriptor));
}

TEST_CASE("a kept connection that was closed is replaced once, at the same server") {
  for (const wire::Retry* policy : {static_cast<const wire::Retry*>(nullptr), &usual_policy()}) {
    Fixture f(2, policy);
    CHECK(f.again(kStale));
    CHECK(f.tries->server() == 0);
    CHECK(f.tries->fresh());
    CHECK(f.tries->pause() == 0);
    CHECK(f.again(kReset) == (policy != nullptr));
  }
  Fixture f(2);
  CHECK_FALSE(f.again(kStale, false));
}

TEST_CASE("a service without servers has nobody to ask") { CHECK(Fixture(0).tries->server() == scheduler::kNobody); }

TEST_CASE("a listed status goes to another server, up to the number of attempts") {
  Fixture f(5, &usual_policy());
  CHECK(f.again(responded(502)));
  CHECK(f.tries->server() == 1);
  CHECK(f.again(responded(504)));
  CHECK(f.tries->server() == 2);
  CHECK_FALSE(f.again(responded(500)));
}

TEST_CASE("other statuses are passed on") {
  for (const int status : {200, 304, 404, 499, 505, 599}) {
    CAPTURE(status);
    CHECK_FALSE(Fixture(3, &usual_policy()).again(responded(static_cast<std::uint16_t>(status))));
  }
}

TEST_CASE("switching protocols is never repeated, whatever is listed") {
  const auto all = test::encoded<wire::Retry>("retry_all.bin");
  CHECK_FALSE(Fixture(3, &*all).again(responded(101)));
  CHECK(Fixture(3, &*all).again(responded(200)));
}

TEST_CASE("what may not be repeated is tried elsewhere only when nothing was sent") {
  CHECK_FALSE(Fixture(3, &usual_policy()).again(responded(500), false));
  CHECK_FALSE(Fixture(3, &usual_policy()).again(kReset, false));
  CHECK(Fixture(3, &usual_policy()).again(kRefused, false));
}

TEST_CASE("what is not the server's fault ends it") {
  CHECK_FALSE(Fixture(3, &usual_policy()).again(kClientGone));
  CHECK_FALSE(Fixture(3, &usual_policy()).again(kNoDescriptor));
}

TEST_CASE("with every server tried the first comes again, after a pause") {
  Fixture f(1, &usual_policy());
  CHECK(f.again(kRefused, false));
  CHECK(f.tries->server() == 0);
  CHECK(f.tries->pause() >= 5 * kMillisecond);
  CHECK(f.again(kRefused, false));
  CHECK_FALSE(f.again(kRefused, false));
}

TEST_CASE("another server is asked at once when nothing was sent, and after a pause that grows otherwise") {
  Fixture f(3, &usual_policy());
  CHECK(f.again(kRefused));
  CHECK(f.tries->pause() == 0);
  // From 10 ms to 20 ms with the last try, half more or less.
  for (int i = 0; i < 50; ++i) {
    Fixture g(3, &usual_policy());
    CHECK(g.again(responded(500)));
    CHECK(g.tries->pause() >= 5 * kMillisecond);
    CHECK(g.tries->pause() < 15 * kMillisecond);
    CHECK(g.again(responded(500)));
    CHECK(g.tries->pause() >= 7 * kMillisecond);
    CHECK(g.tries->pause() < 22 * kMillisecond);
  }
}

TEST_CASE("no try begins after the time that is allowed for all") {
  const auto timed = test::encoded<wire::Retry>("retry_timed.bin");
  Fixture f(9, &*timed);
  CHECK(f.again(responded(500), true, kNow + kSecond - 1));
  CHECK_FALSE(f.again(responded(500), true, kNow + kSecond + 1));
}

TEST_CASE("network errors are left alone on request, but for those whose status is listed") {
  const auto listed = test::encoded<wire::Retry>("retry_status_only.bin");
  CHECK(Fixture(3, &*listed).again(responded(503)));
  CHECK_FALSE(Fixture(3, &*listed).again(kRefused));  // 502
  CHECK_FALSE(Fixture(3, &*listed).again(kReset));
  CHECK(Fixture(3, &usual_policy()).again(kReset));
}

TEST_CASE("a spent budget ends retries that cost a server something, and says so") {
  const auto stingy = test::encoded<wire::Retry>("retry_stingy.bin");
  Fixture f(4, &*stingy, false);
  CHECK(f.again(kRefused));
  CHECK_FALSE(f.again(responded(500)));
  CHECK(f.tries->denied());

  Fixture one(1, &*stingy, false);
  CHECK_FALSE(one.again(kRefused));
  CHECK(one.tries->denied());
}
