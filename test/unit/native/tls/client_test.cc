// Towards servers: whom we believe, and what we say when we do not.
#include "tls/client.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "test/support/native/tls_material.h"
#include "test/support/native/tls_peers.h"
#include "tls/certificate.h"
#include "tls/server.h"

using namespace fairlead;
using namespace fairlead::test;

namespace {

const Authority& authority() {
  static const Authority one;
  return one;
}

/// A server as a backend would be: any certificate, any versions, perhaps asking for one of the client.
class Backend {
 public:
  explicit Backend(const Pem& pem, std::uint16_t max_version = TLS1_3_VERSION, bool asks_for_certificate = false)
      : context_(SSL_CTX_new(TLS_server_method())) {
    std::string fault;
    REQUIRE(tls::present_certificate(context_.get(), pem.chain, pem.key, fault));
    tls::allow_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_.get(), max_version);
    const auto believe = [](X509_STORE_CTX*, void*) -> int { return 1; };
    SSL_CTX_set_cert_verify_callback(context_.get(), believe, nullptr);
    if (asks_for_certificate) SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    tls::SslPointer ssl(SSL_new(context_.get()));
    SSL_set_accept_state(ssl.get());
    layer_ = std::make_unique<RawLayer>(std::move(ssl));
  }
  RawLayer& layer() { return *layer_; }
  SSL* ssl() { return layer_->ssl(); }

 private:
  tls::ContextPointer context_;
  std::unique_ptr<RawLayer> layer_;
};

std::unique_ptr<tls::ClientContext> context_of(const TransportSetup& setup) {
  std::vector<std::string> faults;
  const auto transport = tls_transport(setup);
  auto context = tls::make_client_context(*transport, faults);
  CHECK(faults.empty());
  REQUIRE(context != nullptr);
  return context;
}

TransportSetup trusting(TransportSetup setup = {}) {
  setup.root_cas = {authority().pem()};
  return setup;
}

/// "ok", or why the client turned away.
std::string outcome(const TransportSetup& setup, const char* host, Backend backend) {
  const auto context = context_of(setup);
  const auto session = context->connect(host);
  if (session == nullptr) return "no session";
  Link link(*session, backend.layer());
  if (!link.shake()) return std::string(session->fault());
  CHECK(session->fault().empty());
  CHECK(link.to_server("request") == "request");
  CHECK(link.to_client("response") == "response");
  return "ok";
}

}  // namespace

TEST_CASE("a server is believed when an authority vouches for the name it was called by") {
  const Pem named =
      authority().issue({"b", {"DNS:up.test", "DNS:*.wild.test", "IP:127.0.0.1", "IP:::1", "URI:spiffe://a/b"}});
  const Pem expired = authority().issue({"b", {"DNS:up.test"}, -60});
  const Pem nameless = authority().issue({"up.test"});
  const Pem foreign = Authority("other authority").issue({"b", {"DNS:up.test"}});
  struct Case {
    const char* what;
    TransportSetup setup;
    Pem pem;
    const char* host;
    const char* outcome;
  };
  const std::vector<Case> cases = {
      {"by name", trusting(), named, "up.test", "ok"},
      {"by name in capitals with a dot", trusting(), named, "UP.test.", "ok"},
      {"by wildcard", trusting(), named, "x.wild.test", "ok"},
      {"a wildcard is one label", trusting(), named, "x.y.wild.test", "Hostname mismatch"},
      {"by address", trusting(), named, "127.0.0.1", "ok"},
      {"by IPv6 address", trusting(), named, "::1", "ok"},
      {"another address", trusting(), named, "127.0.0.2", "IP address mismatch"},
      {"another name", trusting(), named, "other.test", "Hostname mismatch"},
      {"serverName instead of the address", trusting({.server_name = "up.test"}), named, "127.0.0.9", "ok"},
      {"serverName that is wrong", trusting({.server_name = "other.test"}), named, "up.test", "Hostname mismatch"},
      {"a common name is no name", trusting(), nameless, "up.test", "Hostname mismatch"},
      {"expired", trusting(), expired, "up.test", "certificate has expired"},
      {"unknown authority", trusting(), foreign, "up.test", "unable to get local issuer certificate"},
      {"unknown authority of the system", {}, named, "up.test", "unable to get local issuer certificate"},
      {"the certificate itself is trusted", {.root_cas = {named.chain}}, named, "up.test", "ok"},
      {"unverified: expired", {.insecure_skip_verify = true}, expired, "other.test", "ok"},
      {"unverified: foreign", {.insecure_skip_verify = true}, foreign, "127.0.0.1", "ok"},
      {"unverified: no name at all", {.insecure_skip_verify = true}, named, "", "ok"},
      {"verified: no name at all", trusting(), named, "", "no session"},
      {"peer name: URI", trusting({.peer_names = {{false, "no"}, {true, "spiffe://a/b"}}}), named, "up.test", "ok"},
      {"peer name: DNS", trusting({.peer_names = {{false, "UP.test"}}}), named, "up.test", "ok"},
      {"peer name: a DNS name is no URI", trusting({.peer_names = {{true, "up.test"}}}), named, "up.test",
       "certificate has none of the accepted names"},
      {"peer name: none matches", trusting({.peer_names = {{true, "spiffe://a"}}}), named, "up.test",
       "certificate has none of the accepted names"},
      {"peer name and host name", trusting({.peer_names = {{true, "spiffe://a/b"}}}), named, "other.test",
       "Hostname mismatch"},
      {"peer name, unverified host", trusting({.insecure_skip_verify = true, .peer_names = {{true, "spiffe://a/b"}}}),
       named, "other.test", "ok"},
      {"peer name, unverified host, foreign",
       trusting({.insecure_skip_verify = true, .peer_names = {{false, "up.test"}}}), foreign, "other.test",
       "unable to get local issuer certificate"},
  };
  for (const Case& c : cases) {
    const std::string what = c.what;
    CAPTURE(what);
    // The spelling of the library's words differs in capitals and hyphens between versions.
    const std::string got = outcome(c.setup, c.host, Backend(c.pem));
    CHECK(std::equal(got.begin(), got.end(), c.outcome, c.outcome + std::string_view(c.outcome).size(),
                     [](char a, char b) { return std::tolower(a) == std::tolower(b); }));
  }
}

