// What a request waits under at a service with a limit, and what it costs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "codec/message.h"
#include "snapshot/generated/records.gen.h"

namespace fairlead::exchange {

/// The key of a request that `router` has taken; made of the request's texts, or in the arena.
std::string_view limit_key(const wire::ConcurrencyLimit& limit, const codec::Request& request, const codec::Peer& peer,
                           std::string_view router, Arena& arena);

/// Its cost: 1, or the bytes of its body as far as they are known.
std::uint64_t limit_cost(const wire::ConcurrencyLimit& limit, const codec::Request& request);
/// The same of a body of so many bytes.
std::uint64_t limit_cost(const wire::ConcurrencyLimit& limit, std::uint64_t body_bytes);

/// Names a key without telling it.
std::string disguised_key(std::string_view key);

}  // namespace fairlead::exchange
