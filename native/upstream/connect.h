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

/// Either a connection that is ready for a request, or why there is none.
struct ConnectResult {
  Status status = Unit{};
  std::unique_ptr<Connection> connection;
  /// Why a TLS handshake failed ("certificate has expired"), for the log; else empty. Static text.
  std::string_view fault;
};

/// Resolves, connects (each address in turn within the transport's dial timeout) and, when `tls` is not null, makes the
/// handshake (10 s). Nothing of a request has been sent when it fails.
loop::Task<ConnectResult> connect(const ConnectContext& context, const wire::Server& server,
                                  const wire::Transport& transport, const tls::ClientContext* tls);

}  // namespace fairlead::upstream
