#include "exchange/replay.h"

#include <doctest/doctest.h>

#include <string>

#include "test/support/native/fake_inbound.h"

using namespace fairlead;
using exchange::Replay;
using test::FakeInbound;

namespace {

struct Fixture {
  explicit Fixture(FakeInbound& inbound, std::uint64_t limit = 1000) : body(inbound, nullptr, pool, limit) {}

  /// The body up to its end, or `pieces` pieces of it.
  std::string read(int pieces = 1000) {
    std::string all;
    for (last = false; pieces > 0 && !last; --pieces) {
      const Result<codec::BodyChunk> chunk = body.try_read_body();
      REQUIRE(chunk.ok());
      all += chunk->data;
      last = chunk->last;
    }
    return all;
  }

  net::BufferPool pool{0};
  Replay body;
  bool last = false;
};

}  // namespace

TEST_CASE("a body is read again from its beginning, kept or still to come") {
  FakeInbound client({"one ", "two ", "three"});
  Fixture f(client);
  CHECK(f.read(2) == "one two ");
  REQUIRE(f.body.can_rewind());
  f.body.rewind();
  CHECK(f.read() == "one two three");
  CHECK(f.last);
  f.body.rewind();
  CHECK(f.read() == "one two three");
  CHECK(f.last);
  CHECK(f.body.try_read_body()->last);
}

TEST_CASE("a body that has no bytes ends again") {
  FakeInbound client({});
  Fixture f(client);
  CHECK(f.read().empty());
  f.body.rewind();
  CHECK(f.read().empty());
  CHECK(f.last);
}

TEST_CASE("beyond the limit nothing is kept, and the body passes all the same") {
  FakeInbound client({std::string(600, 'a'), std::string(401, 'b'), "rest"});
  Fixture f(client);
  CHECK(f.body.raw_source().left == 0);
  CHECK(f.read(2).size() == 1001);
  CHECK_FALSE(f.body.can_rewind());
  CHECK(f.body.held_bytes() == 0);
  CHECK(f.pool.used_bytes() == 0);
  CHECK(f.body.raw_source().left == 17);
  CHECK(f.read() == "rest");
  CHECK(f.last);
}

TEST_CASE("a body of exactly the limit is kept") {
  FakeInbound client({std::string(600, 'a'), std::string(400, 'b')});
  Fixture f(client);
  CHECK(f.read().size() == 1000);
  CHECK(f.body.can_rewind());
}

TEST_CASE("a body that breaks off does so again, after what had come of it") {
  FakeInbound client({"half"});
  client.failure = Error{Reason::kMalformedBody, Origin::kClient, Retry::kNo};
  Fixture f(client);
  CHECK(f.read(1) == "half");
  for (int i = 0; i < 2; ++i) {
    const Result<codec::BodyChunk> chunk = f.body.try_read_body();
    REQUIRE_FALSE(chunk.ok());
    CHECK(chunk.error().reason == Reason::kMalformedBody);
  }
  f.body.rewind();
  CHECK(f.read(1) == "half");
  CHECK_FALSE(f.body.try_read_body().ok());
}

TEST_CASE("what the client was told is remembered") {
  FakeInbound client({"x"});
  Fixture f(client);
  Arena arena;
  codec::Response response(arena);
  response.status = 103;
  CHECK(f.body.write_interim(response).ready());
  CHECK_FALSE(f.body.told());
  response.status = 100;
  CHECK(f.body.write_interim(response).ready());
  CHECK(f.body.told());
}

TEST_CASE("a body can be read as a whole in advance, unless it is longer than a bound") {
  FakeInbound client({std::string(600, 'a'), std::string(300, 'b')});
  Fixture f(client);
  loop::Task<Status> filling = f.body.fill(900, 0);
  filling.start();
  REQUIRE(filling.done());
  CHECK(filling.take().ok());
  CHECK(f.read().size() == 900);
  f.body.rewind();
  loop::Task<Status> again = f.body.fill(899, 0);
  again.start();
  REQUIRE(again.done());
  CHECK(again.take().error().reason == Reason::kBodyTooLarge);
}

TEST_CASE("a body beyond the limit cannot be read in advance") {
  FakeInbound client({std::string(600, 'a'), std::string(401, 'b')});
  Fixture f(client);
  loop::Task<Status> filling = f.body.fill(5000, 0);
  filling.start();
  REQUIRE(filling.done());
  CHECK(filling.take().error().reason == Reason::kBodyTooLarge);
}

TEST_CASE("the limit only grows") {
  FakeInbound client({std::string(600, 'a'), std::string(600, 'b')});
  Fixture f(client);
  f.body.raise_limit(1200);
  f.body.raise_limit(100);
  CHECK(f.read().size() == 1200);
  CHECK(f.body.can_rewind());
}

TEST_CASE("what was kept is read to its end when nothing more is, and then the body moves past us") {
  FakeInbound client({"one ", "two ", "three"});
  Fixture f(client);
  CHECK(f.read(2) == "one two ");
  f.body.rewind();
  f.body.stop_keeping();
  CHECK_FALSE(f.body.can_rewind());
  CHECK(f.body.raw_source().left == 0);
  CHECK(f.read(1) == "one two ");
  f.body.rewind();
  CHECK(f.body.raw_source().left == 17);
  CHECK(f.read() == "three");
  CHECK(f.last);
}

TEST_CASE("layers stop keeping down to the lowest") {
  FakeInbound client({"x"});
  net::BufferPool pool{0};
  auto lower = std::make_unique<Replay>(client, nullptr, pool, 10);
  Replay& below = *lower;
  Replay above(below, std::move(lower), pool, 10);
  CHECK(above.replay() == &above);
  above.stop_keeping();
  CHECK_FALSE(below.can_rewind());
}
