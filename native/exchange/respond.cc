// From a response, ours or a server's, to the client.
#include <utility>

#include "exchange/exchange.h"

#include "codec/status_text.h"
#include "exchange/splice.h"

namespace fairlead::exchange {
namespace {

using codec::BodyKind;

/// Bodies that Traefik sends with its errors; others are the bare status text.
struct ErrorText {
  std::string_view body;
  /// With Content-Type and nosniff, as Go's http.Error does.
  bool typed;
};

/// What passes in seconds; clients that come back at once would prolong it.
bool passes_soon(Reason reason) {
  return reason == Reason::kOverload || reason == Reason::kQueueFull || reason == Reason::kQueueTimeout;
}

ErrorText error_text(Reason reason, std::uint16_t status) {
  switch (reason) {
    case Reason::kNoRoute:
      return {"404 page not found\n", true};
    case Reason::kNoServer:
      return {"no available server\n", true};
    case Reason::kBodyTooLarge:
      return {"Request body too large\n", true};
    case Reason::kDeniedCharacter:
    case Reason::kDeniedHeader:
      return {"", false};
    default:
      return {codec::status_text(status), false};
  }
}

}  // namespace

loop::Soon<Outcome> Exchange::respond() {
  origin_status_ = response_.status;
  if (failover_ != nullptr && discards(response_.status)) {
    discard_response();
    slot_.give_back();
    return Outcome::kDiscarded;
  }
  if (sticky_ != nullptr || cookies_ != nullptr) set_cookies();
  if (response_.status == 101) return upgrade();
  const Result<codec::BodyChunk> first = outbound_->try_read_body();
  if (!first.ok()) return conclude(first.error());
  // Nobody else is asked from now on.
  if (layers_ != nullptr) layers_->stop_keeping();
  prepare_response(*first);
  sent_ = &response_;
  status_ = response_.status;
  if (filter_count_ > 0) return respond_later(stream_filtered(*first));
  loop::Soon<Status> streaming = stream_body(*first);
  if (!streaming.ready()) return respond_later(std::move(streaming));
  return conclude(streaming.take());
}

loop::Task<Outcome> Exchange::respond_later(loop::Soon<Status> streaming) {
  const Status status = co_await streaming;
  const Outcome outcome = co_await conclude(status);
  co_return outcome;
}

/// The server's part is over.
loop::Soon<Outcome> Exchange::conclude(const Status& status) {
  origin_duration_ = worker_.loop.now() - started_;
  note().ended = now();
  if (!status.ok()) note().reason = status.error().reason;
  const bool broke = !status.ok() && status.error().origin == Origin::kUpstream;
  judge({broke ? status.error().reason : Reason::kNone, origin_status_});
  end_attempt(origin_status_ >= 500 || broke);
  pump_.cancel();
  outbound_->finish();
  slot_.give_back();
  if (status.ok()) return Outcome::kAnswered;
  return fail(status.error());
}

loop::Task<Outcome> Exchange::upgrade() {
  pump_.cancel();
  status_ = 101;
  sent_ = &response_;
  const Status written = co_await inbound_->write_head(response_, {}, true);
  if (written.ok()) co_return Outcome::kUpgraded;
  const Outcome failed = co_await fail(written.error());
  co_return failed;
}

/// One middleware's part of the way back: first it sees the head, then it may filter the body.
void Exchange::pass_back(const Active& active, codec::Response& response, bool has_body) {
  const std::uint32_t phases = active.middleware->phases();
  middleware::Context here = context(active);
  if ((phases & middleware::kOnResponse) != 0) active.middleware->on_response(here, response);
  if (!has_body || (phases & middleware::kOnResponseBody) == 0 || filter_count_ == kMostFilters) return;
  std::unique_ptr<middleware::BodyFilter> filter = active.middleware->body_filter(here, response);
  if (filter != nullptr) filters_[filter_count_++] = std::move(filter);
}

/// The chain backwards, innermost first. `first` is what has been received of the body.
void Exchange::prepare_response(const codec::BodyChunk& first) {
  const bool has_body = response_.body != BodyKind::kNone && request.method != codec::Method::kHead;
  // A body that has arrived whole has a known length, which filters may ask for.
  if (has_body && first.last && response_.body != BodyKind::kLength && outbound_->trailers().size() == 0) {
    response_.body = BodyKind::kLength;
    response_.content_length = first.data.size();
  }
  for (std::uint32_t i = active_count_; i-- > 0;) pass_back(active_[i], response_, has_body);
  if (filter_count_ > 0) response_.body = BodyKind::kChunked;
}

loop::Soon<Status> Exchange::stream_body(codec::BodyChunk chunk) {
  const bool has_trailers = chunk.last && outbound_->trailers().size() > 0;
  // The server's part is over: its connection may serve others while a slow client takes its time.
  if (chunk.last && !pump_.valid()) {
    outbound_->finish();
    slot_.give_back();
  }
  const bool ends = chunk.last && !has_trailers;
  loop::Soon<Status> writing = inbound_->write_head(response_, chunk.data, ends);
  if (ends) return writing;
  return stream_rest(std::move(writing), chunk);
}

Nanos Exchange::idle_deadline() const {
  const Nanos idle = limit(&wire::Timeouts::idle, 0);
  return idle == 0 ? 0 : worker_.loop.now() + idle;
}

/// What follows the first piece.
loop::Task<Status> Exchange::stream_rest(loop::Soon<Status> writing, codec::BodyChunk chunk) {
  bool has_trailers = chunk.last;
  Status status = co_await writing;
  while (status.ok() && !chunk.last) {
    if (splices(worker_, *outbound_, *inbound_)) {
      const Status moved = co_await splice_body(worker_, *outbound_, *inbound_, 0, limit(&wire::Timeouts::idle, 0));
      if (!moved.ok()) co_return moved;
    }
    const Result<codec::BodyChunk> next = co_await outbound_->read_body(idle_deadline());
    if (!next.ok()) co_return next.error();
    chunk = *next;
    has_trailers = chunk.last && outbound_->trailers().size() > 0;
    status = co_await inbound_->write_body(chunk.data, chunk.last && !has_trailers);
  }
  if (status.ok() && has_trailers) status = co_await inbound_->write_trailers(outbound_->trailers());
  co_return status;
}

/// Runs one piece through all filters; the result is in filtered_[filter_count_ % 2].
Status Exchange::filter(std::string_view input, bool flush, bool last) {
  for (std::uint32_t i = 0; i < filter_count_; ++i) {
    ByteBuffer& output = filtered_[(i + 1) % 2];
    output.clear();
    const Status status = filters_[i]->process(input, flush, last, output);
    if (!status.ok()) return status;
    input = output.view();
  }
  return Unit{};
}

loop::Task<Status> Exchange::stream_filtered(codec::BodyChunk chunk) {
  const ByteBuffer& output = filtered_[filter_count_ % 2];
  for (bool head_sent = false;; head_sent = true) {
    // Whatever has come in leaves again before we sleep for more: streams stay streams.
    const bool flush = !chunk.last && !chunk.data.empty() && !outbound_->has_more();
    Status status = filter(chunk.data, flush, chunk.last);
    if (!status.ok()) co_return status;
    const bool has_trailers = chunk.last && outbound_->trailers().size() > 0;
    const bool ends = chunk.last && !has_trailers;
    if (!head_sent) {
      status = co_await inbound_->write_head(response_, output.view(), ends);
    } else if (ends || !output.empty()) {
      status = co_await inbound_->write_body(output.view(), ends);
    }
    if (status.ok() && has_trailers) status = co_await inbound_->write_trailers(outbound_->trailers());
    if (!status.ok() || chunk.last) co_return status;
    const Result<codec::BodyChunk> next = co_await outbound_->read_body(idle_deadline());
    if (!next.ok()) co_return next.error();
    chunk = *next;
  }
}

loop::Soon<Outcome> Exchange::answer(const middleware::LocalReply& reply) {
  slot_.give_back();
  if (failover_ != nullptr && discards(reply.status)) return Outcome::kDiscarded;
  auto* response = arena_.make<codec::Response>(arena_);
  response->status = reply.status;
  response->headers = reply.headers;
  response->body = BodyKind::kLength;
  response->content_length = reply.body.size();
  reason_ = reply.reason;
  for (std::uint32_t i = active_count_; i-- > 0;) pass_back(active_[i], *response, false);
  if (response->status >= 400 || reply.reason != Reason::kNone) {
    response->headers.set("X-Request-Id", {request_id_, sizeof(request_id_)});
  }
  status_ = response->status;
  sent_ = response;
  loop::Soon<Status> writing = inbound_->write_head(*response, reply.body, true);
  if (!writing.ready()) return answer_later(std::move(writing));
  return answered(writing.take());
}

loop::Task<Outcome> Exchange::answer_later(loop::Soon<Status> writing) {
  const Status written = co_await writing;
  co_return answered(written);
}

Outcome Exchange::answered(const Status& written) {
  if (written.ok()) return Outcome::kAnswered;
  reason_ = written.error().reason;
  return Outcome::kCut;
}

loop::Soon<Outcome> Exchange::fail(Error error) {
  std::uint16_t status = reason_status(error.reason);
  // Reasons that usually strike in the middle of a response have no status of their own.
  if (status == 0 && error.origin == Origin::kUpstream) status = reason_status(Reason::kUpstreamMalformed);
  if (error.reason == Reason::kClientClosed) status_ = status;
  if (inbound_->head_written() || status == 0 || error.reason == Reason::kClientClosed) {
    reason_ = error.reason;
    return Outcome::kCut;
  }
  const ErrorText text = error_text(error.reason, status);
  reply_.status = status;
  reply_.reason = error.reason;
  reply_.headers.clear();
  if (passes_soon(error.reason)) reply_.headers.add("Retry-After", "1");
  if (text.typed) {
    reply_.headers.add("Content-Type", "text/plain; charset=utf-8");
    reply_.headers.add("X-Content-Type-Options", "nosniff");
  }
  reply_.body = text.body;
  return answer(reply_);
}

}  // namespace fairlead::exchange
