#include "upstream/connect.h"

#include <errno.h>

#include <algorithm>
#include <utility>

#include "net/socket.h"

namespace fairlead::upstream {
namespace {

using stats::Counter;

// As Go's default transport, which Traefik uses: not configurable there either.
constexpr Nanos kHandshakeTimeout = 10 * kSecond;
// As Go's dialer: what each address of a name is granted at least, of the time for all of them.
constexpr Nanos kAddressTime = 2 * kSecond;

/// The deadline of the next of `left` addresses: an address that answers nothing must not use up the time of the others.
Nanos share_of(Nanos now, Nanos deadline, std::size_t left) {
  if (deadline == 0) return 0;
  const Nanos remaining = deadline > now ? deadline - now : 0;
  return std::min(deadline, now + std::max(kAddressTime, remaining / left));
}

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
  if (wake == loop::Wake::kHangup) co_return connect_failure(ENFILE);  // the loop has no room for it
  const int error = net::connect_error(stream.descriptor().fd());
  if (error != 0) co_return connect_failure(error);
  co_return Unit{};
}

/// A connect() that has been started; `error` is what it failed with at once.
struct Started {
  int fd = -1;
  int error = 0;
  bool pending = false;
};

Started start(const net::Endpoint& endpoint) {
  Started started;
  started.fd = net::connect_tcp(endpoint, started.pending);
  started.error = errno;
  return started;
}

Started start(std::string_view path) {
  Started started;
  started.fd = net::connect_unix(path, started.pending);
  started.error = errno;
  return started;
}

loop::Task<ConnectResult> finish(const ConnectContext& context, Started started, Nanos deadline) {
  ConnectResult result;
  if (started.fd < 0) {
    result.status = connect_failure(started.error);
    co_return result;
  }
  result.connection = std::make_unique<Connection>(context.loop, context.scratch, started.fd);
  if (started.pending) result.status = co_await established(result.connection->stream, deadline);
  co_return result;
}

loop::Task<ConnectResult> connect_by_name(const ConnectContext& context, Destination to, Nanos deadline) {
  ConnectResult result;
  const Result<net::Addresses> addresses = co_await context.resolver.resolve(to.host, deadline);
  if (!addresses.ok()) {
    result.status = addresses.error();
    co_return result;
  }
  std::size_t left = addresses->size();
  for (const net::IpAddress& address : *addresses) {
    const Nanos by = share_of(context.loop.now(), deadline, left--);
    const Started started = start(net::Endpoint{address, to.port});
    result = co_await finish(context, started, by);
    if (result.status.ok() || result.status.error().reason == Reason::kOutOfDescriptors) break;
    if (deadline != 0 && context.loop.now() >= deadline) break;
  }
  co_return result;
}

loop::Task<Status> make_secure(net::Stream& stream, Destination to, const tls::ClientContext& tls, Nanos deadline,
                               std::string_view& fault) {
  std::unique_ptr<tls::ClientSession> session = tls.connect(to.host, to.protocol);
  if (session == nullptr) {
    fault = "no name to verify";
    co_return Error{Reason::kUpstreamTls, Origin::kUpstream, Retry::kYes};
  }
  // cppcheck-suppress nullPointerRedundantCheck; it does not know that co_return leaves
  const tls::ClientSession& facts = *session;
  const net::IoResult done = co_await stream.handshake(std::move(session), deadline);
  if (done.ok()) co_return Unit{};
  fault = facts.fault();
  const bool late = done.kind == net::IoResult::Kind::kTimeout;
  co_return Error{late ? Reason::kUpstreamTlsTimeout : Reason::kUpstreamTls, Origin::kUpstream, Retry::kYes};
}

}  // namespace

loop::Task<ConnectResult> connect(ConnectContext context, Destination to, const tls::ClientContext* tls,
                                  ConnectDeadlines by) {
  ConnectResult result;
  if (to.unix) {
    const Started started = start(to.path);
    result = co_await finish(context, started, by.dial);
  } else {
    result = co_await connect_by_name(context, to, by.dial);
  }
  if (result.status.ok() && to.tls) {
    if (tls == nullptr) {
      result.status = Error{Reason::kUpstreamTls, Origin::kUpstream, Retry::kYes};
      result.fault = "the transport's TLS settings are broken";
    } else {
      const Nanos usual = context.loop.now() + kHandshakeTimeout;
      const Nanos deadline = by.all == 0 ? usual : std::min(usual, by.all);
      result.status = co_await make_secure(result.connection->stream, to, *tls, deadline, result.fault);
    }
  }
  context.counters.add(result.status.ok() ? Counter::kUpstreamConnects : Counter::kUpstreamConnectFailures);
  if (!result.status.ok()) result.connection.reset();
  co_return result;
}

loop::Task<ConnectResult> connect(const ConnectContext& context, const Destination& to,
                                  const wire::Transport& transport, const tls::ClientContext* tls) {
  const Nanos dial = transport.dial_timeout == 0 ? 0 : context.loop.now() + transport.dial_timeout;
  return connect(context, to, tls, {dial, 0});
}

}  // namespace fairlead::upstream
