#include "tls/client.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "net/address.h"
#include "tls/certificate.h"
#include "tls/session.h"

namespace fairlead::tls {
namespace {

// Where Debian, Fedora and Alpine keep the certificates of public authorities.
constexpr const char* kSystemStores[] = {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                                         "/etc/ssl/cert.pem"};

/// The system's trust store, parsed once per process. Null when there is none.
X509_STORE* system_store() {
  static const StorePointer store = [] {
    StorePointer made(X509_STORE_new());
    for (const char* path : kSystemStores) {
      if (X509_STORE_load_locations(made.get(), path, nullptr) == 1) break;
      ERR_clear_error();
    }
    return made;
  }();
  return store.get();
}

class Session final : public ClientSession {
 public:
  explicit Session(SslPointer ssl) : engine_(std::move(ssl)) {}

  Step handshake(net::CipherInput& input, ByteBuffer& output) override {
    const Step step = engine_.handshake(input, output);
    if (step == Step::kFailed) note_fault();
    return step;
  }
  Step read(net::CipherInput& input, ByteBuffer& output, std::span<char> plain, std::size_t& count) override {
    return engine_.read(input, output, plain, count);
  }
  Step write(net::CipherInput& input, ByteBuffer& output, std::string_view plain) override {
    return engine_.write(input, output, plain);
  }
  void shutdown(ByteBuffer& output) override { engine_.shutdown(output); }
  bool has_pending() const override { return engine_.has_pending(); }
  void shed() override {}
  std::string_view fault() const override { return fault_; }

 private:
  void note_fault() {
    const long verdict = SSL_get_verify_result(engine_.ssl());
    const std::string error = take_error();
    fault_ = verdict != X509_V_OK ? X509_verify_cert_error_string(verdict) : error;
  }

  Engine engine_;
  std::string fault_;
};

/// Peer names that a transport accepts (Traefik: peerCertSANs), checked after the chain.
struct PeerNames {
  std::vector<std::pair<bool, std::string>> accepted;  // is URI, value

  bool match(X509* certificate) const {
    auto* names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    bool found = false;
    for (std::size_t i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names) && !found; ++i) {
      found = match_one(*sk_GENERAL_NAME_value(names, i));
    }
    GENERAL_NAMES_free(names);
    return found;
  }

 private:
  bool match_one(const GENERAL_NAME& name) const {
    if (name.type != GEN_URI && name.type != GEN_DNS) return false;
    const ASN1_IA5STRING* text = name.type == GEN_URI ? name.d.uniformResourceIdentifier : name.d.dNSName;
    const std::string_view value(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                                 static_cast<std::size_t>(ASN1_STRING_length(text)));
    return std::any_of(accepted.begin(), accepted.end(),
                       [&](const auto& entry) { return entry.first == (name.type == GEN_URI) && entry.second == value; });
  }
};

class Context final : public ClientContext {
 public:
  static std::unique_ptr<ClientContext> make(const wire::Transport& transport, std::vector<std::string>& faults);

  std::unique_ptr<ClientSession> connect(std::string_view host) const override {
    SslPointer ssl(SSL_new(context_.get()));
    const std::string name(server_name_.empty() ? host : std::string_view(server_name_));
    if (ssl == nullptr || !expect_name(ssl.get(), name)) return nullptr;
    SSL_set_connect_state(ssl.get());
    return std::make_unique<Session>(std::move(ssl));
  }

 private:
  bool expect_name(SSL* ssl, const std::string& name) const {
    if (net::IpAddress::parse(name)) {
      return !verifies_ || X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str()) == 1;
    }
    if (SSL_set_tlsext_host_name(ssl, name.c_str()) != 1) return false;
    return !verifies_ || SSL_set1_host(ssl, name.c_str()) == 1;
  }
  bool trust(const wire::Transport& transport, std::string& fault);
  bool present(const wire::Certificate& certificate, std::string& fault);
  bool limit(const wire::Transport& transport);
  static int verify(X509_STORE_CTX* store, void* self);

