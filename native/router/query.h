// Query parameters as rules compare them.
#pragma once

#include <span>
#include <string_view>

#include "base/arena.h"

namespace fairlead::router {

struct QueryParameter {
  std::string_view key;
  std::string_view value;
};

/// The parameters of `query` (without '?'), in order, decoded as Go's url.ParseQuery does: '+' is a space, an escape is
/// its byte, a parameter with a broken escape is left out. Parameters are separated by '&', and by ';' where the entry
/// point has left one. What needed decoding lives in `arena`, the rest points into `query`.
std::span<const QueryParameter> decode_query(std::string_view query, Arena& arena);

}  // namespace fairlead::router
