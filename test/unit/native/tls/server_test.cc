// Handshakes of server contexts: which certificate, options and protocol a client gets.
#include "tls/server.h"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

#include "test/support/native/tls_material.h"
#include "test/support/native/tls_peers.h"

using namespace fairlead;
using namespace fairlead::test;

namespace {

/// A server with the certificates a.test, *.wild.test, and the default one.
class Server {
 public:
  explicit Server(TlsSetup setup = {}) : snapshot_(tls_snapshot(with_certificates(std::move(setup)))) {
    context_ =
        tls::make_server_context(*snapshot_, snapshot_->entry_points[0], tls::make_ticket_keys(), nullptr, faults);
    REQUIRE(context_ != nullptr);
  }

  const tls::ServerContext& operator*() const { return *context_; }
  std::vector<std::string> faults;

  static TlsSetup with_certificates(TlsSetup setup) {
    if (!setup.certificates.empty()) return setup;
    const Authority authority;
    setup.certificates = {{authority.issue({"a"}), {"a.test", "b.test"}},
                          {authority.issue({"wild"}), {"*.wild.test", "a.test"}},
                          {authority.issue({"exact"}), {"exact.wild.test", "exact.test"}},
                          {authority.issue({"address"}), {"192.0.2.1", "2001:db8::1"}},
                          {authority.issue({"default"}), {"default.test"}}};
    return setup;
  }

 private:
  Encoded<wire::Snapshot> snapshot_;
  std::unique_ptr<tls::ServerContext> context_;
};

/// The certificate a client gets, or the alert.
std::string served(const Server& server, const ClientSpec& spec, std::string_view local_address = {}) {
  RawClient client(spec);
  const auto session = (*server).accept(local_address);
  Link link(client.layer(), *session);
  return link.shake() ? client.server_certificate() : "alert " + std::to_string(link.server_alert());
}

}  // namespace

TEST_CASE("a handshake succeeds in TLS 1.2 and 1.3, and tells what was agreed") {
  const Server server;
  CHECK(server.faults.empty());
  for (const auto& [version, name] : {std::pair{TLS1_2_VERSION, "1.2"}, std::pair{TLS1_3_VERSION, "1.3"}}) {
    CAPTURE(name);
    const auto only = static_cast<std::uint16_t>(version);
    RawClient client({"A.Test.", only, only, {"h2", "http/1.1"}});
    const auto session = (*server).accept();
    Link link(client.layer(), *session);
    REQUIRE(link.shake());
    session->shed();
    CHECK(session->version() == name);
    CHECK(session->server_name() == "a.test");
    CHECK(session->protocol() == "http/1.1");
    CHECK(session->cipher().starts_with("TLS_"));
    CHECK(session->options() == 0);
    CHECK(!session->resumed());
    CHECK(session->fault().empty());
    CHECK(link.to_server("question") == "question");
    CHECK(link.to_client("answer") == "answer");
  }
}

TEST_CASE("the certificate is the first in the list that covers the name") {
  const Server server;
  struct Case {
    const char* name;
    const char* certificate;
  };
  for (const Case& c : {Case{"a.test", "a"},
                        {"A.TEST", "a"},
                        {"b.test.", "a"},
                        {"x.wild.test", "wild"},
                        {"exact.wild.test", "wild"},
                        {"exact.test", "exact"},
                        {"x.y.wild.test", "default"},
                        {"wild.test", "default"},
                        {"unknown.test", "default"},
                        {"default.test", "default"},
                        {"", "default"}}) {
    CAPTURE(c.name);
    CHECK(served(server, {.server_name = c.name}) == c.certificate);
  }
}

