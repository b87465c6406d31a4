// Reason phrases (the IANA registry, and 499 as nginx and Traefik use it).
#pragma once

#include <cstdint>
#include <string_view>

namespace fairlead::codec {

/// "Not Found" for 404; empty for a code without a registered phrase.
std::string_view status_text(std::uint16_t status);

}  // namespace fairlead::codec
