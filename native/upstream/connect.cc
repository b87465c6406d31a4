#include "upstream/connect.h"

#include <errno.h>

#include <utility>

#include "net/socket.h"

namespace fairlead::upstream {
namespace {

using stats::Counter;

// As Go's default transport, which Traefik uses: not configurable there either.
constexpr Nanos kHandshakeTimeout = 10 * kSecond;

Error connect_failure(int error) {
  switch (error) {
    case EMFILE:
    case ENFILE:
      return {Reason::kOutOfDescriptors, Origin::kInternal, Retry::kNo};
    case ETIMEDOUT:
      return {Reason::kConnectTimeout, Origin::kUpstream, Retry::kYes};
    default:
      return {Reason::kConnectFailed, Origin::kUpstream, Retry::kYes};
  }
}

/// Waits for the outcome of a connect() that is under way.
loop::Task<Status> established(net::Stream& stream, Nanos deadline) {
  stream.descriptor().writable = false;
  const loop::Wake wake = co_await stream.writable(deadline);
  if (wake == loop::Wake::kTimeout) co_return connect_failure(ETIMEDOUT);
  const int error = net::connect_error(stream.descriptor().fd());
  if (error != 0) co_return connect_failure(error);
  co_return Unit{};
}

loop::Task<ConnectResult> connect_socket(const ConnectContext& context, int fd, bool pending, Nanos deadline) {
  ConnectResult result;
  if (fd < 0) {
    result.status = connect_failure(errno);
    co_return result;
  }
  result.connection = std::make_unique<Connection>(context.loop, context.scratch, fd);
  if (pending) result.status = co_await established(result.connection->stream, deadline);
  co_return result;
}

loop::Task<ConnectResult> connect_by_name(const ConnectContext& context, const wire::Server& server, Nanos deadline) {
  ConnectResult result;
  const Result<net::Addresses> addresses = co_await context.resolver.resolve(server.host, deadline);
  if (!addresses.ok()) {
    result.status = addresses.error();
    co_return result;
  }
  for (const net::IpAddress& address : *addresses) {
    bool pending = false;
    const int fd = net::connect_tcp({address, static_cast<std::uint16_t>(server.port)}, pending);
    result = co_await connect_socket(context, fd, pending, deadline);
    if (result.status.ok() || result.status.error().reason == Reason::kOutOfDescriptors) break;
  }
  co_return result;
}

loop::Task<Status> make_secure(net::Stream& stream, const wire::Server& server, const tls::ClientContext& tls,
                               Nanos deadline) {
  std::unique_ptr<net::SecureLayer> session = tls.connect(server.host);
  if (session == nullptr) co_return Error{Reason::kUpstreamTls, Origin::kUpstream, Retry::kYes};
  const net::IoResult done = co_await stream.handshake(std::move(session), deadline);
  if (done.ok()) co_return Unit{};
  const bool late = done.kind == net::IoResult::Kind::kTimeout;
  co_return Error{late ? Reason::kUpstreamTlsTimeout : Reason::kUpstreamTls, Origin::kUpstream, Retry::kYes};
}

}  // namespace

loop::Task<ConnectResult> connect(const ConnectContext& context, const wire::Server& server,
                                  const wire::Transport& transport, const tls::ClientContext* tls) {
  const Nanos deadline = transport.dial_timeout == 0 ? 0 : context.loop.now() + transport.dial_timeout;
  ConnectResult result;
  if (server.unix) {
    bool pending = false;
    const int fd = net::connect_unix(server.path, pending);
    result = co_await connect_socket(context, fd, pending, deadline);
  } else {
    result = co_await connect_by_name(context, server, deadline);
  }
  if (result.status.ok() && server.tls) {
    if (tls == nullptr) {
      result.status = Error{Reason::kUpstreamTls, Origin::kUpstream, Retry::kYes};
    } else {
      result.status =
          co_await make_secure(result.connection->stream, server, *tls, context.loop.now() + kHandshakeTimeout);
    }
  }
  context.counters.add(result.status.ok() ? Counter::kUpstreamConnects : Counter::kUpstreamConnectFailures);
  if (!result.status.ok()) result.connection.reset();
  co_return result;
}

}  // namespace fairlead::upstream
