// A service behind a limit: the way past the queue.
#include <algorithm>
#include <utility>

#include "exchange/exchange.h"
#include "exchange/limit_key.h"

namespace fairlead::exchange {
loop::Soon<Outcome> Exchange::forward_in_turn(std::uint32_t service) {
  // Of a service that was asked before this one.
  slot_.give_back();
  const ServiceLimit& limit = plan_->plan().limits()[service_->limit];
  const std::string_view key = limit_key(*limit.settings, request, peer_, router_->name, arena_);
  slot_ = limit.account->enter(key, worker_.waiting);
  if (slot_.limit() != nullptr) return forward(service);
  const std::uint64_t cost =
      body_buffered_ ? limit_cost(*limit.settings, buffered_body_.size()) : limit_cost(*limit.settings, request);
  return forward_later(service, *limit.account, key, cost);
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
