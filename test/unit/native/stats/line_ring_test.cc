#include "stats/line_ring.h"

#include <doctest/doctest.h>

#include <string>
#include <thread>

using fairlead::stats::LineRing;

namespace {

/// Takes everything that waits, in as many runs as it comes in.
std::string drain(LineRing& ring) {
  std::string all;
  for (std::string_view run = ring.peek(); !run.empty(); run = ring.peek()) {
    all += run;
    ring.pop(run.size());
  }
  return all;
}

}  // namespace

TEST_CASE("lines come out as they went in") {
  LineRing ring(64);
  CHECK(ring.peek().empty());
  CHECK(ring.push("one\n"));
  CHECK(ring.push(""));
  CHECK(ring.push("two\n"));
  CHECK(ring.peek() == "one\ntwo\n");
  ring.pop(2);
  CHECK(ring.peek() == "e\ntwo\n");
  CHECK(drain(ring) == "e\ntwo\n");
  CHECK(ring.peek().empty());
}

TEST_CASE("a line that does not fit is dropped whole and counted; one that fits exactly is kept") {
  LineRing ring(16);
  CHECK(ring.push(std::string(10, 'a')));
  CHECK_FALSE(ring.push(std::string(7, 'b')));
  CHECK(ring.push(std::string(6, 'c')));
  CHECK_FALSE(ring.push("d"));
  CHECK(ring.push(""));
  CHECK(ring.dropped() == 2);
  CHECK(drain(ring) == "aaaaaaaaaacccccc");
  CHECK_FALSE(ring.push(std::string(17, 'e')));
  CHECK(ring.push(std::string(16, 'f')));
  CHECK(drain(ring) == std::string(16, 'f'));
}

TEST_CASE("lines wrap around at every position") {
  LineRing ring(16);
  const std::string text = "0123456789";
  for (std::size_t shift = 0; shift < 40; ++shift) {
    CAPTURE(shift);
    REQUIRE(ring.push(text));
    CHECK(drain(ring) == text);
    REQUIRE(ring.push("x"));
    ring.pop(1);
  }
}

TEST_CASE("a run ends at the end of the memory and goes on at its start") {
  LineRing ring(8);
  REQUIRE(ring.push("abcdef"));
  ring.pop(6);
  REQUIRE(ring.push("ghij"));
  CHECK(ring.peek() == "gh");
  ring.pop(2);
  CHECK(ring.peek() == "ij");
}

TEST_CASE("a writer and a reader on two threads lose nothing that was accepted") {
  constexpr int kLines = 50'000;
  LineRing ring(256);
  std::string written;
  std::thread writer([&] {
    for (int i = 0; i < kLines; ++i) {
      const std::string line = std::to_string(i) + '\n';
      while (!ring.push(line)) std::this_thread::yield();
      written += line;
    }
    while (!ring.push("end\n")) std::this_thread::yield();
  });
  std::string got;
  while (!got.ends_with("end\n")) {
    const std::string_view run = ring.peek();
    got += run;
    ring.pop(run.size());
    if (run.empty()) std::this_thread::yield();
  }
  writer.join();
  CHECK(got == written + "end\n");
}
