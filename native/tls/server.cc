#include "tls/server.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "tls/certificate.h"
#include "tls/server_name.h"
#include "tls/session.h"
#include "tls/ticket_keys.h"

namespace fairlead::tls {
namespace {

/// What we can speak behind TLS; options may list more.
constexpr std::string_view kSpoken[] = {"http/1.1"};

// Traefik's default order: hybrid post-quantum key exchange first.
constexpr const char* kDefaultGroups = "X25519MLKEM768:X25519:P-256:P-384:P-521";

/// One set of TLS options, as far as it is compiled.
struct Options {
  const wire::TlsOptions* wire;
  /// Protocols in our order of preference.
  std::vector<std::string> protocols;
};

class Context;

class Session final : public ServerSession {
 public:
  Session(SslPointer ssl, const Context& context) : engine_(std::move(ssl)), context_(&context) {
    SSL_set_app_data(engine_.ssl(), this);
  }

  Step handshake(net::CipherInput& input, ByteBuffer& output) override { return engine_.handshake(input, output); }
  Step read(net::CipherInput& input, ByteBuffer& output, std::span<char> plain, std::size_t& count) override {
    return engine_.read(input, output, plain, count);
  }
  Step write(net::CipherInput& input, ByteBuffer& output, std::string_view plain) override {
    return engine_.write(input, output, plain);
  }
  void shutdown(ByteBuffer& output) override { engine_.shutdown(output); }
  bool has_pending() const override { return engine_.has_pending(); }
  void shed() override {
    context_ = nullptr;
    SSL_set_app_data(engine_.ssl(), nullptr);
  }

