#pragma once

#include <string_view>

#include "base/arena.h"

namespace fairlead::codec {

/// Makes a URL reference absolute (RFC 3986 section 5.2). `origin` is "scheme://authority" of the base, `base` its path
/// and query. The result is `reference` itself, or lives in `arena`.
std::string_view resolve_reference(Arena& arena, std::string_view origin, std::string_view base,
                                   std::string_view reference);

}  // namespace fairlead::codec
