#include "scheduler/sticky.h"

#include <doctest/doctest.h>

#include <string>

#include "test/support/native/wire_writer.h"

using namespace fairlead;
using scheduler::kNobody;
using scheduler::Sticky;

namespace {

/// A cookie for two candidates of which the second is listed twice.
test::WireWriter written() {
  test::WireWriter writer;
  writer.reserve<wire::Sticky>();
  writer.text(offsetof(wire::Sticky, name), "lb");
  writer.text(offsetof(wire::Sticky, attributes), "; Path=/");
  std::size_t at = writer.list<wire::Text>(offsetof(wire::Sticky, current), 3);
  for (const char* value : {"aaaa", "bbbb", "bbbb"}) {
    writer.text(at, value);
    at += sizeof(wire::Text);
  }
  at = writer.list<wire::StickyValue>(offsetof(wire::Sticky, former), 2);
  for (std::uint32_t candidate = 0; candidate < 2; ++candidate) {
    writer.text(at + offsetof(wire::StickyValue, value), candidate == 0 ? "http://a" : "aaaa");
    writer.put(at + offsetof(wire::StickyValue, candidate), candidate);
    at += sizeof(wire::StickyValue);
  }
  return writer;
}

}  // namespace

TEST_CASE("values stand for candidates, former ones as well, and the current ones win") {
  const test::WireWriter writer = written();
  const Sticky sticky(*reinterpret_cast<const wire::Sticky*>(writer.bytes().data()));
  CHECK(sticky.name() == "lb");
  CHECK(sticky.attributes() == "; Path=/");
  CHECK(sticky.value(1) == "bbbb");
  struct Case {
    std::string_view value;
    std::uint32_t index;
    bool current;
  };
  for (const Case& c : {Case{"aaaa", 0, true}, Case{"bbbb", 1, true}, Case{"http://a", 0, false},
                        Case{"cccc", kNobody, false}, Case{"", kNobody, false}, Case{"AAAA", kNobody, false}}) {
    CAPTURE(c.value);
    const Sticky::Found found = sticky.find(c.value);
    CHECK(found.index == c.index);
    CHECK(found.current == c.current);
  }
}
