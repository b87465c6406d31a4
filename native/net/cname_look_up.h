// Follows the CNAME records of a name, blocking. The system's resolver would follow them too, but does not tell how long
// an answer holds.
#pragma once

#include <cstdint>
#include <string>

#include "net/resolv_config.h"

namespace fairlead::net {

/// The last name of a chain of CNAME records.
struct CanonicalName {
  enum class Kind : std::uint8_t {
    kFailed,  // nobody has answered, or not with an answer
    kSame,    // the name has no such record
    kOther
  };
  Kind kind = Kind::kFailed;
  std::string name;
  /// The shortest one of the records; 0 without any.
  Nanos time_to_live = 0;
};

/// Asks the servers of `config` for one record after the other, up to `depth` of them. `host`: is_dns_name().
CanonicalName look_up_cname(const std::string& host, std::uint32_t depth, const ResolvConfig& config);

}  // namespace fairlead::net
