// What happens to bytes on an established connection, and to those that are no TLS.
#include "tls/session.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "test/support/native/tls_material.h"
#include "test/support/native/tls_peers.h"
#include "tls/server.h"

using namespace fairlead;
using namespace fairlead::test;

namespace {

const TlsSetup& setup() {
  static const TlsSetup one{.certificates = {{Authority().issue({"test"}), {"a.test"}}}};
  return one;
}

/// A server and everything it needs; drop() is what a reload does to the plan of a connection.
struct Served {
  Served() : snapshot(std::make_unique<Encoded<wire::Snapshot>>(tls_snapshot(setup()))) {
    std::vector<std::string> faults;
    context =
        tls::make_server_context(**snapshot, (*snapshot)->entry_points[0], tls::make_ticket_keys(), nullptr, faults);
    REQUIRE(faults.empty());
    session = context->accept();
  }
  void drop() {
    session->shed();
    context.reset();
    snapshot.reset();
  }

  std::unique_ptr<Encoded<wire::Snapshot>> snapshot;
  std::unique_ptr<tls::ServerContext> context;
  std::unique_ptr<tls::ServerSession> session;
};

ClientSpec only(std::uint16_t version) { return {"a.test", version, version}; }

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 31 + i / 251);
  return text;
}

/// Lengths of the records in `bytes`.
std::vector<std::size_t> records(std::string_view bytes) {
  std::vector<std::size_t> lengths;
  while (bytes.size() >= 5) {
    const std::size_t length =
        static_cast<std::size_t>(static_cast<unsigned char>(bytes[3])) << 8 | static_cast<unsigned char>(bytes[4]);
    lengths.push_back(length);
    bytes.remove_prefix(5 + length);
  }
  return lengths;
}

std::string written(net::SecureLayer& layer, std::string_view text) {
  ByteBuffer output;
  net::CipherInput none;
  REQUIRE(layer.write(none, output, text) == Step::kDone);
  return std::string(output.view());
}

Step read_all(net::SecureLayer& layer, std::string_view bytes, std::string& text, std::size_t room = 64 * 1024) {
  net::CipherInput input{bytes.data(), bytes.data() + bytes.size()};
  std::vector<char> plain(room);
  ByteBuffer output;
  for (;;) {
    std::size_t count = 0;
    const Step step = layer.read(input, output, plain, count);
    text.append(plain.data(), count);
    if (step != Step::kDone) return step;
  }
}

}  // namespace

TEST_CASE("bytes may arrive one at a time") {
  for (const std::uint16_t version : kModernVersions) {
    Served server;
    RawClient client(only(version));
    Link link(client.layer(), *server.session, 1);
    REQUIRE(link.shake());
    CHECK(link.to_server("a question") == "a question");
    CHECK(link.to_client("an answer") == "an answer");
  }
}

TEST_CASE("sessions outlive the context and the snapshot that made them") {
  for (const std::uint16_t version : kModernVersions) {
    Served server;
    RawClient client(only(version));
    Link link(client.layer(), *server.session);
    REQUIRE(link.shake());
    server.drop();
    CHECK(server.session->server_name() == "a.test");
    CHECK(link.to_server("after") == "after");
    CHECK(link.to_client("all") == "all");
    if (version == TLS1_3_VERSION) {
      REQUIRE(SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED) == 1);
      CHECK(link.to_server("new keys") == "new keys");
      CHECK(link.to_client("both ways") == "both ways");
    }
  }
}

TEST_CASE("large writes become full records, small ones a single record") {
  Served server;
  RawClient client(only(TLS1_3_VERSION));
  Link link(client.layer(), *server.session);
  REQUIRE(link.shake());
  link.to_client("x");  // the tickets travel with the first bytes
  const std::string large = pattern(1 << 20);
  const std::string sealed = written(*server.session, large);
  const std::vector<std::size_t> lengths = records(sealed);
  CHECK(lengths.size() == large.size() / 16384);
  std::string text;
  CHECK(read_all(client.layer(), sealed, text) == Step::kWantRead);
  CHECK(text == large);
  CHECK(records(written(*server.session, pattern(1200))).size() == 1);
}

