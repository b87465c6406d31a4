// Which client address counts, behind other proxies (Traefik ipStrategy).
#pragma once

#include <string_view>

#include "middleware/middleware.h"
#include "net/address.h"

namespace fairlead::middleware {

/// What a strategy found. A request that hides its address behind too few hops has neither.
struct ClientAddress {
  /// As the header or the peer says it; empty when there is none.
  std::string_view text;
  /// Meaningful when `valid`; already cut to the configured IPv6 subnet.
  net::IpAddress ip;
  bool valid = false;
};

/// The address of X-Forwarded-For that `config` points at, or the peer's. X-Forwarded-For does not hold the peer yet.
ClientAddress client_address(const wire::IpStrategy& config, const Context& context);

}  // namespace fairlead::middleware
