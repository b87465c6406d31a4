// TLS towards servers, with verification.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/secure_layer.h"
#include "snapshot/generated/records.gen.h"

namespace fairlead::tls {

/// A connection to a server.
class ClientSession : public net::SecureLayer {
 public:
  /// Why the handshake failed, for the log; empty when it has not.
  virtual std::string_view fault() const = 0;
};

/// What one servers transport says about TLS, compiled. Immutable, shared by all workers; outlives its sessions only
/// through the plan that holds it.
class ClientContext {
 public:
  virtual ~ClientContext() = default;
  /// `host`: the name or address of the server; sent as SNI (names only) and verified unless the transport has a
  /// serverName or says insecureSkipVerify.
  virtual std::unique_ptr<ClientSession> connect(std::string_view host) const = 0;
};

/// Null with a fault when the transport's material does not load.
std::unique_ptr<ClientContext> make_client_context(const wire::Transport& transport, std::vector<std::string>& faults);

}  // namespace fairlead::tls