TEST_CASE("a client that names no host gets the certificate of the address it came to") {
  const Server server;
  CHECK((*server).names_addresses());
  CHECK(served(server, {}, "192.0.2.1") == "address");
  CHECK(served(server, {}, "2001:db8::1") == "address");
  CHECK(served(server, {}, "192.0.2.2") == "default");
  CHECK(served(server, {.server_name = "a.test"}, "192.0.2.1") == "a");
  const Server without({.certificates = {{Authority().issue({"default"}), {"default.test"}}}});
  CHECK(!(*without).names_addresses());
}

TEST_CASE("strict options refuse names without certificate with unrecognized_name") {
  const Server server({.options = {{.sni_strict = true}}});
  for (const std::uint16_t version : kModernVersions) {
    CHECK(served(server, {.server_name = "a.test", .max_version = version}) == "a");
    CHECK(served(server, {.server_name = "unknown.test", .max_version = version}) == "alert 112");
    CHECK(served(server, {.max_version = version}) == "alert 112");
  }
}

TEST_CASE("options are those of the exact host, then of the wildcard, then the default") {
  const Server server(
      {.options = {{}, {.name = "old", .max_version = TLS1_2_VERSION}, {.name = "new", .min_version = TLS1_3_VERSION}},
       .hosts = {{"*.wild.test", 1}, {"exact.wild.test", 2}, {"a.test", 1}}});
  struct Case {
    const char* name;
    std::uint16_t client;
    std::uint32_t options;
    const char* version;
  };
  for (const Case& c : {Case{"a.test", TLS1_3_VERSION, 1, "1.2"},
                        {"x.wild.test", TLS1_3_VERSION, 1, "1.2"},
                        {"exact.wild.test", TLS1_3_VERSION, 2, "1.3"},
                        {"b.test", TLS1_3_VERSION, 0, "1.3"},
                        {"b.test", TLS1_2_VERSION, 0, "1.2"}}) {
    CAPTURE(c.name);
    RawClient client({.server_name = c.name, .max_version = c.client});
    const auto session = (*server).accept();
    REQUIRE(Link(client.layer(), *session).shake());
    CHECK(session->options() == c.options);
    CHECK(session->version() == c.version);
  }
  CHECK(served(server, {.server_name = "exact.wild.test", .max_version = TLS1_2_VERSION}) == "alert 70");
}

TEST_CASE("old protocol versions are served only by options that ask for them") {
  const Server server({.options = {{}, {.name = "ancient", .min_version = TLS1_VERSION}}, .hosts = {{"a.test", 1}}});
  const auto client = [](const char* name, std::uint16_t version) { return ClientSpec{name, version, version}; };
  CHECK(served(server, client("b.test", TLS1_VERSION)) == "alert 70");
  CHECK(served(server, client("b.test", TLS1_1_VERSION)) == "alert 70");
  CHECK(served(server, client("a.test", TLS1_VERSION)) == "a");
  CHECK(served(server, client("a.test", TLS1_1_VERSION)) == "a");
  CHECK(served(server, client("a.test", TLS1_3_VERSION)) == "a");
}

TEST_CASE("hosts whose options are broken are refused, and so is everybody when the default ones are") {
  const Server hosts({.hosts = {{"a.test", wire::kNone}}});
  CHECK(served(hosts, {.server_name = "a.test"}) == "alert 80");
  CHECK(served(hosts, {.server_name = "b.test"}) == "a");
  const Server all({.hosts = {{"a.test", 0}}, .default_options = wire::kNone});
  CHECK(served(all, {.server_name = "a.test"}) == "a");
  CHECK(served(all, {.server_name = "b.test"}) == "alert 80");
  CHECK(served(all, {}) == "alert 80");
}

