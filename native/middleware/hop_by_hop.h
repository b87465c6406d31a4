#pragma once

#include "codec/message.h"

namespace fairlead::middleware {

/// Removes the fields that are about one connection (RFC 9110 section 7.6.1), and those that Connection names.
void remove_hop_by_hop(codec::Headers& headers);

}  // namespace fairlead::middleware
