// What an exchange remembers while it asks the main service of a failover service.
#pragma once

#include <cstdint>

#include "exchange/replay.h"
#include "snapshot/generated/records.gen.h"

namespace fairlead::exchange {

/// One failover service that is being asked. They nest.
struct Failover {
  /// An answer with `status` is not for the client, and the request can be sent again.
  bool takes(std::uint16_t status) const;

  const wire::Failover& rules;
  /// Where the body is kept; null when there is none, or it lies in memory anyway.
  Replay* replay;
  Failover* outer;
  /// There is a body that is not kept.
  bool once;
  bool discarded = false;
};

}  // namespace fairlead::exchange
