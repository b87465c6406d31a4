#include "exchange/limit_key.h"

#include <algorithm>

#include "base/hash.h"
#include "codec/token_claim.h"

namespace fairlead::exchange {
namespace {

// A request is never free, so that one without a body does not pass for ever in one turn of its key.
constexpr std::uint64_t kLeastCost = 1024;
// Far above any body; keeps sums of costs within 64 bits.
constexpr std::uint64_t kMostCost = std::uint64_t{1} << 40;

/// An IPv6 client owns a whole /64 and would otherwise be as many clients as it likes.
std::string_view network_of(const codec::Peer& peer, Arena& arena) {
  if (peer.client.ip.is_v4()) return peer.client_text;
  const net::IpAddress network{peer.client.ip.high, 0};
  char text[INET6_ADDRSTRLEN];
  return arena.concat(network.format(text), "/64");
}

}  // namespace

std::string_view limit_key(const wire::ConcurrencyLimit& limit, const codec::Request& request, const codec::Peer& peer,
                           std::string_view router, Arena& arena) {
  switch (static_cast<wire::LimitKey>(limit.key)) {
    case wire::LimitKey::kClientIP:
      return network_of(peer, arena);
    case wire::LimitKey::kHeader:
      return request.headers.first(limit.key_name.view());
    case wire::LimitKey::kHost:
      return request.host;
    case wire::LimitKey::kRouter:
      return router;
    case wire::LimitKey::kClaim:
      return codec::token_claim(request.headers.first(codec::HeaderId::kAuthorization), limit.key_name.view(), arena);
  }
  return {};
}

/// Of a body whose length is not known what a key may send in one turn.
std::uint64_t limit_cost(const wire::ConcurrencyLimit& limit, const codec::Request& request) {
  std::uint64_t bytes = 0;
  if (request.body == codec::BodyKind::kLength) {
    bytes = request.content_length;
  } else if (request.body != codec::BodyKind::kNone) {
    bytes = limit.quantum;
  }
  return limit_cost(limit, bytes);
}

std::uint64_t limit_cost(const wire::ConcurrencyLimit& limit, std::uint64_t body_bytes) {
  return limit.costs_bytes ? std::clamp(body_bytes, kLeastCost, kMostCost) : 1;
}

std::string disguised_key(std::string_view key) {
  constexpr const char* kHex = "0123456789abcdef";
  std::uint64_t hash = hash_bytes(key);
  std::string name = "#";
  for (int i = 0; i < 8; ++i, hash >>= 4) name += kHex[hash & 15];
  return name;
}

}  // namespace fairlead::exchange
