// The one operation on host names that routing needs.
#pragma once

#include <cstddef>
#include <string_view>

namespace fairlead::router {

/// What follows the first label of `host`, dot included: ".a.com" of "x.a.com". Empty when there is nothing to remove.
inline std::string_view parent_domain(std::string_view host) {
  const std::size_t dot = host.find('.');
  return dot == std::string_view::npos || dot == 0 ? std::string_view() : host.substr(dot);
}

}  // namespace fairlead::router