TEST_CASE("options that the library cannot do are a fault and refused") {
  struct Case {
    TlsSetup::Options options;
    const char* fault;
  };
  const std::vector<Case> cases = {
      {{.min_version = TLS1_3_VERSION, .max_version = TLS1_2_VERSION}, "minVersion is above maxVersion"},
      {{.ciphers = "NO-SUCH-SUITE"}, "cipherSuites lists none that the TLS library has: NO-SUCH-SUITE"},
      {{.curves = "no-such-curve"}, "curvePreferences lists one that the TLS library does not have: no-such-curve"}};
  for (const Case& c : cases) {
    CAPTURE(c.fault);
    const Server server({.options = {c.options}});
    REQUIRE(server.faults.size() == 1);
    CHECK(server.faults[0] == std::string("TLS options \"default\": ") + c.fault);
    CHECK(served(server, {.server_name = "a.test"}) == "alert 80");
  }
}

TEST_CASE("the suites and curves that the control plane names exist") {
  // Of Traefik's, DES-CBC3-SHA and ECDHE-ECDSA-AES128-SHA256 are missing: they are skipped in a list with others.
  for (const char* suite :
       {"AES128-SHA", "AES256-SHA", "AES128-GCM-SHA256", "AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-SHA", "AES128-SHA256",
        "ECDHE-ECDSA-AES256-SHA", "ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA", "ECDHE-RSA-AES128-SHA256",
        "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305",
        "DES-CBC3-SHA:ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA"}) {
    const std::string name = suite;
    CAPTURE(name);
    CHECK(Server({.options = {{.ciphers = name}}}).faults.empty());
  }
  std::vector<std::string> curves = {"P-256", "P-384", "P-521", "X25519"};
#ifdef FAIRLEAD_TLS_AWS_LC
  curves.insert(curves.end(), {"X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024"});
#endif
  for (const std::string& curve : curves) {
    CAPTURE(curve);
    CHECK(Server({.options = {{.curves = curve}}}).faults.empty());
  }
}

TEST_CASE("cipher suites and curves are those of the host's options") {
  const Server server({.options = {{},
                                   {.name = "one",
                                    .max_version = TLS1_2_VERSION,
                                    .ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384",
                                    .curves = "P-384"}},
                       .hosts = {{"a.test", 1}}});
  RawClient client({.server_name = "a.test"});
  const auto session = (*server).accept();
  REQUIRE(Link(client.layer(), *session).shake());
  CHECK(session->cipher() == "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384");
}

TEST_CASE("a client that has to say hello twice is served like any other") {
  const Server server({.options = {{.sni_strict = true, .curves = "P-384"}}});
  // The client guesses X25519, and is asked for the other group.
  const std::string groups = "X25519:P-384";
  CHECK(served(server, {.server_name = "a.test", .groups = groups}) == "a");
  CHECK(served(server, {.groups = groups}, "192.0.2.1") == "address");
  CHECK(served(server, {.server_name = "unknown.test", .groups = groups}) == "alert 112");
  CHECK(served(server, {.server_name = "a.test", .groups = "X25519"}) == "alert 40");
}

TEST_CASE("the protocol is chosen by our order among those we speak") {
  struct Case {
    std::vector<std::string> ours;
    std::vector<std::string> offered;
    const char* outcome;
  };
  const std::vector<Case> cases = {{{"h2", "http/1.1"}, {"h2", "http/1.1"}, "http/1.1"},
                                   {{"http/1.1"}, {"spdy/3", "http/1.1"}, "http/1.1"},
                                   {{"h2", "http/1.1"}, {}, ""},
                                   {{"h2", "http/1.1"}, {"h2"}, "alert 120"},
                                   {{"http/1.1"}, {"acme-tls/1"}, "alert 120"},
                                   {{"acme-tls/1"}, {"http/1.1"}, "alert 120"},
                                   {{"h2"}, {"h2", "http/1.1"}, ""},
                                   {{"h2"}, {"h2"}, "alert 120"},
                                   {{}, {"anything"}, ""}};
  for (const Case& c : cases) {
    for (const std::uint16_t version : kModernVersions) {
      const Server server({.options = {{.alpn = c.ours}}});
      RawClient client({"a.test", version, version, c.offered});
      const auto session = (*server).accept();
      Link link(client.layer(), *session);
      const bool done = link.shake();
      CHECK((done ? std::string(session->protocol()) : "alert " + std::to_string(link.server_alert())) == c.outcome);
    }
  }
}

