// X-Forwarded-* and friends: what a client may say about itself, and what we say about it (Traefik's forwardedHeaders).
#pragma once

#include <string_view>

#include "codec/message.h"
#include "snapshot/generated/records.gen.h"

namespace fairlead::exchange {

/// True when the previous hop may set X-Forwarded-* itself.
bool is_trusted_hop(const wire::EntryPoint& settings, const codec::Peer& peer);

/// Removes what an untrusted hop must not say, including spellings with '_', and the fields a client lists in
/// Connection; then completes the set. X-Forwarded-For gets its last entry only when the request is sent on.
/// False when the entry point refuses headers with '_' in their name.
bool settle_forwarded_headers(codec::Request& request, const codec::Peer& peer, const wire::EntryPoint& settings,
                              std::string_view host_name);

/// Appends the peer to X-Forwarded-For, unless the entry point or a middleware forbids it.
void append_forwarded_for(codec::Request& request, const codec::Peer& peer, const wire::EntryPoint& settings);

}  // namespace fairlead::exchange
