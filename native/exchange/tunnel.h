// Two streams joined after an upgrade: bytes in both directions, nothing else.
#pragma once

#include "exchange/worker.h"
#include "loop/task.h"
#include "net/buffer.h"
#include "net/stream.h"

namespace fairlead::exchange {

/// Relays until both sides have ended. When one has said its last word, the other is told (FIN) and may go on for a
/// while; when one breaks, the tunnel ends. The buffers hold what was received before the tunnel began, if anything.
loop::Task<void> run_tunnel(Worker& worker, net::Stream& client, net::Buffer from_client, net::Stream& server,
                            net::Buffer from_server);

}  // namespace fairlead::exchange
