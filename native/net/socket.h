// Making sockets: the options every one of ours has.
#pragma once

#include <string_view>

#include "net/address.h"

namespace fairlead::net {

/// A non-blocking, close-on-exec TCP socket bound and listening on `endpoint`, or -1 with errno set. TCP_NODELAY and
/// keep-alive probes are set here and inherited by accepted sockets. Every listener shares its port (SO_REUSEPORT) with those of other workers.
int listen_tcp(const Endpoint& endpoint, int backlog);
/// Fails with EADDRINUSE when another process listens on `endpoint`, which SO_REUSEPORT alone would not tell.
bool port_is_free(const Endpoint& endpoint);
/// The address a socket is bound to.
Endpoint local_endpoint(int fd);
/// Starts connecting; -1 with errno set on failure. `pending`: wait until it is writable, then ask connect_error().
int connect_tcp(const Endpoint& endpoint, bool& pending);
int connect_unix(std::string_view path, bool& pending);
/// The pending error of a socket that became writable after connect_*(); 0 = connected.
int connect_error(int fd);

}  // namespace fairlead::net