TEST_CASE("a certificate that does not load is left out and named") {
  const Authority authority;
  const Pem good = authority.issue({"good"});
  const Pem other = authority.issue({"other"});
  const std::string broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  struct Case {
    Pem pem;
    const char* fault;
  };
  const std::vector<Case> cases = {{{"", good.key}, "holds no certificate in PEM form"},
                                   {{broken, good.key}, "holds a certificate that does not parse: "},
                                   {{good.chain + broken, good.key}, "holds a certificate that does not parse: "},
                                   {{good.chain, ""}, "has no usable private key in PEM form: "},
                                   {{good.chain, other.key}, "and its private key do not belong together"}};
  for (const Case& c : cases) {
    CAPTURE(c.fault);
    const Server server({.certificates = {{c.pem, {"a.test", "b.test"}}, {good, {}}}});
    REQUIRE(server.faults.size() == 1);
    CHECK(server.faults[0].starts_with(std::string("certificate \"a.test\" ") + c.fault));
    CHECK(served(server, {.server_name = "a.test"}) == "good");
    const Server without({.certificates = {{c.pem, {}}}});
    REQUIRE(without.faults.size() == 1);
    CHECK(without.faults[0].starts_with(std::string("the default certificate ") + c.fault));
    CHECK(served(without, {.server_name = "a.test"}) == "alert 112");
  }
}

TEST_CASE("an intermediate certificate is sent along") {
  const Authority authority;
  Pem pem = authority.issue({"leaf"});
  pem.chain += authority.pem();
  const Server server({.certificates = {{pem, {}}}});
  for (const std::uint16_t version : kModernVersions) {
    RawClient client({"a.test", version, version});
    const auto session = (*server).accept();
    REQUIRE(Link(client.layer(), *session).shake());
    CHECK(sk_X509_num(SSL_get_peer_cert_chain(client.ssl())) == 2);
  }
}

TEST_CASE("what the context before has loaded is not parsed again") {
  const Authority authority;
  TlsSetup setup{.certificates = {{authority.issue({"first"}), {"a.test"}, 7}, {authority.issue({"default"}), {}, 8}}};
  const auto before = tls_snapshot(setup);
  setup.certificates[0].pem = {"unreadable", "unreadable"};  // proves that the identity decides
  setup.certificates[1] = {authority.issue({"renewed"}), {}, 9};
  const auto after = tls_snapshot(setup);
  std::vector<std::string> faults;
  const auto keys = tls::make_ticket_keys();
  auto one = tls::make_server_context(*before, before->entry_points[0], keys, nullptr, faults);
  const auto two = tls::make_server_context(*after, after->entry_points[0], keys, one.get(), faults);
  one.reset();
  const auto sibling = tls::make_server_context(*after, after->entry_points[0], keys, two.get(), faults);
  CHECK(faults.empty());
  for (const auto* context : {two.get(), sibling.get()}) {
    for (const auto& [name, certificate] : {std::pair{"a.test", "first"}, std::pair{"b.test", "renewed"}}) {
      RawClient client({.server_name = name});
      const auto session = context->accept();
      REQUIRE(Link(client.layer(), *session).shake());
      CHECK(client.server_certificate() == certificate);
    }
  }
}

TEST_CASE("a context serves many threads at once") {
  const Server server({.options = {{}, {.name = "other", .max_version = TLS1_2_VERSION}}, .hosts = {{"a.test", 1}}});
  std::vector<std::thread> threads;
  std::atomic<int> served_well = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 20; ++round) {
        RawClient client({.server_name = (i + round) % 2 == 0 ? "a.test" : "x.wild.test"});
        const auto session = (*server).accept();
        if (Link(client.layer(), *session).shake()) ++served_well;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(served_well == 80);
}
