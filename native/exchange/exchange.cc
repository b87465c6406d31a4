#include "exchange/exchange.h"

#include <utility>

#include "exchange/forwarded_headers.h"

namespace fairlead::exchange {
namespace {

using stats::Counter;

void write_hex(std::uint64_t number, char (&into)[16]) {
  for (int i = 15; i >= 0; --i, number >>= 4) into[i] = "0123456789abcdef"[number & 15];
}

Counter class_counter(std::uint16_t status) {
  switch (status / 100) {
    case 1:
      return Counter::kResponses1xx;
    case 2:
      return Counter::kResponses2xx;
    case 3:
      return Counter::kResponses3xx;
    case 4:
      return Counter::kResponses4xx;
    default:
      return Counter::kResponses5xx;
  }
}

}  // namespace

Exchange::Exchange(Worker& worker, std::uint32_t entry_point, const codec::Peer& peer, codec::Inbound& inbound,
                   Arena& arena)
    : request(arena),
      worker_(worker),
      plan_(worker.plan),
      entry_point_(entry_point),
      peer_(peer),
      inbound_(&inbound),
      arena_(arena),
      reply_(arena),
      response_(arena),
      response_timer_(on_response_late),
      continue_timer_(on_continue_late) {
  response_timer_.owner = this;
  continue_timer_.owner = this;
}

void Exchange::begin(Nanos accepted, std::uint32_t number) {
  begun_ = true;
  started_ = now();
  accepted_ = accepted;
  number_ = number;
  write_hex(worker_.next_request_id(), request_id_);
  worker_.counters.add(Counter::kRequestsTotal);
  worker_.counters.add(Counter::kRequestsActive);
  ++worker_.loop.in_flight;
}

Exchange::~Exchange() {
  end_attempt(false);
  if (!begun_) return;
  if (!logged_) {
    // Nobody cancels an exchange but the worker, which says why.
    reason_ = worker_.cut_reason;
    log();
  }
  --worker_.loop.in_flight;
  worker_.counters.subtract(Counter::kRequestsActive);
}

loop::Soon<Outcome> Exchange::run() {
  if (!settle_forwarded_headers(request, peer_, settings(), snapshot().host_name)) {
    return fail({Reason::kDeniedHeader, Origin::kClient, Retry::kNo});
  }
  if (request.headers.find(codec::HeaderId::kRequestId) == nullptr) {
    request.headers.add({"X-Request-Id", {request_id_, sizeof(request_id_)}, codec::HeaderId::kRequestId});
  }
  if (snapshot().flattens_hosts) [[unlikely]]
    return route_flattened();
  return route();
}

loop::Soon<Outcome> Exchange::refuse(Reason reason, std::string_view fault) {
  fault_ = fault;
  return fail({reason, Origin::kClient, Retry::kNo});
}

void Exchange::client_gone() {
  reason_ = Reason::kClientClosed;
  status_ = reason_status(Reason::kClientClosed);
  log();
}

std::uint64_t Exchange::held_bytes() const {
  return (outbound_ ? outbound_->held_bytes() : 0) + (layers_ == nullptr ? 0 : layers_->held_bytes()) +
         filtered_[0].capacity() + filtered_[1].capacity();
}

std::unique_ptr<upstream::Connection> Exchange::take_tunnel(net::Buffer& first) {
  return outbound_->take_tunnel(first);
}

loop::Task<void> Exchange::sleep(Nanos duration) { co_await loop::SleepUntil(worker_.loop, now() + duration); }

loop::Task<Result<std::string_view>> Exchange::buffer_request_body(std::uint64_t limit) {
  if (body_buffered_) co_return buffered_body_;
  if (request.expects_continue) {
    const Status told = co_await tell_to_continue();
    if (!told.ok()) co_return told.error();
  }
  ByteBuffer bytes;
  const Nanos time = settings().read_timeout;
  const Nanos deadline = time == 0 ? 0 : started_ + time;
  for (bool last = request.body == codec::BodyKind::kNone; !last;) {
    const Result<codec::BodyChunk> chunk = co_await inbound_->read_body(deadline);
    if (!chunk.ok()) co_return chunk.error();
    if (chunk->data.size() > limit - bytes.size()) {
      co_return Error{Reason::kHeaderTooLarge, Origin::kClient, Retry::kNo};
    }
    bytes.append(chunk->data);
    last = chunk->last;
  }
  body_buffered_ = true;
  buffered_body_ = arena_.copy(bytes.view());
  co_return buffered_body_;
}

/// The client waits for this before it sends; the server will get the body with the head and need not be asked.
loop::Task<Status> Exchange::tell_to_continue() {
  codec::Response interim(arena_);
  interim.status = 100;
  const Status told = co_await inbound_->write_interim(interim);
  if (told.ok()) request.expects_continue = false;
  co_return told;
}

middleware::Context Exchange::context(const Active& active) {
  return {request, peer_, arena_, reply_, *this, active.state, &user_};
}

void Exchange::log() {
  if (logged_) return;
  logged_ = true;
  if (status_ != 0) worker_.counters.add(class_counter(status_));
  if (reason_ != Reason::kNone) {
    worker_.counters.add(stats::reason_counter(reason_));
    // What a middleware answers is seldom a fault: redirections, for one.
    const bool is_fault = reason_ != Reason::kMiddlewareReplied || status_ >= 400;
    if (is_fault) keep_receipt(status_ >= 500 || status_ == 0 ? Kept::kFailed : Kept::kRefused);
  } else if (status_ >= 500) {
    keep_receipt(Kept::kFailed);
  } else if (worker_.receipts.is_sampled()) {
    keep_receipt(Kept::kSampled);
  }
  worker_.counters.add(Counter::kBytesSent, inbound_->bytes_written());
  worker_.counters.add(Counter::kBytesReceived, inbound_->bytes_read());
  const wire::AccessLog& config = snapshot().access_log;
  if (!config.enabled || (router_ != nullptr && !router_->access_log)) return;
  AccessRecord record;
  record.request = &request;
  record.peer = &peer_;
  record.response = sent_;
  record.entry_point = settings().name;
  if (router_ != nullptr) record.router = router_->name;
  if (service_ != nullptr) record.service = service_->name;
  if (target_ != nullptr) record.server_url = target_->server->url;
  record.request_id = {request_id_, sizeof(request_id_)};
  record.fault = fault_;
  record.user = user_;
  record.reason = reason_;
  record.status = status_;
  record.origin_status = origin_status_;
  record.retries = retries_;
  record.internal = service_ != nullptr && service_->name.view().ends_with("@internal");
  record.request_bytes = inbound_->bytes_read();
  record.response_bytes = inbound_->bytes_written();
  record.origin_bytes = outbound_ ? outbound_->bytes_read() : 0;
  record.duration = worker_.loop.refresh_now() - started_;
  record.started = wall_now() - record.duration;
  record.origin_duration = origin_duration_;
  record.queue_duration = queue_duration_;
  record.request_count = worker_.counters.get(Counter::kRequestsTotal);
  worker_.counters.add(worker_.log.log(config, record) ? Counter::kAccessLogLines : Counter::kAccessLogDropped);
}

}  // namespace fairlead::exchange
