#include "tls/server.h"

#include <algorithm>
#include <utility>

#include "tls/certificate_table.h"
#include "tls/server_options.h"
#include "tls/server_session.h"
#include "tls/ticket_keys.h"

namespace fairlead::tls {
namespace {

/// What all entry points of a snapshot share.
struct Material {
  CertificateTable certificates;
  /// By index of the snapshot, and one more: null are those for which handshakes are refused.
  std::vector<std::unique_ptr<const ServerOptions>> options;
};

std::shared_ptr<const Material> load_material(const wire::Snapshot& snapshot, const Material* previous,
                                              std::vector<std::string>& faults) {
  auto material = std::make_shared<Material>();
  material->certificates.load(snapshot, previous == nullptr ? nullptr : &previous->certificates, faults);
  for (const wire::TlsOptions& wire : snapshot.tls_options) {
    std::string fault;
    material->options.push_back(ServerOptions::compile(wire, fault));
    if (!fault.empty()) faults.push_back("TLS options \"" + std::string(wire.name.view()) + "\": " + fault);
  }
  material->options.push_back(nullptr);
  return material;
}

class Context final : public ServerContext, public HandshakeAuthority {
 public:
  Context(const wire::Snapshot& snapshot, std::shared_ptr<TicketKeys> keys)
      : snapshot_(snapshot), keys_(std::move(keys)) {}

  bool build(const wire::EntryPoint& entry_point, const Context* previous, std::vector<std::string>& faults);

  std::unique_ptr<ServerSession> accept(std::string_view local_address) const override {
    SslPointer ssl(SSL_new(base_.get()));
    if (ssl == nullptr) return nullptr;
    return std::make_unique<ServerConnection>(std::move(ssl), *this, local_address);
  }
  bool names_addresses() const override { return material_->certificates.names_addresses(); }
  ServerSelection select(std::string_view server_name, std::string_view local_address) const override;

 private:
  Choice choose(std::string_view server_name, std::string_view local_address) const override;
  TicketKeys& ticket_keys() const override { return *keys_; }
  void index_hosts(const wire::EntryPoint& entry_point);
  bool prepare_base();

  const wire::Snapshot& snapshot_;
  std::shared_ptr<TicketKeys> keys_;
  ContextPointer base_;
  std::shared_ptr<const Material> material_;
  NameTable hosts_;  // to indexes of Material::options
  std::uint32_t default_options_ = 0;
};

void Context::index_hosts(const wire::EntryPoint& entry_point) {
  const auto broken = static_cast<std::uint32_t>(material_->options.size() - 1);
  for (const wire::TlsHost& host : entry_point.tls_hosts) hosts_.add(host.host, std::min(host.options, broken));
  default_options_ = std::min(entry_point.default_tls_options, broken);
}

// Connections begin under the default options, which most keep: only other ones cost anything per connection.
bool Context::prepare_base() {
  base_.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* context = base_.get();
  if (context == nullptr || !ServerConnection::prepare(context)) return false;
  SSL_CTX_set_mode(context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 1);
  const ServerOptions* options = material_->options[default_options_].get();
  return options == nullptr || options->apply(context);
}

bool Context::build(const wire::EntryPoint& entry_point, const Context* previous, std::vector<std::string>& faults) {
  const bool is_sibling = previous != nullptr && &previous->snapshot_ == &snapshot_;
  const Material* before = previous == nullptr ? nullptr : previous->material_.get();
  material_ = is_sibling ? previous->material_ : load_material(snapshot_, before, faults);
  index_hosts(entry_point);
  if (prepare_base()) return true;
  faults.push_back("TLS of entry point \"" + std::string(entry_point.name.view()) +
                   "\" cannot be set up: " + take_error());
  return false;
}

ServerSelection Context::select(std::string_view server_name, std::string_view local_address) const {
  const CertificateTable& certificates = material_->certificates;
  const std::uint32_t host = hosts_.closest(server_name);
  const std::uint32_t index = host == wire::kNone ? default_options_ : host;
  const ServerOptions* options = material_->options[index].get();
  if (options == nullptr) return {wire::kNone, host != wire::kNone, wire::kNone, false};
  // Traefik: a client that names no host is served by the address it came to.
  const std::uint32_t own = certificates.find(server_name.empty() ? local_address : server_name);
  if (own != wire::kNone) return {index, host != wire::kNone, own, false};
  return {index, host != wire::kNone, options->sni_strict() ? wire::kNone : certificates.fallback(), true};
}

HandshakeAuthority::Choice Context::choose(std::string_view server_name, std::string_view local_address) const {
  const ServerSelection selected = select(server_name, local_address);
  if (selected.options == wire::kNone) return {.alert = SSL_AD_INTERNAL_ERROR};
  SSL_CTX* certificate = material_->certificates.at(selected.certificate);
  if (certificate == nullptr) return {.alert = SSL_AD_UNRECOGNIZED_NAME};
  const std::uint32_t index = selected.options;
  return {material_->options[index].get(), index, certificate, index == default_options_, 0};
}

}  // namespace

std::shared_ptr<TicketKeys> make_ticket_keys() { return std::make_shared<TicketKeys>(); }

std::unique_ptr<ServerContext> make_server_context(const wire::Snapshot& snapshot, const wire::EntryPoint& entry_point,
                                                   std::shared_ptr<TicketKeys> keys, const ServerContext* previous,
                                                   std::vector<std::string>& faults) {
  gather_entropy();
  auto context = std::make_unique<Context>(snapshot, std::move(keys));
  // Contexts are only made here.
  const auto* before = static_cast<const Context*>(previous);
  if (!context->build(entry_point, before, faults)) return nullptr;
  return context;
}

}  // namespace fairlead::tls
