// TLS towards clients: which certificate and which options a server name gets.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/secure_layer.h"
#include "snapshot/generated/records.gen.h"

namespace fairlead::tls {

/// Session ticket keys of the process, rotated; shared by all workers and generations. Thread-safe.
class TicketKeys;
std::shared_ptr<TicketKeys> make_ticket_keys();

/// A connection from a client. Valid after the handshake: the facts below. After shed() it does not touch the context
/// that made it, which may be gone.
class ServerSession : public net::SecureLayer {
 public:
  /// Lower case, without trailing dot; empty when the client sent none.
  virtual std::string_view server_name() const = 0;
  /// "1.3", "1.2", ...
  virtual std::string_view version() const = 0;
  /// IANA name.
  virtual std::string_view cipher() const = 0;
  /// Chosen protocol, empty when none was negotiated.
  virtual std::string_view protocol() const = 0;
  /// Index into the snapshot's tlsOptions that the server name selected.
  virtual std::uint32_t options() const = 0;
  virtual bool resumed() const = 0;
  /// Why the handshake or a record failed, for the log; empty when nothing has. Static text.
  virtual std::string_view fault() const = 0;
};

/// What a server name selects.
struct ServerSelection {
  /// Index into the snapshot's tlsOptions, or wire::kNone when they are broken: the handshake is refused.
  std::uint32_t options = 0;
  /// Some router asked for these options; they are not merely the default ones.
  bool by_host = false;
  /// Index into the snapshot's certificates, or wire::kNone: the handshake is refused.
  std::uint32_t certificate = 0;
  /// No certificate is for this name: it is the one for every other name.
  bool is_fallback = false;
};

/// The certificates and options of one entry point, compiled. Immutable after build, shared by all workers. Outlives the
/// handshakes of its sessions, which the plan that holds it sees to; not the sessions.
class ServerContext {
 public:
  virtual ~ServerContext() = default;
  /// `local_address`: the address the client came to, as text, which stands in for the name when it sends none (as in
  /// Traefik). Only asked for when names_addresses(). Null when memory has run out.
  virtual std::unique_ptr<ServerSession> accept(std::string_view local_address = {}) const = 0;
  /// Whether some certificate is for an IP address.
  virtual bool names_addresses() const = 0;
  /// What a handshake for `server_name` is given; the name is as parse_server_name() makes it.
  virtual ServerSelection select(std::string_view server_name, std::string_view local_address = {}) const = 0;
};

/// Builds the context of `entry_point`; `snapshot` must outlive it. Faults are sentences for the operator that begin with
/// the object they are about; a certificate that does not load is left out with a fault, and handshakes that need options
/// that the library cannot do are refused. `previous` (may be null) is the context to share with: one of the same
/// snapshot, with which everything is shared, or of the one before, so that an unrelated reload does not parse every
/// certificate again. Null when the library cannot be set up at all.
std::unique_ptr<ServerContext> make_server_context(const wire::Snapshot& snapshot, const wire::EntryPoint& entry_point,
                                                   std::shared_ptr<TicketKeys> keys, const ServerContext* previous,
                                                   std::vector<std::string>& faults);

}  // namespace fairlead::tls
