// Session tickets: who may use them, and for how long.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "test/support/native/tls_material.h"
#include "test/support/native/tls_peers.h"
#include "tls/server.h"
#include "tls/ticket_keys.h"

using namespace fairlead;
using namespace fairlead::test;

namespace {

Nanos clock_now = kSecond;
Nanos test_clock() { return clock_now; }

TlsSetup two_options() {
  static const Pem pem = Authority().issue({"test"});
  return {.certificates = {{pem, {}}},
          .options = {{}, {.name = "other"}, {.name = "ticketless", .disable_session_tickets = true}},
          .hosts = {{"other.test", 1}, {"none.test", 2}}};
}

struct Server {
  explicit Server(std::shared_ptr<tls::TicketKeys> keys, const TlsSetup& setup = two_options())
      : snapshot(tls_snapshot(setup)) {
    std::vector<std::string> faults;
    context = tls::make_server_context(*snapshot, snapshot->entry_points[0], std::move(keys), nullptr, faults);
    REQUIRE(context != nullptr);
  }
  Encoded<wire::Snapshot> snapshot;
  std::unique_ptr<tls::ServerContext> context;
};

ClientSpec spec(const char* name, std::uint16_t version) { return {name, version, version}; }

struct Visit {
  std::unique_ptr<RawClient> client;
  bool resumed = false;
};

/// Connects, perhaps with a ticket, exchanges a word so that tickets arrive, and leaves.
Visit visit(const Server& server, const ClientSpec& spec, SSL_SESSION* ticket = nullptr) {
  Visit result{std::make_unique<RawClient>(spec, ticket)};
  const auto session = server.context->accept();
  Link link(result.client->layer(), *session);
  REQUIRE(link.shake());
  session->shed();
  CHECK(link.to_client("word") == "word");
  CHECK(session->resumed() == (SSL_session_reused(result.client->ssl()) == 1));
  result.resumed = session->resumed();
  return result;
}

}  // namespace

TEST_CASE("a ticket resumes the session, also under the next configuration") {
  for (const std::uint16_t version : kModernVersions) {
    const auto keys = tls::make_ticket_keys();
    const Server before(keys);
    const Server after(keys);
    const Visit first = visit(before, spec("a.test", version));
    CHECK(!first.resumed);
    CHECK(first.client->tickets == 1);
    REQUIRE(first.client->ticket() != nullptr);
    CHECK(visit(after, spec("a.test", version), first.client->ticket()).resumed);
    const Visit second = visit(before, spec("a.test", version));
    CHECK(!visit(Server(tls::make_ticket_keys()), spec("a.test", version), second.client->ticket()).resumed);
  }
}

TEST_CASE("a ticket is worth nothing under other options") {
  for (const std::uint16_t version : kModernVersions) {
    const Server server(tls::make_ticket_keys());
    const Visit first = visit(server, spec("a.test", version));
    const Visit other = visit(server, spec("other.test", version), first.client->ticket());
    CHECK(!other.resumed);
    CHECK(visit(server, spec("other.test", version), other.client->ticket()).resumed);
    CHECK(!visit(server, spec("a.test", version), other.client->ticket()).resumed);
    CHECK(visit(server, spec("b.test", version), first.client->ticket()).resumed);
  }
}

TEST_CASE("options may do without tickets") {
  for (const std::uint16_t version : kModernVersions) {
    const Server server(tls::make_ticket_keys());
    const Visit first = visit(server, spec("none.test", version));
    CHECK(first.client->tickets == 0);
    const Visit with = visit(server, spec("a.test", version));
    CHECK(with.client->tickets == 1);
    CHECK(!visit(server, spec("none.test", version), with.client->ticket()).resumed);
  }
}

TEST_CASE("a resumption in TLS 1.3 brings a new ticket, in TLS 1.2 only when the key is old") {
  const auto keys = std::make_shared<tls::TicketKeys>(test_clock);
  const Server server(keys);
  const Visit modern = visit(server, spec("a.test", TLS1_3_VERSION));
  CHECK(visit(server, spec("a.test", TLS1_3_VERSION), modern.client->ticket()).client->tickets == 1);
  const Visit older = visit(server, spec("a.test", TLS1_2_VERSION));
  CHECK(visit(server, spec("a.test", TLS1_2_VERSION), older.client->ticket()).client->tickets == 0);
  clock_now += tls::TicketKeys::kPeriod;
  const Visit renewed = visit(server, spec("a.test", TLS1_2_VERSION), older.client->ticket());
  CHECK(renewed.resumed);
#ifdef FAIRLEAD_TLS_AWS_LC  // a client on OpenSSL takes the new ticket without calling back
  CHECK(renewed.client->tickets == 1);
#endif
}

TEST_CASE("keys seal for one period and open for one more") {
  struct Case {
    Nanos age;
    tls::TicketKeys::Found found;
  };
  using Found = tls::TicketKeys::Found;
  constexpr Nanos kPeriod = tls::TicketKeys::kPeriod;
  for (const Case& c : {Case{0, Found::kCurrent},
                        {kPeriod - 1, Found::kCurrent},
                        {kPeriod, Found::kPrevious},
                        {2 * kPeriod - 1, Found::kPrevious},
                        {2 * kPeriod, Found::kUnknown},
                        {100 * kPeriod, Found::kUnknown}}) {
    CAPTURE(c.age);
    tls::TicketKeys keys(test_clock);
    const tls::TicketKeys::Key key = keys.current();
    clock_now += c.age;
    tls::TicketKeys::Key found{};
    CHECK(keys.find(key.name.data(), found) == c.found);
    if (c.found != Found::kUnknown) CHECK(found.aes == key.aes);
    CHECK((keys.current().name == key.name) == (c.age < kPeriod));
  }
}

TEST_CASE("a key that was rotated while in use opens until its second period ends") {
  tls::TicketKeys keys(test_clock);
  const tls::TicketKeys::Key first = keys.current();
  clock_now += tls::TicketKeys::kPeriod;
  const tls::TicketKeys::Key second = keys.current();
  CHECK(first.name != second.name);
  tls::TicketKeys::Key found{};
  CHECK(keys.find(first.name.data(), found) == tls::TicketKeys::Found::kPrevious);
  CHECK(keys.find(second.name.data(), found) == tls::TicketKeys::Found::kCurrent);
  clock_now += tls::TicketKeys::kPeriod;
  CHECK(keys.find(first.name.data(), found) == tls::TicketKeys::Found::kUnknown);
  CHECK(keys.find(second.name.data(), found) == tls::TicketKeys::Found::kPrevious);
}
