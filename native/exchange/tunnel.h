// Two streams joined after an upgrade: bytes in both directions, nothing else.
#pragma once

#include "exchange/worker.h"
#include "loop/task.h"
#include "net/buffer.h"
#include "net/stream.h"

namespace fairlead::exchange {

/// Relays until either side closes; what has been read by then is still delivered. The buffers hold what was received
/// before the tunnel began.
loop::Task<void> run_tunnel(Worker& worker, net::Stream& client, const net::Buffer& from_client, net::Stream& server,
                            const net::Buffer& from_server);

}  // namespace fairlead::exchange
