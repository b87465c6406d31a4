#include "engine/memory.h"

#include <doctest/doctest.h>

#include <cstring>
#include <vector>

#include "test/support/native/sockets.h"

using namespace fairlead;

TEST_CASE("memory that the process touches is seen at the next look") {
  const engine::ResidentMemory memory;
  const std::uint64_t before = memory.read();
  REQUIRE(before > 0);
  constexpr std::size_t kBytes = 64 << 20;
  std::vector<char> touched(kBytes, 'x');
  CHECK(touched[kBytes / 2] == 'x');
  CHECK(memory.read() > before + kBytes / 2);
}

TEST_CASE("what the machine has is more than the process takes, and a limit of the cgroup is less than all of it") {
  const engine::ResidentMemory memory;
  CHECK(engine::physical_memory() > memory.read());
  CHECK(engine::cgroup_memory_limit() < engine::physical_memory());
}

TEST_CASE("looking needs no further descriptor") {
  const engine::ResidentMemory memory;
  const std::size_t before = test::open_descriptors();
  for (int i = 0; i < 100; ++i) CHECK(memory.read() > 0);
  CHECK(test::open_descriptors() == before);
}
