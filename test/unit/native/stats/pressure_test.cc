#include "stats/pressure.h"

#include <doctest/doctest.h>

#include <vector>

using namespace fairlead::stats;

TEST_CASE("a stage begins at its share and ends a little below it") {
  struct Case {
    Stage now;
    std::uint64_t share;
    Stage next;
  };
  const Case cases[] = {
      {Stage::kNormal, 0, Stage::kNormal},
      {Stage::kNormal, 699, Stage::kNormal},
      {Stage::kNormal, 700, Stage::kFrugal},
      {Stage::kNormal, 800, Stage::kNoKeepAlive},
      {Stage::kNormal, 920, Stage::kNoRequests},
      {Stage::kNormal, 950, Stage::kNoConnections},
      {Stage::kNormal, 980, Stage::kShedding},
      {Stage::kNormal, 5000, Stage::kShedding},
      {Stage::kFrugal, 670, Stage::kFrugal},
      {Stage::kFrugal, 669, Stage::kNormal},
      {Stage::kNoKeepAlive, 770, Stage::kNoKeepAlive},
      {Stage::kNoKeepAlive, 769, Stage::kFrugal},
      {Stage::kShedding, 950, Stage::kShedding},
      {Stage::kShedding, 949, Stage::kNoConnections},
      {Stage::kShedding, 919, Stage::kNoRequests},
      {Stage::kShedding, 0, Stage::kNormal},
      {Stage::kNoRequests, 985, Stage::kShedding},
  };
  for (const Case& c : cases) {
    CAPTURE(c.share);
    CHECK(next_stage(c.now, c.share) == c.next);
  }
}

TEST_CASE("the buffers of all workers count, or the process, whichever is nearer to its limit") {
  Pressure pressure;
  pressure.report_buffers(0, 900);
  CHECK(pressure.stage() == Stage::kNormal);  // nothing is watched
  pressure.set_limits(1000, 0);
  CHECK(pressure.stage() == Stage::kNoKeepAlive);
  pressure.report_buffers(3, 60);
  CHECK(pressure.buffers() == 960);
  CHECK(pressure.stage() == Stage::kNoConnections);
  pressure.report_buffers(0, 0);
  CHECK(pressure.stage() == Stage::kNormal);
  pressure.set_limits(1000, 10'000);
  pressure.report_resident(9300);
  CHECK(pressure.stage() == Stage::kNoRequests);
  CHECK(pressure.share() == 930);
  pressure.report_resident(0);
  CHECK(pressure.stage() == Stage::kNormal);
}

TEST_CASE("the excess is what has to go before connections are taken again") {
  Pressure pressure;
  pressure.set_limits(100'000, 0);
  pressure.report_buffers(0, 90'000);
  CHECK(pressure.buffer_excess() == 0);
  pressure.report_buffers(0, 99'000);
  CHECK(pressure.buffer_excess() == 7000);
  pressure.report_buffers(0, 99'000 - pressure.buffer_excess());
  CHECK(pressure.stage() < Stage::kShedding);
  CHECK(pressure.resident_excess() == 0);
}