  std::string_view server_name() const override { return server_name_; }
  std::string_view version() const override {
    switch (SSL_version(engine_.ssl())) {
      case TLS1_VERSION:
        return "1.0";
      case TLS1_1_VERSION:
        return "1.1";
      case TLS1_2_VERSION:
        return "1.2";
      default:
        return "1.3";
    }
  }
  std::string_view cipher() const override {
    const char* name = SSL_CIPHER_standard_name(SSL_get_current_cipher(engine_.ssl()));
    return name == nullptr ? "" : name;
  }
  std::string_view protocol() const override {
    const std::uint8_t* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(engine_.ssl(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }
  std::uint32_t options() const override { return options_; }
  bool resumed() const override { return SSL_session_reused(engine_.ssl()) == 1; }

 private:
  friend class Context;
  Engine engine_;
  const Context* context_;
  std::string server_name_;
  std::uint32_t options_ = 0;
};

/// Names to positions in a list, exact and by one-label wildcard; the first to claim a name keeps it.
class NameTable {
 public:
  void add(std::string_view name, std::uint32_t position) {
    if (name.starts_with("*.")) {
      wildcard_.try_emplace(name.substr(1), position);
    } else {
      exact_.try_emplace(name, position);
    }
  }
  /// The smallest position among the matches, or kNone: lists are in order of preference.
  std::uint32_t best(std::string_view name) const { return std::min(find(exact_, name), find_wildcard(name)); }
  /// The exact match if there is one.
  std::uint32_t exact_first(std::string_view name) const {
    const std::uint32_t exact = find(exact_, name);
    return exact != wire::kNone ? exact : find_wildcard(name);
  }

 private:
  using Table = std::unordered_map<std::string_view, std::uint32_t>;
  static std::uint32_t find(const Table& table, std::string_view name) {
    const auto found = table.find(name);
    return found == table.end() ? wire::kNone : found->second;
  }
  std::uint32_t find_wildcard(std::string_view name) const {
    const std::size_t dot = name.find('.');
    return dot == std::string_view::npos || dot == 0 ? wire::kNone : find(wildcard_, name.substr(dot));
  }
  Table exact_;
  Table wildcard_;
};

class Context final : public ServerContext {
 public:
  static std::unique_ptr<ServerContext> make(const wire::Snapshot& snapshot, const wire::EntryPoint& entry_point,
                                             std::shared_ptr<TicketKeys> keys, const Context* previous,
                                             std::vector<std::string>& faults);

  std::unique_ptr<ServerSession> accept() const override {
    SslPointer ssl(SSL_new(base_.get()));
    if (ssl == nullptr) return nullptr;
    SSL_set_accept_state(ssl.get());
    SSL_set_shed_handshake_config(ssl.get(), 1);
    return std::make_unique<Session>(std::move(ssl), *this);
  }

 private:
  struct Certificate {
    std::uint64_t identity;
    std::shared_ptr<const Identity> loaded;  // shared with the context of the next generation
  };

  bool prepare_base();
  void load_certificates(const wire::Snapshot& snapshot, const Context* previous, std::vector<std::string>& faults);
  void load_options(const wire::Snapshot& snapshot);
  static ssl_select_cert_result_t on_hello(const SSL_CLIENT_HELLO* hello);
  static int on_protocols(SSL* ssl, const std::uint8_t** out, std::uint8_t* out_size, const std::uint8_t* offered,
                          unsigned offered_size, void* argument);
  bool configure(SSL* ssl, Session& session) const;
  bool apply_options(SSL* ssl, const wire::TlsOptions& options) const;
  const Identity* certificate_for(std::string_view name, bool strict) const;

  ContextPointer base_;
  std::shared_ptr<TicketKeys> keys_;
  std::vector<Certificate> certificates_;
  std::vector<Options> options_;
  NameTable certificate_names_;
  NameTable option_names_;
  std::vector<std::uint32_t> option_index_;  // of tlsHosts
  std::uint32_t default_options_ = 0;
  std::uint32_t default_certificate_ = 0;
};

bool Context::prepare_base() {
  base_.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* context = base_.get();
  if (context == nullptr || !keys_->install(context)) return false;
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_select_certificate_cb(context, on_hello);
  SSL_CTX_set_alpn_select_cb(context, on_protocols, nullptr);
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set1_groups_list(context, kDefaultGroups) == 1;
}

void Context::load_certificates(const wire::Snapshot& snapshot, const Context* previous,
                                std::vector<std::string>& faults) {
  std::unordered_map<std::uint64_t, std::shared_ptr<const Identity>> known;
  if (previous != nullptr) {
    for (const Certificate& certificate : previous->certificates_) known.emplace(certificate.identity, certificate.loaded);
  }
  for (std::uint32_t i = 0; i < snapshot.certificates.size(); ++i) {
    const wire::Certificate& wire = snapshot.certificates[i];
    std::shared_ptr<const Identity> loaded = known[wire.identity];
    if (loaded == nullptr) {
      std::string fault;
      loaded = Identity::load(wire.chain, wire.key, fault);
      if (loaded == nullptr) faults.push_back("certificate " + first_name(wire) + " " + fault);
    }
    if (loaded != nullptr) {
      for (const wire::Text& name : wire.names) certificate_names_.add(name, i);
    }
    certificates_.push_back({wire.identity, std::move(loaded)});
  }
}

void Context::load_options(const wire::Snapshot& snapshot) {
  for (const wire::TlsOptions& wire : snapshot.tls_options) {
    Options& options = options_.emplace_back(Options{&wire, {}});
    for (const wire::Text& protocol : wire.alpn) {
      if (std::find(std::begin(kSpoken), std::end(kSpoken), protocol.view()) != std::end(kSpoken)) {
        options.protocols.emplace_back(protocol.view());
      }
    }
  }
}

std::unique_ptr<ServerContext> Context::make(const wire::Snapshot& snapshot, const wire::EntryPoint& entry_point,
                                             std::shared_ptr<TicketKeys> keys, const Context* previous,
                                             std::vector<std::string>& faults) {
  auto context = std::make_unique<Context>();
  context->keys_ = std::move(keys);
  if (!context->prepare_base() || snapshot.tls_options.empty()) {
    faults.push_back("TLS of entry point \"" + std::string(entry_point.name.view()) + "\" cannot be set up: " + take_error());
    return nullptr;
  }
  context->load_certificates(snapshot, previous, faults);
  context->load_options(snapshot);
  context->default_certificate_ = snapshot.default_certificate;
  context->default_options_ = entry_point.default_tls_options < snapshot.tls_options.size() ? entry_point.default_tls_options : 0;
  for (const wire::TlsHost& host : entry_point.tls_hosts) {
    if (host.options < snapshot.tls_options.size()) context->option_names_.add(host.host, host.options);
  }
  return context;
}

const Identity* Context::certificate_for(std::string_view name, bool strict) const {
  std::uint32_t index = name.empty() ? wire::kNone : certificate_names_.best(name);
  if (index == wire::kNone && !strict) index = default_certificate_;
  return index < certificates_.size() ? certificates_[index].loaded.get() : nullptr;
}

bool Context::apply_options(SSL* ssl, const wire::TlsOptions& options) const {
  if (options.min_version != 0 && SSL_set_min_proto_version(ssl, options.min_version) != 1) return false;
  if (options.max_version != 0 && SSL_set_max_proto_version(ssl, options.max_version) != 1) return false;
  if (!options.cipher_suites.empty() &&
      SSL_set_strict_cipher_list(ssl, std::string(options.cipher_suites.view()).c_str()) != 1) {
    return false;
  }
  if (!options.curves.empty() && SSL_set1_groups_list(ssl, std::string(options.curves.view()).c_str()) != 1) return false;
  if (options.disable_session_tickets) SSL_set_options(ssl, SSL_OP_NO_TICKET);
  // A ticket is only good under the options it was made under (CVE-2025-23419): another client certificate policy, say.
  const std::uint64_t identity = options.identity;
  return SSL_set_session_id_context(ssl, reinterpret_cast<const std::uint8_t*>(&identity), sizeof(identity)) == 1;
}

bool Context::configure(SSL* ssl, Session& session) const {
  const std::uint32_t by_name = option_names_.exact_first(session.server_name_);
  session.options_ = by_name == wire::kNone ? default_options_ : by_name;
  const wire::TlsOptions& options = *options_[session.options_].wire;
  const Identity* identity = certificate_for(session.server_name_, options.sni_strict);
  if (identity == nullptr || !apply_options(ssl, options)) return false;
  if (SSL_use_certificate(ssl, identity->chain.front().get()) != 1) return false;
  for (std::size_t i = 1; i < identity->chain.size(); ++i) {
    if (SSL_add1_chain_cert(ssl, identity->chain[i].get()) != 1) return false;
  }
  return SSL_use_PrivateKey(ssl, identity->key.get()) == 1;
}

ssl_select_cert_result_t Context::on_hello(const SSL_CLIENT_HELLO* hello) {
  auto* session = static_cast<Session*>(SSL_get_app_data(hello->ssl));
  if (session == nullptr || session->context_ == nullptr) return ssl_select_cert_error;
  session->server_name_ = server_name_of(hello);
  return session->context_->configure(hello->ssl, *session) ? ssl_select_cert_success : ssl_select_cert_error;
}

int Context::on_protocols(SSL* ssl, const std::uint8_t** out, std::uint8_t* out_size, const std::uint8_t* offered,
                          unsigned offered_size, void*) {
  const auto* session = static_cast<const Session*>(SSL_get_app_data(ssl));
  if (session == nullptr || session->context_ == nullptr) return SSL_TLSEXT_ERR_ALERT_FATAL;
  const std::vector<std::string>& ours = session->context_->options_[session->options_].protocols;
  if (ours.empty()) return SSL_TLSEXT_ERR_NOACK;
  for (const std::string& protocol : ours) {
    for (unsigned at = 0; at < offered_size; at += 1U + offered[at]) {
      if (offered[at] != protocol.size() || at + 1U + offered[at] > offered_size) continue;
      if (!std::equal(protocol.begin(), protocol.end(), offered + at + 1)) continue;
      *out = offered + at + 1;
      *out_size = offered[at];
      return SSL_TLSEXT_ERR_OK;
    }
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

std::unique_ptr<ServerContext> make_server_context(const wire::Snapshot& snapshot, const wire::EntryPoint& entry_point,
                                                   std::shared_ptr<TicketKeys> keys, const ServerContext* previous,
                                                   std::vector<std::string>& faults) {
  return Context::make(snapshot, entry_point, std::move(keys), static_cast<const Context*>(previous), faults);
}

}  // namespace fairlead::tls
