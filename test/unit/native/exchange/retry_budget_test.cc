#include "exchange/retry_budget.h"

#include <doctest/doctest.h>

using namespace fairlead;
using exchange::RetryBudget;

namespace {

constexpr Nanos kStart = 1000 * kSecond;
constexpr RetryBudget::Terms kFifth{.percent = 20, .free = 0};

int taken(RetryBudget& budget, const RetryBudget::Terms& terms, Nanos now, int most) {
  int count = 0;
  while (count < most && budget.take(terms, now)) ++count;
  return count;
}

}  // namespace

TEST_CASE("requests earn their share of retries, and no more") {
  RetryBudget budget;
  CHECK_FALSE(budget.take(kFifth, kStart));
  int sent_again = 0;
  for (int i = 0; i < 1000; ++i) {
    budget.earn(kFifth);
    for (int tries = 0; tries < 3 && budget.take(kFifth, kStart); ++tries) ++sent_again;
  }
  CHECK(sent_again == 200);
}

TEST_CASE("what good times save is bounded") {
  RetryBudget budget;
  for (int i = 0; i < 100'000; ++i) budget.earn(kFifth);
  CHECK(taken(budget, kFifth, kStart, 1000) == 100);
}

TEST_CASE("a few retries a second are free") {
  constexpr RetryBudget::Terms kTen{.percent = 0, .free = 10'000};
  RetryBudget budget;
  CHECK(taken(budget, kTen, kStart, 100) == 10);
  CHECK(taken(budget, kTen, kStart + kSecond / 2, 100) == 5);
  CHECK(taken(budget, kTen, kStart + 3600 * kSecond, 100) == 10);
  // Looks in between lose nothing.
  int count = 0;
  for (int i = 1; i <= 1000; ++i) count += taken(budget, kTen, kStart + 3600 * kSecond + i * kMillisecond * 10, 100);
  CHECK(count == 100);
}

TEST_CASE("less than one a second still adds up to one") {
  constexpr RetryBudget::Terms kHalf{.percent = 0, .free = 500};
  RetryBudget budget;
  CHECK(taken(budget, kHalf, kStart, 10) == 1);
  CHECK(taken(budget, kHalf, kStart + kSecond, 10) == 0);
  CHECK(taken(budget, kHalf, kStart + 2 * kSecond, 10) == 1);
  CHECK(taken(budget, kHalf, kStart + 100'000 * kSecond, 10) == 1);
}

TEST_CASE("asking whether one is left takes none") {
  RetryBudget budget;
  for (int i = 0; i < 5; ++i) budget.earn(kFifth);
  CHECK(budget.allows(kFifth, kStart));
  CHECK(budget.allows(kFifth, kStart));
  CHECK(budget.take(kFifth, kStart));
  CHECK_FALSE(budget.allows(kFifth, kStart));
}
