// resolv.conf(5), as far as asking a name server needs it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "net/address.h"

namespace fairlead::net {

/// Whom to ask, how long to wait for each answer, and how often to ask all of them.
struct ResolvConfig {
  std::vector<Endpoint> servers;
  Nanos timeout = 5 * kSecond;
  unsigned attempts = 2;
};

/// What a file of that format says; what cannot be read is passed over, as the C library does. Its bounds hold here too:
/// three servers (the one of this machine when none is named), 30 s, 5 attempts.
ResolvConfig parse_resolv_config(std::string_view text);

/// The same of a file; one that cannot be read has no servers. Blocks.
ResolvConfig read_resolv_config(const std::string& path);

}  // namespace fairlead::net
