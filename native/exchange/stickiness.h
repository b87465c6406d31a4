// Which of several a client is kept at.
#pragma once

#include "codec/message.h"
#include "scheduler/balancer.h"
#include "scheduler/sticky.h"

namespace fairlead::exchange {

/// Whom the cookie of the client names, if that may be chosen.
scheduler::Sticky::Found kept_by_cookie(const scheduler::Sticky& sticky, const codec::Headers& headers,
                                        const scheduler::Balancer& balancer);

}  // namespace fairlead::exchange
