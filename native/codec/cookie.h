// Cookies of a request (RFC 6265, section 4.2).
#pragma once

#include <optional>
#include <string_view>

#include "codec/message.h"

namespace fairlead::codec {

/// The value of the first well-formed cookie of that name, without quotes around it. Names are compared with their case;
/// nothing is decoded. Reads each Cookie field once, from left to right.
std::optional<std::string_view> find_cookie(const Headers& headers, std::string_view name);

}  // namespace fairlead::codec
