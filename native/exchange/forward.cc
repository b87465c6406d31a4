// From a service to a response head: choosing a server, connecting, sending, and trying another where that is safe.
#include <algorithm>
#include <utility>

#include "exchange/exchange.h"
#include "exchange/forwarded_headers.h"
#include "exchange/splice.h"
#include "upstream/connect.h"

namespace fairlead::exchange {
namespace {

using stats::Counter;

// Connection attempts for one request, over all servers: bounds the time spent when a whole service is down.
constexpr std::uint32_t kMostTries = 16;
// A server that sends more interim responses than this for one request is broken.
constexpr unsigned kMostInterim = 20;
// How long a client that expects "100 Continue" waits for the server's before it gets ours (as Go's transport).
constexpr Nanos kContinueWait = kSecond;

}  // namespace

loop::Task<Outcome> Exchange::forward(std::uint32_t service) {
  append_forwarded_for(request, peer_, settings());
  scheduler::Balancer& balancer = plan_->service(service).balancer();
  scheduler::Ask asked{.now = now()};
  Error error{Reason::kNoServer, Origin::kUpstream, Retry::kNo};
  Outcome outcome = Outcome::kAnswered;
  std::uint32_t server = balancer.pick(asked);
  bool fresh = false;
  while (server != scheduler::kNobody && tries_ < kMostTries) {
    ++tries_;
    if (tries_ > 1) worker_.counters.add(Counter::kUpstreamRetries);
    std::unique_ptr<upstream::Connection> connection = choose(service, server, fresh);
    const bool reused = connection != nullptr;
    Status status = Unit{};
    if (!reused) {
      const upstream::ConnectContext where{worker_.loop, worker_.scratch, worker_.resolver, worker_.counters};
      upstream::ConnectResult connected =
          co_await upstream::connect(where, *target_->server, *target_->transport, target_->tls);
      status = connected.status;
      fault_ = connected.fault;
      connection = std::move(connected.connection);
    }
    const bool connects = status.ok();
    if (connects) {
      begin_try(std::move(connection));
      attempt_ = {&balancer, server, now(), 0};
      balancer.sent(server);
      status = co_await converse();
    }
    if (status.ok()) {
      outcome = co_await respond();
      co_return outcome;
    }
    error = status.error();
    end_attempt(error.origin == Origin::kUpstream);
    if (error.origin == Origin::kUpstream && !connects) {
      // Nothing was sent, so any method may go elsewhere.
      asked.excluded.add(server);
      asked.now = now();
      server = balancer.pick(asked);
      if (asked.excluded.has(server)) break;
      continue;
    }
    // An idle connection that the server closed just then: once more, on a connection of its own.
    const bool stale = error.retry == Retry::kIfReused && reused && !fresh && replayable();
    if (!stale) break;
    fresh = true;
  }
  outcome = co_await fail(error);
  co_return outcome;
}

/// Tells the balancer what became of the try, once.
void Exchange::end_attempt(bool failed) {
  if (attempt_.balancer == nullptr) return;
  attempt_.balancer->ended(attempt_.server, {now(), attempt_.first_byte, failed});
  attempt_.balancer = nullptr;
}

bool Exchange::replayable() const {
  return codec::is_idempotent(request.method) && (request.body == codec::BodyKind::kNone || body_buffered_);
}

std::unique_ptr<upstream::Connection> Exchange::choose(std::uint32_t service, std::uint32_t server, bool fresh) {
  fault_ = {};
  const std::uint32_t index = plan_->plan().first_target(service) + server;
  target_ = &plan_->plan().target(index);
  pool_ = &plan_->pool(index);
  std::unique_ptr<upstream::Connection> connection = fresh ? nullptr : pool_->take();
  if (connection != nullptr) worker_.counters.add(Counter::kUpstreamReused);
  return connection;
}

void Exchange::begin_try(std::unique_ptr<upstream::Connection> connection) {
  worker_.counters.add(Counter::kUpstreamRequests);
  outbound_.emplace(worker_.buffers, *pool_, std::move(connection), request.method, arena_);
  forwarding_.host = service_->pass_host_header ? request.authority : target_->server->authority.view();
  forwarding_.path_prefix = target_->server->preserve_path ? target_->server->path.view() : std::string_view();
}

/// Sends the request and reads the head of the response, past interim ones, which are relayed.
loop::Task<Status> Exchange::converse() {
  timed_out_ = false;
  awaits_head_ = true;
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
  awaits_head_ = false;
  response_timer_.unlink();
  continue_timer_.unlink();
  if (status.ok()) {
    attempt_.first_byte = std::max<Nanos>(now() - attempt_.sent, 1);
    co_return status;
  }
  pump_.cancel();
  outbound_->finish();
  if (timed_out_) co_return Error{Reason::kUpstreamHeadTimeout, Origin::kUpstream, Retry::kNo};
  if (pump_failed_) co_return pump_status_;
  co_return status;
}

/// What of the body leaves with the head.
Result<codec::BodyChunk> Exchange::first_of_body() {
  if (body_buffered_) {
    request.body = buffered_body_.empty() ? codec::BodyKind::kNone : codec::BodyKind::kLength;
    request.content_length = buffered_body_.size();
    return codec::BodyChunk{buffered_body_, true};
  }
  if (request.body == codec::BodyKind::kNone) return codec::BodyChunk{{}, true};
  if (request.expects_continue) return codec::BodyChunk{};
  return inbound_->try_read_body();
}

loop::Soon<Status> Exchange::send_request() {
  const Result<codec::BodyChunk> first = first_of_body();
  if (!first.ok()) return first.error();
  const bool last = first->last;
  const bool has_trailers = last && inbound_->trailers().size() > 0;
  loop::Soon<Status> sending = outbound_->write_head(request, forwarding_, first->data, last && !has_trailers);
  if (!sending.ready() || has_trailers) return end_head(std::move(sending), last, has_trailers);
  const Status sent = sending.take();
  if (sent.ok()) head_sent(last);
  return sent;
}

loop::Task<Status> Exchange::end_head(loop::Soon<Status> sending, bool last, bool has_trailers) {
  Status sent = co_await sending;
  if (sent.ok() && has_trailers) sent = co_await outbound_->write_trailers(inbound_->trailers());
  if (sent.ok()) head_sent(last);
  co_return sent;
}

void Exchange::head_sent(bool last) {
  if (last) {
    request_sent();
  } else if (request.expects_continue) {
    worker_.loop.timers().arm(continue_timer_, now() + kContinueWait);
  } else {
    start_pump(false);
  }
}

/// The whole request is on its way: from now on the server is the one who is waited for, unless it has answered already.
void Exchange::request_sent() {
  const Nanos limit = target_->transport->response_header_timeout;
  if (limit > 0 && awaits_head_) worker_.loop.timers().arm(response_timer_, now() + limit);
}

void Exchange::on_response_late(loop::Timer& timer) {
  Exchange& self = *static_cast<ExchangeTimer&>(timer).owner;
  self.timed_out_ = true;
  self.outbound_->abort();
}

void Exchange::on_continue_late(loop::Timer& timer) { static_cast<ExchangeTimer&>(timer).owner->start_pump(true); }

void Exchange::start_pump(bool send_continue) {
  continue_timer_.unlink();
  if (pump_.valid()) return;
  pump_ = pump_body(send_continue);
  pump_.start();
}

/// The client did not send all of its body: what it has begun at the server must not be taken for the whole.
void Exchange::body_failed(Error error) {
  pump_failed_ = true;
  pump_status_ = error;
  outbound_->abort();
}

/// Carries the request body while the response is waited for.
loop::Task<void> Exchange::pump_body(bool send_continue) {
  if (send_continue) {
    codec::Response interim(arena_);
    interim.status = 100;
    const Status told = co_await inbound_->write_interim(interim);
    if (!told.ok()) co_return;
  }
  const Nanos limit = settings().read_timeout;
  const Nanos deadline = limit == 0 ? 0 : started_ + limit;
  for (bool last = false; !last;) {
    if (worker_.splice_requests && splices(worker_, *inbound_, *outbound_)) {
      const Status moved = co_await splice_body(worker_, *inbound_, *outbound_, deadline);
      if (!moved.ok()) {
        if (moved.error().origin == Origin::kClient) body_failed(moved.error());
        co_return;
      }
    }
    const Result<codec::BodyChunk> chunk = co_await inbound_->read_body(deadline);
    if (!chunk.ok()) {
      body_failed(chunk.error());
      co_return;
    }
    last = chunk->last;
    const bool has_trailers = last && inbound_->trailers().size() > 0;
    Status sent = co_await outbound_->write_body(chunk->data, last && !has_trailers);
    if (sent.ok() && has_trailers) sent = co_await outbound_->write_trailers(inbound_->trailers());
    // The server has stopped reading. It may have answered already: the reader of the head finds out.
    if (!sent.ok()) co_return;
  }
  request_sent();
}

loop::Task<Status> Exchange::relay_interim() {
  if (response_.status == 100) {
    // Ours has been sent already when the server took too long, and nobody asked for one without Expect.
    if (!request.expects_continue || pump_.valid()) co_return Unit{};
    const Status relayed = co_await inbound_->write_interim(response_);
    if (relayed.ok()) start_pump(false);
    co_return relayed;
  }
  const Status relayed = co_await inbound_->write_interim(response_);
  co_return relayed;
}

}  // namespace fairlead::exchange
