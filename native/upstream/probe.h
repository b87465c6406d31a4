// One look at a server: a request of our own, on a connection of its own, so that it proves that the server accepts.
#pragma once

#include <string>
#include <string_view>

#include "loop/task.h"
#include "net/buffer.h"
#include "snapshot/generated/records.gen.h"
#include "upstream/connect.h"

namespace fairlead::upstream {

/// What a probe needs of its worker and of the service. Everything outlives the probe.
struct ProbeContext {
  ConnectContext connect;
  net::BufferPool& buffers;
  PoolRegistry& pools;
  const wire::Transport& transport;
  /// Null when the transport's settings are broken.
  const tls::ClientContext* tls;
};

/// What a probe has found.
struct ProbeResult {
  bool passed = false;
  /// Why not, for people.
  std::string error;
  /// It was not the server that failed, but we: the probe says nothing.
  bool says_nothing = false;
};

/// Asks for the path of a probe, follows redirects where that is wanted, and judges the status of the answer; its body is
/// not read. Ends when the server does: whoever cannot wait cancels it.
loop::Task<ProbeResult> probe_http(ProbeContext context, const wire::Health& health, const wire::Probe& probe);

/// What probes call themselves.
inline constexpr std::string_view kProbeAgent = "Fairlead-Health-Check";

/// What a connection that was not made means.
ProbeResult not_connected(const ConnectResult& connected);

}  // namespace fairlead::upstream
