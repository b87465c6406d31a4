#include "tls/server_session.h"

#include "tls/server_name.h"
#include "tls/ticket_keys.h"

namespace fairlead::tls {

ServerConnection::ServerConnection(SslPointer ssl, const HandshakeAuthority& authority, std::string_view local_address)
    : EngineSession(std::move(ssl), this), authority_(&authority), server_name_(local_address) {
  SSL_set_accept_state(engine_.ssl());
  shed_after_handshake(engine_.ssl());
}

bool ServerConnection::prepare(SSL_CTX* context) {
  watch_hello<on_hello>(context);
  prepare_certificate(context);
  return SSL_CTX_set_tlsext_servername_callback(context, on_server_name) == 1 &&
         set_ticket_callback(context, on_ticket);
}

void ServerConnection::prepare_certificate(SSL_CTX* context) {
  SSL_CTX_set_alpn_select_cb(context, on_protocols, nullptr);
}

void ServerConnection::shed() {
  authority_ = nullptr;
  chosen_ = nullptr;
}

bool ServerConnection::on_hello(SSL* ssl, std::span<const std::uint8_t> server_name) {
  auto* session = static_cast<ServerConnection*>(Engine::owner_of(ssl));
  if (session->authority_ == nullptr) return false;
  // After a HelloRetryRequest the client says the same again, which OpenSSL tells us again.
  if (session->chosen_ != nullptr) return true;
  const std::string local_address = std::exchange(session->server_name_, parse_server_name(server_name));
  return session->follow(session->authority_->choose(session->server_name_, local_address));
}

bool ServerConnection::follow(const HandshakeAuthority::Choice& choice) {
  alert_ = choice.alert;
  chosen_ = choice.options;
  index_ = choice.index;
  // The alert can only be chosen a moment later, in on_server_name.
  if (chosen_ == nullptr) return true;
  SSL* ssl = engine_.ssl();
  return SSL_set_SSL_CTX(ssl, choice.certificate) != nullptr && (choice.is_default || chosen_->apply(ssl)) &&
         chosen_->bind_tickets(ssl);
}

int ServerConnection::on_ticket(SSL* ssl, std::uint8_t* name, std::uint8_t* iv, EVP_CIPHER_CTX* cipher, TicketMac* mac,
                                int encrypt) {
  const auto* session = static_cast<const ServerConnection*>(Engine::owner_of(ssl));
  if (session->authority_ == nullptr) return -1;
  const int result = session->authority_->ticket_keys().prepare(name, iv, cipher, mac, encrypt == 1);
  // In TLS 1.3 no ticket is used twice (RFC 8446 appendix C.4), so each resumption brings a new one.
  return encrypt == 0 && result == 1 && SSL_version(ssl) == TLS1_3_VERSION ? 2 : result;
}

int ServerConnection::on_server_name(SSL* ssl, int* alert, void*) {
  const auto* session = static_cast<const ServerConnection*>(Engine::owner_of(ssl));
  if (session->chosen_ != nullptr) return SSL_TLSEXT_ERR_OK;
  *alert = session->alert_;
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

int ServerConnection::on_protocols(SSL* ssl, const std::uint8_t** chosen, std::uint8_t* size,
                                   const std::uint8_t* offered, unsigned offered_size, void*) {
  const auto* session = static_cast<const ServerConnection*>(Engine::owner_of(ssl));
  if (session->chosen_ == nullptr) return SSL_TLSEXT_ERR_ALERT_FATAL;
  std::string_view protocol;
  switch (session->chosen_->choose({offered, offered_size}, protocol)) {
    case ServerOptions::Protocol::kChosen:
      *chosen = reinterpret_cast<const std::uint8_t*>(protocol.data());
      *size = static_cast<std::uint8_t>(protocol.size());
      return SSL_TLSEXT_ERR_OK;
    case ServerOptions::Protocol::kNone:
      return SSL_TLSEXT_ERR_NOACK;
    case ServerOptions::Protocol::kRefused:
      break;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

std::string_view ServerConnection::version() const {
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

std::string_view ServerConnection::cipher() const {
  const SSL_CIPHER* cipher = SSL_get_current_cipher(engine_.ssl());
  const char* name = cipher == nullptr ? nullptr : SSL_CIPHER_standard_name(cipher);
  return name == nullptr ? "" : name;
}

std::string_view ServerConnection::protocol() const {
  const std::uint8_t* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(engine_.ssl(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

}  // namespace fairlead::tls
