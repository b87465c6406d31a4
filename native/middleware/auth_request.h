// The request that forwardAuth sends to the authentication server.
#pragma once

#include "middleware/middleware.h"

namespace fairlead::middleware {

/// What becomes of the X-Forwarded-* headers that came with the request. Numbers of the wire.
enum class ForwardedTrust : std::uint8_t {
  kOverwrite = 0,  // For, Proto, Method, Host and Uri are ours, the others pass
  kRemove = 1,     // all are removed, then ours are added
  kKeep = 2,       // all pass; the peer is appended to For, missing ones are added
};

/// Fills the headers of `call` from the request of `context`: without hop-by-hop fields, only the configured ones when
/// some are configured, and with what the server needs to know of the original request.
void fill_auth_headers(const wire::ForwardAuth& config, const Context& context, FetchRequest& call);

}  // namespace fairlead::middleware
