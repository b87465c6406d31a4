#include "upstream/grpc_probe.h"

#include <utility>

#include "upstream/grpc_call.h"

namespace fairlead::upstream {
namespace {

ProbeResult broken(const char* reason) { return {false, reason, false}; }

loop::Task<ProbeResult> converse(GrpcCall& call, net::Stream& stream, net::BufferPool& buffers) {
  for (;;) {
    for (std::string_view out; !(out = call.output()).empty();) {
      const net::IoResult sent = co_await stream.write_all(out, 0);
      if (!sent.ok()) co_return broken("upstream_reset");
    }
    if (call.done()) co_return call.verdict();
    // Nothing is held while a server thinks about its answer.
    if (!stream.maybe_readable() && co_await stream.readable(0) != loop::Wake::kReady) {
      co_return broken("upstream_reset");
    }
    net::Buffer in = buffers.small();
    in.clear();
    const net::IoResult got = stream.try_read(in.tail());
    if (got.kind == net::IoResult::Kind::kAgain) continue;
    if (!got.ok()) co_return broken("upstream_reset");
    if (!call.input({in.data(), got.count})) co_return broken("upstream_malformed");
  }
}

}  // namespace

loop::Task<ProbeResult> probe_grpc(ProbeContext context, const wire::Probe& probe) {
  Destination to(probe.server);
  to.protocol = "h2";
  ConnectResult connected = co_await connect(context.connect, to, context.transport, context.tls);
  if (!connected.status.ok()) co_return not_connected(connected);
  GrpcCall call(probe.server.authority, to.tls);
  ProbeResult result = co_await converse(call, connected.connection->stream, context.buffers);
  co_return result;
}

}  // namespace fairlead::upstream