TEST_CASE("an intermediate certificate completes the chain") {
  const Authority root("root");
  const Authority self("intermediate");
  const Pem leaf = self.issue({"leaf", {"DNS:up.test"}});
  CHECK(outcome({.root_cas = {root.pem()}}, "up.test", Backend(leaf)) == "unable to get local issuer certificate");
  CHECK(outcome({.root_cas = {root.pem(), self.pem()}}, "up.test", Backend(leaf)) == "ok");
}

TEST_CASE("names are sent, addresses are not, and we offer HTTP/1.1") {
  const Pem pem = authority().issue({"b", {"DNS:up.test", "IP:127.0.0.1"}});
  for (const auto& [host, sent] : {std::pair{"up.test", "up.test"}, std::pair{"127.0.0.1", ""}}) {
    const auto context = context_of(trusting());
    const auto session = context->connect(host);
    Backend backend(pem);
    REQUIRE(Link(*session, backend.layer()).shake());
    const char* name = SSL_get_servername(backend.ssl(), TLSEXT_NAMETYPE_host_name);
    CHECK(std::string(name == nullptr ? "" : name) == sent);
  }
  const auto snapshot = tls_snapshot({.certificates = {{pem, {}}}});
  std::vector<std::string> faults;
  const auto server =
      tls::make_server_context(*snapshot, snapshot->entry_points[0], tls::make_ticket_keys(), nullptr, faults);
  const auto context = context_of(trusting());
  const auto session = context->connect("up.test");
  const auto accepted = server->accept();
  REQUIRE(Link(*session, *accepted).shake());
  CHECK(accepted->protocol() == "http/1.1");
  CHECK(accepted->version() == "1.3");
}

TEST_CASE("old servers are refused unless the transport asks for them") {
  const Pem pem = authority().issue({"b", {"DNS:up.test"}});
  CHECK(outcome(trusting(), "up.test", Backend(pem, TLS1_2_VERSION)) == "ok");
  CHECK(outcome(trusting(), "up.test", Backend(pem, TLS1_1_VERSION)) != "ok");
  CHECK(outcome(trusting({.min_version = TLS1_1_VERSION}), "up.test", Backend(pem, TLS1_1_VERSION)) == "ok");
  CHECK(outcome(trusting({.min_version = TLS1_3_VERSION}), "up.test", Backend(pem, TLS1_2_VERSION)) != "ok");
  CHECK(outcome(trusting({.max_version = TLS1_2_VERSION}), "up.test", Backend(pem)) == "ok");
}

TEST_CASE("a server that asks gets our certificate with its chain") {
  const Pem server = authority().issue({"b", {"DNS:up.test"}});
  Pem first = authority().issue({"first"});
  first.chain += authority().pem();
  const Pem second = authority().issue({"second"});
  const auto context = context_of(trusting({.certificates = {first, second}}));
  const auto session = context->connect("up.test");
  Backend backend(server, TLS1_3_VERSION, true);
  REQUIRE(Link(*session, backend.layer()).shake());
  const tls::X509Pointer given(SSL_get_peer_certificate(backend.ssl()));
  REQUIRE(given != nullptr);
  CHECK(Authority::text(given.get()) + authority().pem() == first.chain);
}

TEST_CASE("a session outlives its context") {
  auto context = context_of(trusting());
  const auto session = context->connect("up.test");
  Backend backend(authority().issue({"b", {"DNS:up.test"}}));
  Link link(*session, backend.layer());
  REQUIRE(link.shake());
  session->shed();
  context.reset();
  CHECK(link.to_server("after") == "after");
  CHECK(link.to_client("all") == "all");
}

TEST_CASE("material that does not load is a fault of the transport") {
  const Pem good = authority().issue({"good"});
  struct Case {
    TransportSetup setup;
    const char* fault;
  };
  const std::vector<Case> cases = {
      {{.root_cas = {"nothing"}}, "rootCAs: holds no certificate in PEM form"},
      {{.root_cas = {good.chain, good.key}}, "rootCAs: holds no certificate in PEM form"},
      {{.certificates = {{good.chain, authority().issue({"x"}).key}}},
       "certificates: and its private key do not belong together"},
      {{.certificates = {{good.chain, "nothing"}}}, "certificates: has no usable private key in PEM form"},
      {{.min_version = TLS1_3_VERSION, .max_version = TLS1_2_VERSION}, "minVersion is above maxVersion"},
      {{.ciphers = "NO-SUCH"}, "cipherSuites lists none that the TLS library has: NO-SUCH"}};
  for (const Case& c : cases) {
    std::vector<std::string> faults;
    const auto transport = tls_transport(c.setup);
    CHECK(tls::make_client_context(*transport, faults) == nullptr);
    REQUIRE(faults.size() == 1);
    CAPTURE(faults[0]);
    CHECK(faults[0].starts_with(std::string("serversTransport \"up@test\": ") + c.fault));
    CHECK(ERR_peek_error() == 0);
  }
}
