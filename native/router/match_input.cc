#include "router/match_input.h"

#include <algorithm>
#include <cstddef>

#include "codec/target.h"

namespace fairlead::router {

std::span<const QueryParameter> MatchInput::decode_parameters() const {
  const std::string_view query = request_.query;
  if (query.empty()) return {};
  Arena& arena = request_.headers.arena();
  const auto most = static_cast<std::size_t>(std::count(query.begin(), query.end(), '&')) + 1;
  auto* parameters = arena.array<QueryParameter>(most);
  codec::QueryReader reader(query, arena);
  std::size_t count = 0;
  for (QueryParameter found; reader.next(found.key, found.value); ++count) parameters[count] = found;
  return {parameters, count};
}

}  // namespace fairlead::router
