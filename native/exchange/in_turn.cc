// A service behind a limit: which key a request waits under, what it costs, and the way past the queue.
#include <algorithm>
#include <utility>

#include "exchange/exchange.h"

namespace fairlead::exchange {
namespace {

// A request is never free, so that one without a body does not pass for ever in one turn of its key.
constexpr std::uint64_t kLeastCost = 1024;
// Far above any body; keeps sums of costs within 64 bits.
constexpr std::uint64_t kMostCost = std::uint64_t{1} << 40;

/// An IPv6 client owns a whole /64 and would otherwise be as many clients as it likes.
std::string_view client_key(const codec::Peer& peer, Arena& arena) {
  if (peer.client.ip.is_v4()) return peer.client_text;
  const net::IpAddress network{peer.client.ip.high, 0};
  char text[INET6_ADDRSTRLEN];
  return arena.concat(network.format(text), "/64");
}

}  // namespace

std::string_view Exchange::limit_key(const wire::ConcurrencyLimit& limit) const {
  switch (static_cast<wire::LimitKey>(limit.key)) {
    case wire::LimitKey::kClientIP:
      return client_key(peer_, arena_);
    case wire::LimitKey::kHeader:
      return request.headers.first(limit.header.view());
    case wire::LimitKey::kHost:
      return request.host;
    case wire::LimitKey::kRouter:
      return router_->name;
  }
  return {};
}

/// Bytes of the body as far as they are known; of one whose length is not known what a key may send in one turn.
std::uint64_t Exchange::limit_cost(const wire::ConcurrencyLimit& limit) const {
  if (!limit.costs_bytes) return 1;
  std::uint64_t bytes = 0;
  if (body_buffered_) {
    bytes = buffered_body_.size();
  } else if (request.body == codec::BodyKind::kLength) {
    bytes = request.content_length;
  } else if (request.body != codec::BodyKind::kNone) {
    bytes = limit.quantum;
  }
  return std::clamp(bytes, kLeastCost, kMostCost);
}

loop::Soon<Outcome> Exchange::forward_in_turn(std::uint32_t service) {
  // Of a service that was asked before this one.
  slot_.give_back();
  const ServiceLimit& limit = plan_->plan().limits()[service_->limit];
  const std::string_view key = limit_key(*limit.settings);
  slot_ = limit.account->enter(key, worker_.waiting);
  if (slot_.limit() != nullptr) return forward(service);
  return forward_later(service, *limit.account, key, limit_cost(*limit.settings));
}

loop::Task<Outcome> Exchange::forward_later(std::uint32_t service, Limit& limit, std::string_view key,
                                            std::uint64_t cost) {
  QueueNote& note = *arena_.make<QueueNote>();
  queued_ = &note;
  Turn turn(limit, worker_.waiting, key, cost, &note);
  Result<Slot> slot = co_await turn;
  queue_duration_ = std::max<Nanos>(turn.waited(), 1);
  Outcome outcome = Outcome::kCut;
  if (slot.ok()) {
    slot_ = std::move(*slot);
    outcome = co_await forward(service);
  } else {
    outcome = co_await fail(slot.error());
  }
  co_return outcome;
}

}  // namespace fairlead::exchange
