#include "tls/client.h"

#include <openssl/x509v3.h>

#include <utility>

#include "net/address.h"
#include "tls/certificate.h"
#include "tls/session.h"
#include "tls/trust.h"

namespace fairlead::tls {
namespace {

class ClientConnection final : public EngineSession<ClientSession> {
 public:
  using EngineSession::EngineSession;

  Step handshake(net::CipherInput& input, ByteBuffer& output) override {
    const Step step = EngineSession::handshake(input, output);
    if (step == Step::kFailed) verdict_ = SSL_get_verify_result(engine_.ssl());
    return step;
  }
  void shed() override {}
  std::string_view fault() const override {
    if (verdict_ == X509_V_OK) return EngineSession::fault();
    if (verdict_ == X509_V_ERR_APPLICATION_VERIFICATION) return "certificate has none of the accepted names";
    return X509_verify_cert_error_string(verdict_);
  }

 private:
  long verdict_ = X509_V_OK;
};

class Context final : public ClientContext {
 public:
  explicit Context(const wire::Transport& transport)
      : context_(SSL_CTX_new(TLS_client_method())),
        server_name_(transport.server_name.view()),
        peer_names_(transport.peer_names),
        verifies_name_(!transport.insecure_skip_verify) {}

  bool build(const wire::Transport& transport, std::string& fault);
  std::unique_ptr<ClientSession> connect(std::string_view host, std::string_view protocol) const override;

 private:
  bool trust(const wire::Transport& transport, std::string& fault);
  bool limit(const wire::Transport& transport, std::string& fault);
  bool expect(SSL* ssl, const std::string& name) const;
  static int verify(X509_STORE_CTX* store, void* self);

  ContextPointer context_;
  std::string server_name_;
  PeerNames peer_names_;
  bool verifies_name_;
};

bool ask_for(SSL* ssl, std::string_view protocol) {
  if (protocol.empty()) return true;
  const std::string list = static_cast<char>(protocol.size()) + std::string(protocol);
  return SSL_set_alpn_protos(ssl, reinterpret_cast<const std::uint8_t*>(list.data()),
                             static_cast<unsigned>(list.size())) == 0;
}

std::unique_ptr<ClientSession> Context::connect(std::string_view host, std::string_view protocol) const {
  std::string name(server_name_.empty() ? host : std::string_view(server_name_));
  if (name.ends_with('.')) name.pop_back();
  SslPointer ssl(SSL_new(context_.get()));
  const bool ready = ssl != nullptr && expect(ssl.get(), name) && ask_for(ssl.get(), protocol);
  ERR_clear_error();
  if (!ready) return nullptr;
  SSL_set_connect_state(ssl.get());
  shed_after_handshake(ssl.get());
  return std::make_unique<ClientConnection>(std::move(ssl));
}

bool Context::expect(SSL* ssl, const std::string& name) const {
  X509_VERIFY_PARAM* parameters = SSL_get0_param(ssl);
  // As Go: the common name counts for nothing, and `*` is a whole label.
  X509_VERIFY_PARAM_set_hostflags(parameters,
                                  X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (name.empty()) return !verifies_name_;
  if (net::IpAddress::parse(name)) {
    return !verifies_name_ || X509_VERIFY_PARAM_set1_ip_asc(parameters, name.c_str()) == 1;
  }
  if (SSL_set_tlsext_host_name(ssl, name.c_str()) != 1) return false;
  return !verifies_name_ || X509_VERIFY_PARAM_set1_host(parameters, name.data(), name.size()) == 1;
}

// Traefik verifies the chain when peer names are given, even with insecureSkipVerify, which then drops the host name only.
bool Context::trust(const wire::Transport& transport, std::string& fault) {
  SSL_CTX* context = context_.get();
  const bool verifies = verifies_name_ || !peer_names_.empty();
  SSL_CTX_set_verify(context, verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (!verifies) return true;
  // As Go: whatever is listed is trusted by itself, not only self-signed certificates.
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
  SSL_CTX_set_cert_verify_callback(context, verify, this);
  if (transport.root_cas.empty()) return SSL_CTX_set1_verify_cert_store(context, system_authorities()) == 1;
  const StorePointer store = load_authorities(transport.root_cas, fault);
  if (store == nullptr) fault.insert(0, "rootCAs: ");
  return store != nullptr && SSL_CTX_set1_verify_cert_store(context, store.get()) == 1;
}

int Context::verify(X509_STORE_CTX* store, void* self) {
  const auto& context = *static_cast<const Context*>(self);
  if (X509_verify_cert(store) != 1) return 0;
  if (context.peer_names_.empty() || context.peer_names_.match(X509_STORE_CTX_get0_cert(store))) return 1;
  X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

bool Context::limit(const wire::Transport& transport, std::string& fault) {
  SSL_CTX* context = context_.get();
  const std::uint16_t lowest = transport.min_version == 0 ? TLS1_2_VERSION : transport.min_version;
  const std::uint16_t highest = transport.max_version == 0 ? TLS1_3_VERSION : transport.max_version;
  allow_version(context, lowest);
  if (lowest > highest) {
    fault = "minVersion is above maxVersion";
    return false;
  }
  const std::string ciphers(transport.cipher_suites.view());
  if (!ciphers.empty() && SSL_CTX_set_cipher_list(context, ciphers.c_str()) != 1) {
    fault = "cipherSuites lists none that the TLS library has: " + ciphers;
    return false;
  }
  constexpr unsigned char kProtocols[] = "\x08http/1.1";
  return SSL_CTX_set_min_proto_version(context, lowest) == 1 && SSL_CTX_set_max_proto_version(context, highest) == 1 &&
         SSL_CTX_set_alpn_protos(context, kProtocols, sizeof(kProtocols) - 1) == 0;
}

bool Context::build(const wire::Transport& transport, std::string& fault) {
  SSL_CTX* context = context_.get();
  if (context == nullptr) return false;
  SSL_CTX_set_mode(context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  if (!limit(transport, fault) || !trust(transport, fault)) return false;
  // Backwards, because of two with the same kind of key the first is to stay.
  for (std::size_t i = transport.certificates.size(); i-- > 0;) {
    const wire::Certificate& certificate = transport.certificates[i];
    if (present_certificate(context, certificate.chain, certificate.key, fault)) continue;
    fault.insert(0, "certificates: ");
    return false;
  }
  return true;
}

}  // namespace

std::unique_ptr<ClientContext> make_client_context(const wire::Transport& transport, std::vector<std::string>& faults) {
  gather_entropy();
  std::string fault;
  auto context = std::make_unique<Context>(transport);
  if (context->build(transport, fault)) return context;
  const std::string error = take_error();
  faults.push_back("serversTransport \"" + std::string(transport.name.view()) +
                   "\": " + (fault.empty() ? error : fault));
  return nullptr;
}

}  // namespace fairlead::tls
