// What limits show of themselves, for the host.
#pragma once

#include <string>

#include "exchange/plan.h"

namespace fairlead::engine {

/// One object for each limit of the plan, in a JSON array. Times are nanoseconds.
std::string limits_as_json(const exchange::Plan& plan);

}  // namespace fairlead::engine
