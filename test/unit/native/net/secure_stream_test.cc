#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "net/stream.h"
#include "test/support/native/fake_layer.h"
#include "test/support/native/run_task.h"
#include "test/support/native/sockets.h"

using namespace fairlead;
using loop::Task;
using net::IoResult;
using net::Stream;
using test::fake_record;
using test::fake_text;
using Kind = IoResult::Kind;

namespace {

struct Fixture {
  explicit Fixture(test::Ends ends = test::unix_pair())
      : stream(loop, scratch, ends.ours.release()), peer(std::move(ends.theirs)) {}

  IoResult shake(std::string_view script, Nanos deadline = 0, std::size_t hello = 4) {
    auto made = std::make_unique<test::FakeLayer>(hello);
    layer = made.get();
    test::send_all(peer.get(), script);
    return test::run(loop, stream.handshake(std::move(made), deadline));
  }
  /// Our handshake, done, with its bytes taken from the wire.
  void open(std::string_view behind = {}) {
    REQUIRE(shake(fake_record('H') + std::string(behind)).ok());
    REQUIRE(fake_text(test::received(peer.get())) == "H(hhhh)");
  }
  std::string read(std::size_t most = 64) {
    std::string text(most, '\0');
    const IoResult got = test::run(loop, stream.read(text, loop.refresh_now() + kSecond));
    kind = got.kind;
    text.resize(got.count);
    return text;
  }

  loop::Loop loop;
  net::StreamScratch scratch;
  Stream stream;
  test::Fd peer;
  test::FakeLayer* layer = nullptr;
  Kind kind = Kind::kAgain;
};

}  // namespace

TEST_CASE("a handshake says its part, waits for the peer's, and then drops what only it needed") {
  Fixture f;
  f.loop.mailbox().post([&] { test::send_all(f.peer.get(), fake_record('H')); });
  CHECK(f.shake("").ok());
  CHECK(f.layer->sheds == 1);
  CHECK(fake_text(test::received(f.peer.get())) == "H(hhhh)");
}

TEST_CASE("bytes that come with the end of the handshake are the first that are read") {
  Fixture f;
  f.open(fake_record('D', "early") + fake_record('D', " data").substr(0, 4));
  CHECK(f.stream.maybe_readable());
  CHECK(f.read() == "early");
  test::send_all(f.peer.get(), fake_record('D', " data").substr(4));
  CHECK(f.read() == " data");
}

TEST_CASE("a handshake larger than the socket's buffer is sent whole before it counts as done") {
  Fixture f;
  constexpr std::size_t kHello = 60'000;
  int small = 4096;
  REQUIRE(::setsockopt(f.stream.descriptor().fd(), SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)) == 0);
  test::send_all(f.peer.get(), fake_record('H'));
  Task<IoResult> shaking = f.stream.handshake(std::make_unique<test::FakeLayer>(kHello), 0);
  shaking.start();
  CHECK_FALSE(shaking.done());
  std::string got;
  test::run_until(f.loop, [&] {
    got += test::received(f.peer.get());
    return shaking.done();
  });
  got += test::received(f.peer.get());
  CHECK(got == fake_record('H', std::string(kHello, 'h')));
  CHECK(shaking.take().ok());
  CHECK_FALSE(f.stream.has_unsent());
}

