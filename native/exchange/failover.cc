// A failover service: the main service answers, or the fallback does.
#include "exchange/failover.h"

#include <algorithm>
#include <utility>

#include "exchange/exchange.h"

namespace fairlead::exchange {
namespace {

// What is kept of a body when the configuration sets no limit. A longer one is passed on all the same; whatever the main
// service answers then is the answer.
constexpr std::uint64_t kMostKept = 4 * 1024 * 1024;

constexpr Error kTooLarge{Reason::kBodyTooLarge, Origin::kClient, Retry::kNo};

/// A copy that stays as it is when middlewares change the request.
codec::Request copy_of(const codec::Request& request) {
  codec::Request copy = request;
  copy.headers = codec::Headers(request.headers.arena());
  for (const codec::Header& header : request.headers) copy.headers.add(header);
  return copy;
}

}  // namespace

bool Failover::takes(std::uint16_t status) const {
  if (replay != nullptr && !replay->can_rewind()) return false;
  return std::any_of(rules.statuses.begin(), rules.statuses.end(),
                     [status](const wire::StatusRange& range) { return status >= range.from && status <= range.to; });
}

loop::Task<Outcome> Exchange::fail_over(std::uint32_t service) {
  const wire::Service& self = snapshot().services[service];
  const std::optional<Outcome> answered = co_await ask_first(self.children[0].service, self.failover[0]);
  if (answered) co_return *answered;
  worker_.counters.add(stats::Counter::kFailovers);
  const Outcome outcome = co_await pass(true, self.children[1].service, false);
  co_return outcome;
}

loop::Task<std::optional<Outcome>> Exchange::ask_first(std::uint32_t main, const wire::Failover& rules) {
  Replay* replay = nullptr;
  const Status kept = co_await keep_body(rules.max_request_body_bytes, replay);
  if (!kept.ok()) {
    const Outcome refused = co_await fail(kept.error());
    co_return refused;
  }
  const codec::Request before = copy_of(request);
  const std::uint32_t active = active_count_;
  Failover asking{rules, replay, failover_};
  failover_ = &asking;
  const Outcome outcome = co_await pass(true, main, false);
  failover_ = asking.outer;
  if (!asking.discarded) co_return outcome;
  start_over(before, active);
  if (replay != nullptr) {
    uncover(*replay);
    replay->rewind();
    if (replay->told()) request.expects_continue = false;
  }
  co_return std::nullopt;
}

loop::Task<Status> Exchange::keep_body(std::int64_t bound, Replay*& replay) {
  const bool bounded = bound >= 0;
  const std::uint64_t limit = bounded ? static_cast<std::uint64_t>(bound) : kMostKept;
  if (body_buffered_) co_return bounded&& buffered_body_.size() > limit ? Status(kTooLarge) : Status(Unit{});
  if (request.body == codec::BodyKind::kNone) co_return Unit{};
  const bool counted = request.body == codec::BodyKind::kLength;
  if (bounded && counted && request.content_length > limit) co_return kTooLarge;
  auto layer = std::make_unique<Replay>(*inbound_, std::move(layers_), worker_.buffers, limit);
  replay = layer.get();
  inbound_ = replay;
  layers_ = std::move(layer);
  if (!bounded || counted) co_return Unit{};
  // Whether it is too long is known when its end is: before anybody has been asked.
  if (request.expects_continue) {
    const Status told = co_await tell_to_continue();
    if (!told.ok()) co_return told;
  }
  const Nanos time = settings().read_timeout;
  const Status filled = co_await replay->fill(time == 0 ? 0 : started_ + time);
  co_return filled;
}

/// As it was before `main` was asked: nothing of what came of that is for the next service.
void Exchange::start_over(const codec::Request& before, std::uint32_t active) {
  pump_.cancel();
  pump_failed_ = false;
  request = before;
  active_count_ = active;
  reply_ = middleware::LocalReply(arena_);
  reason_ = Reason::kNone;
  fault_ = {};
  target_ = nullptr;
  tries_ = 0;
  origin_status_ = 0;
}

void Exchange::uncover(const InboundLayer& layer) {
  while (layers_.get() != &layer) layers_ = layers_->take_below();
  inbound_ = layers_.get();
}

bool Exchange::discards(std::uint16_t status) {
  for (Failover* asking = failover_; asking != nullptr; asking = asking->outer) {
    if (!asking->takes(status)) continue;
    asking->discarded = true;
    return true;
  }
  return false;
}

Outcome Exchange::discard_response() {
  end_attempt(response_.status >= 500);
  pump_.cancel();
  // Where all of the answer has come already, its connection can be used again.
  const Result<codec::BodyChunk> rest = outbound_->try_read_body();
  if (!rest.ok()) outbound_->abort();
  outbound_->finish();
  return Outcome::kDiscarded;
}

}  // namespace fairlead::exchange
