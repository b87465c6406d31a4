// The request on its way to a server: its head, and its body, which streams while the response is waited for. What may
// have to be sent again is kept while it passes.
#include <utility>

#include "exchange/exchange.h"
#include "exchange/splice.h"

namespace fairlead::exchange {
namespace {

// How long a client that expects "100 Continue" waits for the server's before it gets ours (as Go's transport).
constexpr Nanos kContinueWait = kSecond;
// What is kept of a body is sent along with the head up to this size. Of more, a server that answers early need not
// take anything: it is sent while the answer is waited for.
constexpr std::size_t kBesideHead = 16 * 1024;

}  // namespace

void Exchange::keep_body(std::uint64_t limit) {
  if (inbound_.bytes_read() > 0) return;  // too late, or done already
  const bool is_small = request.body != codec::BodyKind::kLength || request.content_length <= limit;
  keeps_body_ = is_small && request.body != codec::BodyKind::kNone && !body_buffered_;
  keep_limit_ = limit;
}

void Exchange::keep(const codec::BodyChunk& chunk) {
  if (chunk.data.size() > keep_limit_ - kept_body_.size()) {
    // Larger than what may be kept: this try is the last.
    keeps_body_ = false;
    kept_body_ = ByteBuffer();
    return;
  }
  kept_body_.append(chunk.data);
  kept_whole_ = chunk.last;
}

/// What of the body leaves with the head.
Result<codec::BodyChunk> Exchange::first_of_body() {
  if (body_buffered_) {
    request.body = buffered_body_.empty() ? codec::BodyKind::kNone : codec::BodyKind::kLength;
    request.content_length = buffered_body_.size();
    return codec::BodyChunk{buffered_body_, true};
  }
  if (request.body == codec::BodyKind::kNone) return codec::BodyChunk{{}, true};
  if (keeps_body_ && (kept_whole_ || !kept_body_.empty())) {
    replays_ = kept_body_.size() > kBesideHead;
    return replays_ ? codec::BodyChunk{} : codec::BodyChunk{kept_body_.view(), kept_whole_};
  }
  if (request.expects_continue) return codec::BodyChunk{};
  const Result<codec::BodyChunk> chunk = inbound_.try_read_body();
  if (keeps_body_ && chunk.ok()) keep(*chunk);
  return chunk;
}

loop::Soon<Status> Exchange::send_request() {
  const Result<codec::BodyChunk> first = first_of_body();
  if (!first.ok()) return first.error();
  const bool last = first->last;
  const bool has_trailers = last && inbound_.trailers().size() > 0;
  loop::Soon<Status> sending = outbound_->write_head(request, forwarding_, first->data, last && !has_trailers);
  if (!sending.ready() || has_trailers) return end_head(std::move(sending), last, has_trailers);
  const Status sent = sending.take();
  if (sent.ok()) head_sent(last);
  return sent;
}

loop::Task<Status> Exchange::end_head(loop::Soon<Status> sending, bool last, bool has_trailers) {
  Status sent = co_await sending;
  if (sent.ok() && has_trailers) sent = co_await outbound_->write_trailers(inbound_.trailers());
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
    codec::BodyChunk chunk{kept_body_.view(), kept_whole_};
    if (!std::exchange(replays_, false)) {
      if (worker_.splice_requests && !keeps_body_ && splices(worker_, inbound_, *outbound_)) {
        const Status moved = co_await splice_body(worker_, inbound_, *outbound_, deadline);
        if (!moved.ok()) {
          if (moved.error().origin == Origin::kClient) body_failed(moved.error());
          co_return;
        }
      }
      const Result<codec::BodyChunk> read = co_await inbound_.read_body(deadline);
      if (!read.ok()) {
        body_failed(read.error());
        co_return;
      }
      chunk = *read;
      if (keeps_body_) keep(chunk);
    }
    last = chunk.last;
    const bool has_trailers = last && inbound_.trailers().size() > 0;
    Status sent = co_await outbound_->write_body(chunk.data, last && !has_trailers);
    if (sent.ok() && has_trailers) sent = co_await outbound_->write_trailers(inbound_.trailers());
    // The server has stopped reading. It may have answered already: the reader of the head finds out.
    if (!sent.ok()) co_return;
  }
  request_sent();
}

}  // namespace fairlead::exchange