TEST_CASE("a handshake fails on a violation (after the alert), on the end, and at its deadline") {
  Fixture violated;
  CHECK(violated.shake(fake_record('D', "x")).kind == Kind::kError);
  CHECK(fake_text(test::received(violated.peer.get())) == "H(hhhh)!()");

  Fixture ended;
  ::shutdown(ended.peer.get(), SHUT_WR);
  CHECK(ended.shake("").kind == Kind::kEof);

  Fixture silent;
  CHECK(silent.shake("", silent.loop.refresh_now() + 10 * kMillisecond).kind == Kind::kTimeout);

  // Nor does a peer that reads nothing hold it up.
  Fixture deaf;
  int small = 4096;
  ::setsockopt(deaf.stream.descriptor().fd(), SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
  const Nanos deadline = deaf.loop.refresh_now() + 10 * kMillisecond;
  CHECK(deaf.shake(fake_record('H'), deadline, 60'000).kind == Kind::kTimeout);
}

TEST_CASE("data is decrypted across records and reads of any size") {
  Fixture f;
  f.open();
  const std::string records =
      fake_record('D', "one ") + fake_record('T') + fake_record('D', "two ") + fake_record('D', "three");
  test::send_all(f.peer.get(), records);
  std::string all;
  while (all.size() < 13) all += f.read(3);
  CHECK(all == "one two three");
  // The layer's own message was answered without being asked.
  CHECK(fake_text(test::received(f.peer.get())) == "T()");
  CHECK_FALSE(f.stream.maybe_readable());
}

TEST_CASE("records that arrive byte by byte are read when they are complete") {
  Fixture f;
  f.open();
  REQUIRE(f.loop.watch(f.stream.descriptor()));
  const std::string record = fake_record('D', "slow");
  for (const char c : record.substr(0, record.size() - 1)) {
    char room[8];
    CHECK(f.stream.try_read(room).kind == Kind::kAgain);
    test::send_all(f.peer.get(), {&c, 1});
    test::run_until(f.loop, [&] { return f.stream.descriptor().readable; });
    CHECK(f.stream.try_read(room).kind == Kind::kAgain);
  }
  test::send_all(f.peer.get(), record.substr(record.size() - 1));
  CHECK(f.read() == "slow");
}

TEST_CASE("a clean end is an end, a cut one is an error") {
  Fixture clean;
  clean.open(fake_record('D', "all") + fake_record('C'));
  CHECK(clean.read() == "all");
  CHECK(clean.read() == "");
  CHECK(clean.kind == Kind::kEof);

  Fixture cut;
  cut.open(fake_record('D', "part"));
  CHECK(cut.read() == "part");
  cut.peer.reset();
  CHECK(cut.read() == "");
  CHECK(cut.kind == Kind::kError);

  Fixture broken;
  broken.open(fake_record('D', "part") + fake_record('?'));
  CHECK(broken.read() == "part");
  CHECK(broken.read() == "");
  CHECK(broken.kind == Kind::kError);
}

TEST_CASE("what is written arrives encrypted, however slowly it is read") {
  Fixture f;
  f.open();
  const std::string text(3U << 20, 'x');
  Task<IoResult> writing = f.stream.write_all(text, kSecond);
  writing.start();
  CHECK_FALSE(writing.done());
  std::string got;
  test::run_until(f.loop, [&] {
    got += test::received(f.peer.get());
    return writing.done();
  });
  got += test::received(f.peer.get());
  CHECK(writing.take().count == text.size());
  CHECK_FALSE(f.stream.has_unsent());
  std::size_t payload = 0;
  for (const char c : fake_text(got)) payload += c == 'x' ? 1 : 0;
  CHECK(payload == text.size());
}

TEST_CASE("ciphertext that waits is bounded, however much is offered") {
  Fixture f;
  f.open();
  const std::string text(16U << 20, 'x');
  std::string_view rest = text;
  IoResult result;
  for (int i = 0; i < 100; ++i) CHECK_FALSE(f.stream.write_now(rest, result));
  CHECK(result.kind == Kind::kAgain);
  CHECK(text.size() - rest.size() <= (1U << 20));
}

TEST_CASE("a stalled reader ends an encrypted write as well") {
  Fixture f;
  f.open();
  const std::string text(16U << 20, 'x');
  CHECK(test::run(f.loop, f.stream.write_all(text, 10 * kMillisecond)).kind == Kind::kTimeout);
}

TEST_CASE("ending our side says so to the layer and then to the socket, but not after a failure") {
  Fixture f;
  f.open();
  f.stream.shutdown_write();
  CHECK(fake_text(test::read_to_end(f.peer.get())) == "C()");

  Fixture failed;
  failed.open(fake_record('?'));
  CHECK(failed.read() == "");
  failed.stream.shutdown_write();
  CHECK(test::read_to_end(failed.peer.get()).empty());
}

namespace {

/// A handshake whose last flight may wait; what it says has been taken from the wire.
void open_with_ticket(Fixture& f) {
  auto layer = std::make_unique<test::FakeLayer>();
  layer->has_ticket = true;
  test::send_all(f.peer.get(), fake_record('H'));
  REQUIRE(test::run(f.loop, f.stream.handshake(std::move(layer), 0)).ok());
  CHECK(fake_text(test::received(f.peer.get())) == "H(hhhh)");
}

}  // namespace

TEST_CASE("what the end of a handshake has left leaves with the first data, or with the end") {
  Fixture data;
  open_with_ticket(data);
  std::string_view bytes = "first";
  IoResult result;
  CHECK(data.stream.write_now(bytes, result));
  CHECK(result.ok());
  CHECK_FALSE(data.stream.has_unsent());
  CHECK(fake_text(test::received(data.peer.get())) == "T()D(first)");

  Fixture flushed;
  open_with_ticket(flushed);
  CHECK(test::run(flushed.loop, flushed.stream.write_all("", 0)).ok());
  CHECK(fake_text(test::received(flushed.peer.get())) == "T()");

  Fixture ended;
  open_with_ticket(ended);
  ended.stream.shutdown_write();
  CHECK(fake_text(test::received(ended.peer.get())) == "T()C()");
}

TEST_CASE("a goodbye arrives with the end of the connection") {
  Fixture f(test::tcp_pair());
  f.open();
  f.stream.say_goodbye();
  f.stream.close();
  int error = 0;
  CHECK(fake_text(test::read_to_end(f.peer.get(), &error)) == "C()");
  CHECK(error == 0);
}
