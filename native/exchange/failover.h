// What an exchange remembers while it asks the main service of a failover service.
#pragma once

#include <cstdint>

#include "exchange/replay.h"
#include "snapshot/generated/records.gen.h"

namespace fairlead::exchange {

/// One failover service that is being asked. They nest.
struct Failover {
  /// An answer with `status` is not for the client, and the request can still be sent elsewhere.
  bool takes(std::uint16_t status) const;

  const wire::Failover& rules;
  /// Null when there is no body to be sent again, or it lies in memory anyway.
  Replay* replay;
  Failover* outer;
  bool discarded = false;
};

}  // namespace fairlead::exchange
