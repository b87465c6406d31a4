// TLS towards servers, with verification.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/secure_layer.h"
#include "snapshot/generated/records.gen.h"

namespace fairlead::tls {

/// A connection to a server. After shed() it does not touch the context that made it, which may be gone.
class ClientSession : public net::SecureLayer {
 public:
  /// Why the handshake or a record failed, for the log ("certificate has expired"); empty when nothing has. Static text.
  virtual std::string_view fault() const = 0;
};

/// What one servers transport says about TLS, compiled. Immutable, shared by all workers. Outlives the handshakes of its
/// sessions, which the plan that holds it sees to; not the sessions.
class ClientContext {
 public:
  virtual ~ClientContext() = default;
  /// `host`: the name or address of the server; sent as SNI (names only) and verified unless the transport has a
  /// serverName or says insecureSkipVerify. Null when there is no name to verify, or memory has run out.
  /// `protocol` is what is asked for by ALPN; HTTP/1.1 when empty.
  virtual std::unique_ptr<ClientSession> connect(std::string_view host, std::string_view protocol = {}) const = 0;
};

/// Null with a fault when the transport's material does not load. Refers to nothing in `transport` afterwards.
std::unique_ptr<ClientContext> make_client_context(const wire::Transport& transport, std::vector<std::string>& faults);

}  // namespace fairlead::tls
