// Claims of a JSON Web Token (RFC 7519), as they are written: nothing here verifies a signature.
#pragma once

#include <string_view>

#include "base/arena.h"

namespace fairlead::codec {

/// Longest token that is looked at, in bytes: a longer one has no claims.
inline constexpr std::size_t kLongestToken = 16 * 1024;

/// The claim `name` of the token that the value of an Authorization field carries (RFC 6750, section 2.1; RFC 7515, section
/// 3.1): a text without its escapes, or a number or truth value as it is written. Empty when there is no token of three
/// parts, its payload is no JSON object, or the claim is missing, written twice, null, a list or an object, or holds control
/// characters. Lives in `arena`. Takes time and memory in proportion to the token.
std::string_view token_claim(std::string_view authorization, std::string_view name, Arena& arena);

}  // namespace fairlead::codec
