// From a service to a response head, try by try: choose → connect → send → read the head → judge.
#include <algorithm>
#include <utility>

#include "exchange/exchange.h"
#include "exchange/forwarded_headers.h"
#include "loop/unless_late.h"

namespace fairlead::exchange {
namespace {

using stats::Counter;

// A server that sends more interim responses than this for one request is broken.
constexpr unsigned kMostInterim = 20;
// What is read of a response that nobody gets so that its connection can be kept: it is there already.
constexpr std::size_t kMostDiscarded = 64 * 1024;
constexpr Error kTryTimeout{Reason::kTryTimeout, Origin::kUpstream, Retry::kNo};
constexpr Error kHeadTimeout{Reason::kUpstreamHeadTimeout, Origin::kUpstream, Retry::kNo};

}  // namespace

loop::Task<Outcome> Exchange::forward(std::uint32_t service) {
  append_forwarded_for(request, peer_, settings());
  limits_ = {timeouts(router_->timeouts), timeouts(service_->timeouts)};
  const Nanos total = limit(&wire::Timeouts::total, 0);
  return total == 0 ? try_servers(service) : forward_in_time(service, started_ + total);
}

loop::Task<Outcome> Exchange::forward_in_time(std::uint32_t service, Nanos deadline) {
  loop::Task<Outcome> task = try_servers(service);
  const bool ended = co_await loop::UnlessLate<Outcome>(worker_.loop, task, deadline);
  if (ended) co_return task.take();
  task.cancel();
  end_conversation();
  end_attempt(true);
  reason_ = Reason::kTotalTimeout;
  if (writes_interim_) co_return Outcome::kCut;
  const Outcome outcome = co_await fail({Reason::kTotalTimeout, Origin::kUpstream, Retry::kNo});
  co_return outcome;
}

loop::Task<Outcome> Exchange::try_servers(std::uint32_t service) {
  if (retry_ != nullptr && may_repeat()) keep_body(retry_->max_body_bytes);
  ServiceState& state = plan_->fresh_service(service, now());
  sticky_ = service_->sticky.empty() ? nullptr : plan_->plan().sticky(service);
  const std::uint32_t kept = sticky_ == nullptr ? scheduler::kNobody : find_kept(*sticky_, state.balancer());
  Tries tries(state.balancer(), state.retries(), retry_, worker_.workers(), {.key = client_key(peer_), .now = now()},
              kept);
  TryResult result{.status = Error{Reason::kNoServer, Origin::kUpstream, Retry::kNo}};
  bool more = tries.server() != scheduler::kNobody;
  while (more) {
    if (tries.pause() > 0) co_await loop::SleepUntil(worker_.loop, now() + tries.pause());
    std::unique_ptr<upstream::Connection> connection = choose(service, tries.server(), tries.fresh());
    result = {.reused = connection != nullptr};
    if (!result.reused) {
      upstream::ConnectResult connected = co_await connect();
      result.status = connected.status;
      if (!result.status.ok() && try_is_late()) result.status = kTryTimeout;
      fault_ = connected.fault;
      connection = std::move(connected.connection);
    }
    if (result.status.ok()) {
      result.sent = true;
      begin_conversation(std::move(connection));
      result.status = co_await converse();
      result.response = response_.status;
    }
    more = again(tries, result);
  }
  const Outcome outcome = co_await settle(result.status);
  co_return outcome;
}

void Exchange::judge(upstream::TryOutcome outcome) {
  const Watched* const watched = plan_->plan().watched(attempt_.service);
  if (watched == nullptr || !watched->health().judges_requests()) return;
  worker_.health.tried(*watched, attempt_.server, outcome);
}

std::unique_ptr<upstream::Connection> Exchange::choose(std::uint32_t service, std::uint32_t server, bool fresh) {
  ++tries_;
  fault_ = {};
  const std::uint32_t index = plan_->plan().first_target(service) + server;
  target_ = &plan_->plan().target(index);
  pool_ = &plan_->pool(index);
  attempt_ = {&plan_->service(service).balancer(), service, server, now(), 0};
  attempt_.balancer->sent(server);
  const Nanos per_try = limit(&wire::Timeouts::per_try, 0);
  try_deadline_ = per_try == 0 ? 0 : now() + per_try;
  std::unique_ptr<upstream::Connection> connection = fresh ? nullptr : pool_->take();
  if (connection != nullptr) worker_.counters.add(Counter::kUpstreamReused);
  note() = {target_, now(), 0, 0, 0, Reason::kNone, connection != nullptr};
  return connection;
}

loop::Task<upstream::ConnectResult> Exchange::connect() {
  const upstream::ConnectContext where{worker_.loop, worker_.scratch, worker_.resolver, worker_.counters};
  const Nanos time = limit(&wire::Timeouts::connect, target_->transport->dial_timeout);
  const Nanos dial = time == 0 ? 0 : now() + time;
  const bool try_is_shorter = try_deadline_ != 0 && (dial == 0 || try_deadline_ < dial);
  const upstream::ConnectDeadlines by{try_is_shorter ? try_deadline_ : dial, try_deadline_};
  return upstream::connect(where, *target_->server, target_->tls, by);
}

void Exchange::begin_conversation(std::unique_ptr<upstream::Connection> connection) {
  worker_.counters.add(Counter::kUpstreamRequests);
  attempt_.sent = now();
  note().connected = now();
  outbound_.emplace(worker_.buffers, *pool_, std::move(connection), request.method, arena_);
  forwarding_.host = service_->pass_host_header ? request.authority : target_->server->authority.view();
  forwarding_.path_prefix = target_->server->preserve_path ? target_->server->path.view() : std::string_view();
}

/// Sends the request and reads the head of the response, past interim ones, which are relayed.
loop::Task<Status> Exchange::converse() {
  timed_out_ = false;
  awaits_head_ = true;
  if (try_deadline_ != 0) worker_.loop.timers().arm(response_timer_, try_deadline_);
  Status status = co_await send_request();
  for (unsigned interim = 0; status.ok(); ++interim) {
    status = co_await outbound_->read_head(response_, 0);
    const bool switches = response_.status == 101;
    if (!status.ok() || response_.status >= 200 || (switches && request.wants_upgrade)) break;
    if (switches || interim == kMostInterim) {
      status = Error{Reason::kUpstreamMalformed, Origin::kUpstream, Retry::kNo};
      break;
    }
    status = co_await relay_interim();
  }
  co_return conversed(status);
}

/// Whatever was under way with the server ends.
void Exchange::end_conversation() {
  response_timer_.unlink();
  continue_timer_.unlink();
  pump_.cancel();
  if (outbound_) outbound_->finish();
}

Status Exchange::conversed(Status status) {
  awaits_head_ = false;
  response_timer_.unlink();
  continue_timer_.unlink();
  if (status.ok()) {
    attempt_.first_byte = std::max<Nanos>(now() - attempt_.sent, 1);
    note().first_byte = now();
    return status;
  }
  end_conversation();
  if (timed_out_) return try_is_late() ? kTryTimeout : kHeadTimeout;
  if (pump_failed_) return pump_status_;
  return status;
}

loop::Task<Status> Exchange::relay_interim() {
  if (response_.status == 100) {
    // Ours has been sent already when the server took too long, and nobody asked for one without Expect.
    if (!request.expects_continue || pump_.valid()) co_return Unit{};
    const Status relayed = co_await write_interim(response_);
    if (relayed.ok()) start_pump(false);
    co_return relayed;
  }
  if (interim_try_ == 0) interim_try_ = tries_;
  if (interim_try_ != tries_) co_return Unit{};
  const Status relayed = co_await write_interim(response_);
  co_return relayed;
}

loop::Task<Status> Exchange::write_interim(const codec::Response& interim) {
  writes_interim_ = true;
  const Status written = co_await inbound_->write_interim(interim);
  writes_interim_ = false;
  co_return written;
}

bool Exchange::again(Tries& tries, const TryResult& result) {
  if (result.status.ok() && retry_ == nullptr) return false;
  if (!result.status.ok()) {
    const Error error = result.status.error();
    note().reason = error.reason;
    note().ended = now();
    // A kept connection that the server closed just then says nothing of the server.
    const bool was_idle = error.retry == Retry::kIfReused && result.reused;
    if (error.origin == Origin::kUpstream && !was_idle) judge({error.reason});
  }
  // The next choice knows who is up by now.
  plan_->fresh_service(attempt_.service, now());
  const bool more = tries.again(result, repeatable(), now());
  if (tries.denied()) worker_.counters.add(Counter::kUpstreamRetriesDenied);
  if (!more) return false;
  if (result.status.ok()) {
    discard_response();
  } else {
    end_attempt(true);
  }
  if (Replay* const kept = kept_body(); kept != nullptr) kept->rewind();
  ++retries_;
  worker_.counters.add(Counter::kUpstreamRetries);
  return true;
}

bool Exchange::may_repeat() const {
  return codec::is_idempotent(request.method) || (retry_ != nullptr && retry_->any_method);
}

bool Exchange::repeatable() const {
  if (!may_repeat()) return false;
  return request.body == codec::BodyKind::kNone || body_buffered_ ||
         (kept_body() != nullptr && kept_body()->can_rewind());
}

/// Its connection is kept if the rest of it has come already.
void Exchange::discard_response() {
  judge({Reason::kNone, response_.status});
  note().ended = now();
  pump_.cancel();
  for (std::size_t seen = 0; seen < kMostDiscarded;) {
    const Result<codec::BodyChunk> chunk = outbound_->try_read_body();
    if (!chunk.ok() || chunk->last || chunk->data.empty()) break;
    seen += chunk->data.size();
  }
  outbound_->finish();
  end_attempt(response_.status >= 500);
}

/// Tells the balancer what became of the try, once.
void Exchange::end_attempt(bool failed) {
  if (attempt_.balancer == nullptr) return;
  attempt_.balancer->ended(attempt_.server, {now(), attempt_.first_byte, failed});
  attempt_.balancer = nullptr;
}

loop::Soon<Outcome> Exchange::settle(const Status& status) {
  if (status.ok()) return respond();
  end_attempt(status.error().origin == Origin::kUpstream);
  return fail(status.error());
}

}  // namespace fairlead::exchange
