// Routing by the host that CNAME records lead to, where the configuration asks for it.
#include "exchange/exchange.h"

namespace fairlead::exchange {

loop::Soon<Outcome> Exchange::route_flattened() {
  const auto known = worker_.canonical_names.find(request.host);
  if (!known) return flatten_later();
  request.flattened_host = arena_.copy(*known);
  return route();
}

loop::Task<Outcome> Exchange::flatten_later() {
  request.flattened_host = arena_.copy(co_await worker_.canonical_names.wait_for(request.host));
  const Outcome outcome = co_await route();
  co_return outcome;
}

}  // namespace fairlead::exchange