TEST_CASE("a read fills what it is given over several records, and tells what is left") {
  Served server;
  RawClient client(only(TLS1_3_VERSION));
  REQUIRE(Link(client.layer(), *server.session).shake());
  const std::string large = pattern(100'000);
  const std::string sealed = written(client.layer(), large);
  net::CipherInput input{sealed.data(), sealed.data() + sealed.size()};
  std::vector<char> plain(50'000);
  ByteBuffer output;
  std::size_t count = 0;
  REQUIRE(server.session->read(input, output, plain, count) == Step::kDone);
  CHECK(count == plain.size());
  CHECK(server.session->has_pending());
  std::string rest;
  CHECK(read_all(*server.session, {input.at, input.size()}, rest, 7'000) == Step::kWantRead);
  CHECK(std::string(plain.data(), count) + rest == large);
  CHECK(!server.session->has_pending());
}

TEST_CASE("close_notify is a clean end, also behind data that came with it") {
  for (const std::uint16_t version : kModernVersions) {
    Served server;
    RawClient client(only(version));
    REQUIRE(Link(client.layer(), *server.session).shake());
    ByteBuffer output;
    net::CipherInput none;
    REQUIRE(client.layer().write(none, output, "last words") == Step::kDone);
    client.layer().shutdown(output);
    net::CipherInput input{output.data(), output.data() + output.size()};
    char plain[100];
    ByteBuffer reply;
    std::size_t count = 0;
    CHECK(server.session->read(input, reply, plain, count) == Step::kDone);
    CHECK(std::string_view(plain, count) == "last words");
    CHECK(server.session->has_pending());
    net::CipherInput nothing;
    CHECK(server.session->read(nothing, reply, plain, count) == Step::kClosed);
    CHECK(count == 0);
    CHECK(server.session->read(nothing, reply, plain, count) == Step::kClosed);
  }
}

TEST_CASE("a side that has shut down still reads") {
  Served server;
  RawClient client(only(TLS1_3_VERSION));
  Link link(client.layer(), *server.session);
  REQUIRE(link.shake());
  ByteBuffer output;
  server.session->shutdown(output);
  CHECK(records(output.view()).size() >= 1);
  CHECK(link.to_server("late") == "late");
}

TEST_CASE("a record that was tampered with fails the connection for good") {
  Served server;
  RawClient client(only(TLS1_3_VERSION));
  REQUIRE(Link(client.layer(), *server.session).shake());
  std::string sealed = written(client.layer(), "secret");
  sealed.back() = static_cast<char>(sealed.back() ^ 1);
  std::string text;
  CHECK(read_all(*server.session, sealed, text) == Step::kFailed);
  CHECK(!server.session->fault().empty());
  CHECK(read_all(*server.session, written(client.layer(), "more"), text) == Step::kFailed);
  CHECK(text.empty());
  CHECK(ERR_peek_error() == 0);
}

TEST_CASE("what is no TLS fails without a trace in other sessions") {
  const std::vector<std::string> inputs = {"GET / HTTP/1.1\r\nhost: a\r\n\r\n", std::string("\x16\x03\x01\xff\xff", 5),
                                           std::string("\x16\x03\x01\x00\x04\x01\xff\xff\xff", 9),
                                           std::string(600, '\x80'), std::string("\x17\x03\x03\x00\x01z", 6)};
  for (const std::string& bytes : inputs) {
    Served server;
    Served other;
    net::CipherInput input{bytes.data(), bytes.data() + bytes.size()};
    ByteBuffer output;
    CHECK(server.session->handshake(input, output) == Step::kFailed);
    CHECK(!server.session->fault().empty());
    CHECK(ERR_peek_error() == 0);
    RawClient client(only(TLS1_3_VERSION));
    CHECK(Link(client.layer(), *other.session).shake());
    CHECK(other.session->fault().empty());
  }
}

TEST_CASE("a hello cut anywhere waits for the rest") {
  RawClient client(only(TLS1_3_VERSION));
  ByteBuffer hello;
  net::CipherInput none;
  REQUIRE(client.layer().handshake(none, hello) == Step::kWantRead);
  for (std::size_t size = 0; size < hello.size(); ++size) {
    Served server;
    net::CipherInput input{hello.data(), hello.data() + size};
    ByteBuffer output;
    CHECK(server.session->handshake(input, output) == Step::kWantRead);
    CHECK(input.size() == 0);
    CHECK(output.empty());
  }
}

TEST_CASE("a flood of key updates ends the connection") {
  Served server;
  RawClient client(only(TLS1_3_VERSION));
  REQUIRE(Link(client.layer(), *server.session).shake());
  SSL_set0_wbio(client.ssl(), BIO_new(BIO_s_mem()));
  const auto updates = [&](int count) {
    for (int i = 0; i < count; ++i) {
      REQUIRE(SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED) == 1);
#ifdef FAIRLEAD_TLS_OPENSSL
      SSL_do_handshake(client.ssl());
#else
      SSL_write(client.ssl(), "", 0);
#endif
    }
  };
  const auto arrive = [&](std::string& text) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(client.ssl()), &data);
    const std::string sent(data, static_cast<std::size_t>(size));
    static_cast<void>(BIO_reset(SSL_get_wbio(client.ssl())));
    return read_all(*server.session, sent, text);
  };
  std::string text;
  for (int round = 0; round < 3; ++round) {
    updates(32);
    SSL_write(client.ssl(), "x", 1);
    CHECK(arrive(text) == Step::kWantRead);
  }
  CHECK(text == "xxx");
  updates(33);
  CHECK(arrive(text) == Step::kFailed);
  CHECK(server.session->fault() == "TOO_MANY_KEY_UPDATES");
}
