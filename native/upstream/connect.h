// Making a connection to a server: name, socket, TLS, each within its deadline.
#pragma once

#include <memory>
#include <string_view>

#include "base/error.h"
#include "loop/task.h"
#include "net/resolver.h"
#include "net/stream.h"
#include "snapshot/generated/records.gen.h"
#include "stats/counters.h"
#include "tls/client.h"
#include "upstream/pool.h"

namespace fairlead::upstream {

/// What connecting needs of its worker.
struct ConnectContext {
  loop::Loop& loop;
  net::StreamScratch& scratch;
  net::Resolver& resolver;
  stats::Counters& counters;
};

/// Where a connection leads. The texts outlive the connecting.
struct Destination {
  Destination() = default;
  Destination(const wire::Server& server)
      : host(server.host),
        path(server.path),
        port(static_cast<std::uint16_t>(server.port)),
        tls(server.tls),
        unix(server.unix) {}
  /// An address, by its name or its number, over TCP.
  Destination(std::string_view host, std::uint16_t port, bool tls) : host(host), port(port), tls(tls) {}

  std::string_view host;
  /// What TLS asks for instead of HTTP/1.1; empty: that.
  std::string_view protocol = {};
  /// Of the socket when `unix`.
  std::string_view path;
  std::uint16_t port = 0;
  bool tls = false;
  bool unix = false;
};

/// Either a connection that is ready for a request, or why there is none.
struct ConnectResult {
  Status status = Unit{};
  std::unique_ptr<Connection> connection;
  /// Why a TLS handshake failed ("certificate has expired"), for the log; else empty. Static text.
  std::string_view fault;
};

/// When connecting is given up, monotonic; 0 = never.
struct ConnectDeadlines {
  /// Name and all its addresses.
  Nanos dial = 0;
  /// The handshake as well.
  Nanos all = 0;
};

/// Resolves, connects (each address in turn until `by.dial`) and, when the server wants TLS, makes the handshake (10 s; a
/// null `tls` fails). Nothing of a request has been sent when it fails.
loop::Task<ConnectResult> connect(ConnectContext context, Destination to, const tls::ClientContext* tls,
                                  ConnectDeadlines by);

/// The same within the dial timeout of the transport.
loop::Task<ConnectResult> connect(const ConnectContext& context, const Destination& to,
                                  const wire::Transport& transport, const tls::ClientContext* tls);

}  // namespace fairlead::upstream
