// Asking the health service of gRPC (grpc.health.v1): one unary call over HTTP/2.
#pragma once

#include "loop/task.h"
#include "upstream/probe.h"

namespace fairlead::upstream {

/// Calls Check for the server as a whole on a connection of its own; passes when the answer is SERVING. Over TLS the
/// protocol is negotiated, in clear text HTTP/2 is assumed. Ends when the server does: whoever cannot wait cancels it.
loop::Task<ProbeResult> probe_grpc(ProbeContext context, const wire::Probe& probe);

}  // namespace fairlead::upstream
