// One connection from a client.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "tls/server.h"
#include "tls/server_options.h"
#include "tls/session.h"

namespace fairlead::tls {

/// Decides about connections while they shake hands.
class HandshakeAuthority {
 public:
  /// What a connection gets. Without options it is refused with `alert`.
  struct Choice {
    const ServerOptions* options = nullptr;
    std::uint32_t index = 0;
    SSL_CTX* certificate = nullptr;
    /// The context was made for these options already.
    bool is_default = false;
    int alert = 0;
  };
  virtual ~HandshakeAuthority() = default;
  /// `server_name` is empty when the client sent none, `local_address` when it is not known.
  virtual Choice choose(std::string_view server_name, std::string_view local_address) const = 0;
  virtual TicketKeys& ticket_keys() const = 0;
};

/// Asks its authority during the handshake only; shed() forgets it.
class ServerConnection final : public EngineSession<ServerSession> {
 public:
  ServerConnection(SslPointer ssl, const HandshakeAuthority& authority, std::string_view local_address);

  /// Installs the callbacks that serve the connections of `context`. False when memory has run out.
  static bool prepare(SSL_CTX* context);
  /// Installs the part of them that is asked of the context that presents the certificate.
  static void prepare_certificate(SSL_CTX* context);

  /// In TLS 1.3 the client is done before we are: all that is left for it are tickets.
  bool last_flight_waits() const override { return SSL_version(engine_.ssl()) == TLS1_3_VERSION; }
  void shed() override;

  std::string_view server_name() const override { return server_name_; }
  std::string_view version() const override;
  std::string_view cipher() const override;
  std::string_view protocol() const override;
  std::uint32_t options() const override { return index_; }
  bool resumed() const override { return SSL_session_reused(engine_.ssl()) == 1; }

 private:
  static bool on_hello(SSL* ssl, std::span<const std::uint8_t> server_name);
  static int on_ticket(SSL* ssl, std::uint8_t* name, std::uint8_t* iv, EVP_CIPHER_CTX* cipher, TicketMac* mac,
                       int encrypt);
  static int on_server_name(SSL* ssl, int* alert, void* unused);
  static int on_protocols(SSL* ssl, const std::uint8_t** chosen, std::uint8_t* size, const std::uint8_t* offered,
                          unsigned offered_size, void* unused);
  bool follow(const HandshakeAuthority::Choice& choice);

  const HandshakeAuthority* authority_;    // null after shed()
  const ServerOptions* chosen_ = nullptr;  // as long as authority_
  std::string server_name_;                // the local address until the ClientHello is there
  std::uint32_t index_ = 0;
  int alert_ = 0;
};

}  // namespace fairlead::tls
