// A failover service: the main service answers, or the fallback does.
#include "exchange/failover.h"

#include <algorithm>
#include <utility>

#include "codec/status_text.h"
#include "exchange/exchange.h"

namespace fairlead::exchange {
namespace {

// What is kept of a body when the configuration sets no bound. A longer one is passed on all the same; whatever the main
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
  if (once || (replay != nullptr && !replay->can_rewind())) return false;
  return std::any_of(rules.statuses.begin(), rules.statuses.end(),
                     [status](const wire::StatusRange& range) { return status >= range.from && status <= range.to; });
}

loop::Task<Outcome> Exchange::fail_over(std::uint32_t service) {
  const wire::Service& self = snapshot().services[service];
  const std::vector<bool>& available = plan_->fresh_service(service, now()).told().available;
  const bool fallback_works = available[1];
  if (available[0]) {
    const std::optional<Outcome> answered = co_await ask_first(self.children[0].service, self.failover[0]);
    if (answered) co_return *answered;
  } else if (!fallback_works) {
    reply_.set_text(503, codec::status_text(503), Reason::kNoServer);
    const Outcome refused = co_await answer(reply_);
    co_return refused;
  }
  worker_.counters.add(stats::Counter::kFailovers);
  const Outcome outcome = co_await pass(true, self.children[1].service, false);
  co_return outcome;
}

loop::Task<std::optional<Outcome>> Exchange::ask_first(std::uint32_t main, const wire::Failover& rules) {
  Failover asking{rules, nullptr, failover_, false};
  if (!rules.statuses.empty()) {
    const std::int64_t bound = rules.max_request_body_bytes;
    asking.replay = keep_body(bound < 0 ? kMostKept : static_cast<std::uint64_t>(bound));
    const Status small = co_await check_body(bound, asking.replay);
    if (!small.ok()) {
      const Outcome refused = co_await fail(small.error());
      co_return refused;
    }
    asking.once = asking.replay == nullptr && request.body != codec::BodyKind::kNone && !body_buffered_;
  }
  const Before begun = before();
  failover_ = &asking;
  const Outcome outcome = co_await pass(true, main, false);
  failover_ = asking.outer;
  if (!asking.discarded) co_return outcome;
  start_over(begun);
  if (asking.replay != nullptr) {
    uncover(*asking.replay);
    asking.replay->rewind();
    if (asking.replay->told()) request.expects_continue = false;
  }
  co_return std::nullopt;
}

loop::Task<Status> Exchange::check_body(std::int64_t bound, Replay* kept) {
  if (bound < 0) co_return Unit{};
  const auto limit = static_cast<std::uint64_t>(bound);
  if (body_buffered_) co_return buffered_body_.size() > limit ? Status(kTooLarge) : Status(Unit{});
  if (request.body == codec::BodyKind::kNone) co_return Unit{};
  if (request.body == codec::BodyKind::kLength) {
    co_return request.content_length > limit ? Status(kTooLarge) : Status(Unit{});
  }
  // Whether it is too long is known when its end is: before anybody has been asked.
  if (request.expects_continue) {
    const Status told = co_await tell_to_continue();
    if (!told.ok()) co_return told;
  }
  const Nanos time = settings().read_timeout;
  const Status filled = co_await kept->fill(limit, time == 0 ? 0 : started_ + time);
  co_return filled;
}

Exchange::Before Exchange::before() const {
  Before before{copy_of(request), nullptr, retry_, active_count_};
  if (cookies_ == nullptr) return before;
  before.cookies = arena_.make<codec::Headers>(arena_);
  for (const codec::Header& cookie : *cookies_) before.cookies->add(cookie);
  return before;
}

/// As it was before the main service was asked: nothing of what came of that is for the next one.
void Exchange::start_over(const Before& before) {
  pump_.cancel();
  pump_failed_ = false;
  request = before.request;
  cookies_ = before.cookies;
  sticky_ = nullptr;
  kept_ = {};
  retry_ = before.retry;
  active_count_ = before.active_count;
  filter_count_ = 0;
  reply_ = middleware::LocalReply(arena_);
  reason_ = Reason::kNone;
  fault_ = {};
  target_ = nullptr;
  origin_status_ = 0;
}

bool Exchange::discards(std::uint16_t status) {
  for (Failover* asking = failover_; asking != nullptr; asking = asking->outer) {
    if (!asking->takes(status)) continue;
    asking->discarded = true;
    return true;
  }
  return false;
}

}  // namespace fairlead::exchange
