// The request on its way to a server: its head, and its body, which streams while the response is waited for. What may
// have to be sent again is kept while it passes.
#include <utility>

#include "exchange/exchange.h"
#include "exchange/splice.h"

namespace fairlead::exchange {
namespace {

// How long a client that expects "100 Continue" waits for the server's before it gets ours (as Go's transport).
constexpr Nanos kContinueWait = kSecond;

}  // namespace

Replay* Exchange::keep_body(std::uint64_t limit) {
  if (request.body == codec::BodyKind::kNone || body_buffered_) return nullptr;
  if (Replay* const kept = kept_body(); kept != nullptr) {
    kept->raise_limit(limit);
    return kept;
  }
  if (request.body == codec::BodyKind::kLength && request.content_length > limit) return nullptr;
  layers_ = std::make_unique<Replay>(*inbound_, std::move(layers_), worker_.buffers, limit);
  inbound_ = layers_.get();
  return kept_body();
}

void Exchange::uncover(const InboundLayer& layer) {
  while (layers_.get() != &layer) layers_ = layers_->take_below();
  inbound_ = layers_.get();
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
  const Nanos time = limit(&wire::Timeouts::response_header, target_->transport->response_header_timeout);
  if (time == 0 || !awaits_head_) return;
  const Nanos by = now() + time;
  if (try_deadline_ == 0 || by < try_deadline_) worker_.loop.timers().arm(response_timer_, by);
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
  // The client has been told to send its body: no other server needs to be asked whether it wants it.
  request.expects_continue = false;
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
    const Status told = co_await write_interim(interim);
    if (!told.ok()) co_return;
  }
  const Nanos limit = settings().read_timeout;
  const Nanos deadline = limit == 0 ? 0 : started_ + limit;
  for (bool last = false; !last;) {
    if (splices(worker_, *inbound_, *outbound_)) {
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

}  // namespace fairlead::exchange
