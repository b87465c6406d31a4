#include "exchange/mirror_shares.h"

#include <doctest/doctest.h>

#include <cstdint>

#include "test/support/native/wire_writer.h"

using namespace fairlead;

TEST_CASE("every mirror has exactly its share of the requests, to one, at every moment") {
  test::WireWriter writer;
  const std::size_t slot = writer.reserve<wire::List<wire::Child>>();
  writer.list<wire::Child>(slot, 102);
  const auto& children = *reinterpret_cast<const wire::List<wire::Child>*>(writer.bytes().data());
  exchange::MirrorShares shares(children);
  std::uint64_t copies[102] = {};
  for (std::uint64_t requests = 1; requests <= 1000; ++requests) {
    shares.count();
    for (std::uint32_t percent = 0; percent <= 100; ++percent) {
      if (shares.is_due(percent + 1, percent)) ++copies[percent + 1];
      const std::uint64_t owed = (requests * percent + 99) / 100;
      if (copies[percent + 1] != owed) FAIL("percent " << percent << " after " << requests << " requests");
    }
  }
  CHECK(copies[1] == 0);
  CHECK(copies[101] == 1000);
}
