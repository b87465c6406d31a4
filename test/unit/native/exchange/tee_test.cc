#include "exchange/tee.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "test/support/native/fake_inbound.h"
#include "test/support/native/worker_fixture.h"

using namespace fairlead;
using exchange::Tee;

namespace {

class Reader final : public Tee::Reader {
 public:
  using Tee::Reader::Reader;
  /// All that is there.
  std::string read() {
    std::string all;
    for (;;) {
      const codec::BodyChunk chunk = take();
      all += chunk.data;
      if (chunk.last || chunk.data.empty()) return all;
    }
  }
  bool behind = false;
  bool lost = false;
  bool complete = false;

 private:
  void fell_behind() override { behind = true; }
  void lost_source() override { lost = true; }
  void has_all() override { complete = true; }
};

struct Fixture {
  explicit Fixture(std::uint64_t capacity = 100'000) : tee(new Tee(f.worker, capacity)) {}

  test::WorkerFixture f{test::SnapshotSpec{}};
  LocalRef<Tee> tee;
};

}  // namespace

TEST_CASE("every reader gets the whole body, each at its own pace") {
  Fixture f;
  auto one = std::make_unique<Reader>(f.f.worker, f.tee);
  Reader two(f.f.worker, f.tee);
  f.tee->append("one ");
  CHECK(one->read() == "one ");
  f.tee->append("two ");
  CHECK(two.read() == "one two ");
  CHECK(two.read().empty());
  CHECK_FALSE(two.finished());
  Arena arena;
  codec::Headers trailers(arena);
  trailers.add("X-End", "yes");
  f.tee->append("three");
  f.tee->finish(trailers);
  CHECK(one->complete);
  CHECK(one->read() == "two three");
  CHECK(one->finished());
  one.reset();
  CHECK(two.read() == "three");
  CHECK(two.trailers().first("x-end") == "yes");
  f.tee->break_off();
  CHECK_FALSE(two.lost);
}

TEST_CASE("a reader that is too far behind is told, and the others go on") {
  Fixture f(10);
  Reader slow(f.f.worker, f.tee);
  Reader fast(f.f.worker, f.tee);
  f.tee->append("0123456789");
  CHECK(fast.read() == "0123456789");
  CHECK(fast.take().data.empty());
  CHECK_FALSE(slow.behind);
  f.tee->append("x");
  CHECK(slow.behind);
  CHECK_FALSE(fast.behind);
  CHECK(fast.read() == "x");
  CHECK(f.tee->has_readers());
}

TEST_CASE("nothing is held for nobody") {
  Fixture f(10'000'000);
  f.tee->append(std::string(100'000, 'x'));
  CHECK(f.f.worker.teed_bytes == 0);
  auto reader = std::make_unique<Reader>(f.f.worker, f.tee);
  f.tee->append(std::string(100'000, 'x'));
  CHECK(f.f.worker.teed_bytes >= 100'000);
  CHECK(f.tee->is_behind());
  reader->read();
  reader->take();
  CHECK(f.f.worker.teed_bytes == 0);
  CHECK_FALSE(f.tee->is_behind());
  f.tee->append(std::string(100'000, 'x'));
  reader.reset();
  CHECK(f.f.worker.teed_bytes == 0);
  CHECK(f.f.worker.buffers.used_bytes() == 0);
}

TEST_CASE("all tees of a worker share one bound") {
  Fixture f(~std::uint64_t{0});
  Reader reader(f.f.worker, f.tee);
  f.f.worker.teed_bytes += 64 * 1024 * 1024;
  f.tee->append("x");
  CHECK(reader.behind);
  CHECK(f.f.worker.teed_bytes == 64 * 1024 * 1024);
}

TEST_CASE("a body that passes a layer is copied, and its readers learn when the rest will not come") {
  test::WorkerFixture f{test::SnapshotSpec{}};
  for (const bool whole : {true, false}) {
    CAPTURE(whole);
    test::FakeInbound client({"one ", "two"});
    const LocalRef<Tee> tee(new Tee(f.worker, 100));
    Reader reader(f.worker, tee);
    {
      exchange::TeeLayer layer(client, nullptr, f.worker, tee);
      CHECK(layer.raw_source().left == 0);
      CHECK(layer.try_read_body()->data == "one ");
      if (whole) CHECK(layer.try_read_body()->last);
    }
    CHECK(reader.complete == whole);
    CHECK(reader.lost != whole);
    CHECK(reader.read() == (whole ? "one two" : "one "));
  }
}

TEST_CASE("a layer without readers is none") {
  test::WorkerFixture f{test::SnapshotSpec{}};
  test::FakeInbound client({"x"});
  exchange::TeeLayer layer(client, nullptr, f.worker, LocalRef<Tee>(new Tee(f.worker, 100)));
  CHECK(layer.raw_source().left == 17);
  CHECK(layer.read_body(0).ready());
}