  ContextPointer context_;
  std::string server_name_;
  PeerNames peer_names_;
  bool verifies_ = true;
};

bool Context::trust(const wire::Transport& transport, std::string& fault) {
  SSL_CTX* context = context_.get();
  verifies_ = !transport.insecure_skip_verify;
  for (const wire::PeerName& name : transport.peer_names) peer_names_.accepted.emplace_back(name.uri, name.value.view());
  if (transport.root_cas.empty()) {
    if (system_store() != nullptr && SSL_CTX_set1_verify_cert_store(context, system_store()) != 1) return false;
  } else {
    StorePointer store(X509_STORE_new());
    for (const wire::Text& pem : transport.root_cas) {
      for (const X509Pointer& authority : parse_certificates(pem, fault)) X509_STORE_add_cert(store.get(), authority.get());
      if (!fault.empty()) {
        fault = "rootCAs " + fault;
        return false;
      }
    }
    if (SSL_CTX_set1_verify_cert_store(context, store.get()) != 1) return false;
  }
  const bool checks_chain = verifies_ || !peer_names_.accepted.empty();
  SSL_CTX_set_verify(context, checks_chain ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (!peer_names_.accepted.empty()) SSL_CTX_set_cert_verify_callback(context, verify, this);
  return true;
}

int Context::verify(X509_STORE_CTX* store, void* self) {
  const auto& context = *static_cast<const Context*>(self);
  if (X509_verify_cert(store) != 1) return 0;
  if (context.peer_names_.match(X509_STORE_CTX_get0_cert(store))) return 1;
  X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
  return 0;
}

bool Context::present(const wire::Certificate& certificate, std::string& fault) {
  const std::unique_ptr<Identity> identity = Identity::load(certificate.chain, certificate.key, fault);
  if (identity == nullptr) {
    fault = "client certificate " + fault;
    return false;
  }
  if (SSL_CTX_use_certificate(context_.get(), identity->chain.front().get()) != 1) return false;
  for (std::size_t i = 1; i < identity->chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context_.get(), identity->chain[i].get()) != 1) return false;
  }
  return SSL_CTX_use_PrivateKey(context_.get(), identity->key.get()) == 1;
}

bool Context::limit(const wire::Transport& transport) {
  SSL_CTX* context = context_.get();
  const std::uint16_t lowest = transport.min_version == 0 ? TLS1_2_VERSION : transport.min_version;
  if (SSL_CTX_set_min_proto_version(context, lowest) != 1) return false;
  if (transport.max_version != 0 && SSL_CTX_set_max_proto_version(context, transport.max_version) != 1) return false;
  if (!transport.cipher_suites.empty() &&
      SSL_CTX_set_strict_cipher_list(context, std::string(transport.cipher_suites.view()).c_str()) != 1) {
    return false;
  }
  constexpr std::uint8_t kProtocols[] = "\x08http/1.1";
  return SSL_CTX_set_alpn_protos(context, kProtocols, sizeof(kProtocols) - 1) == 0;
}

std::unique_ptr<ClientContext> Context::make(const wire::Transport& transport, std::vector<std::string>& faults) {
  auto made = std::make_unique<Context>();
  made->context_.reset(SSL_CTX_new(TLS_client_method()));
  made->server_name_ = transport.server_name.view();
  std::string fault;
  bool ready = made->context_ != nullptr;
  if (ready) {
    SSL_CTX_set_mode(made->context_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    ready = made->limit(transport) && made->trust(transport, fault);
    for (const wire::Certificate& certificate : transport.certificates) ready = ready && made->present(certificate, fault);
  }
  if (ready) return made;
  const std::string error = take_error();
  faults.push_back("serversTransport \"" + std::string(transport.name.view()) + "\": " + (fault.empty() ? error : fault));
  return nullptr;
}

}  // namespace

std::unique_ptr<ClientContext> make_client_context(const wire::Transport& transport, std::vector<std::string>& faults) {
  return Context::make(transport, faults);
}

}  // namespace fairlead::tls
