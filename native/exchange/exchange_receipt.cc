// What is remembered of an exchange when it has ended.
#include "exchange/exchange.h"

namespace fairlead::exchange {
void Exchange::keep_receipt(Kept kept) {
  const Nanos ended = worker_.loop.refresh_now();
  Receipt& receipt = worker_.receipts.next(kept);
  receipt.id = receipt_id({request_id_, sizeof(request_id_)});
  receipt.wall = wall_now() - (ended - started_);
  receipt.accepted = accepted_;
  receipt.head_read = started_;
  receipt.middlewares_done = middlewares_done_;
  receipt.ended = ended;
  receipt.bytes_received = inbound_->bytes_read();
  receipt.bytes_sent = inbound_->bytes_written();
  receipt.number = number_;
  receipt.status = status_;
  receipt.origin_status = origin_status_;
  receipt.reason = reason_;
  receipt.tls = peer_.tls;
  receipt.kept = kept;
  receipt.method = request.method_text;
  receipt.client = peer_.client_text;
  receipt.entry_point = settings().name;
  receipt.host = request.host;
  // Without the query, which may hold what is nobody's business.
  receipt.target = request.target.substr(0, request.target.find('?'));
  receipt.router = router_ == nullptr ? std::string_view() : router_->name.view();
  receipt.service = service_ == nullptr ? std::string_view() : service_->name.view();
  receipt.fault = fault_;
  receipt.has_queue = queued_ != nullptr;
  if (queued_ != nullptr) receipt.queue = *queued_;
  write_rate(receipt);
  write_tries(receipt);
}

void Exchange::write_rate(Receipt& receipt) const {
  receipt.has_rate = rated_ != nullptr;
  if (rated_ == nullptr) return;
  ReceiptRate& to = receipt.rate;
  to.middleware = rated_->middleware;
  to.average = rated_->limit->average;
  to.period = rated_->limit->period;
  to.burst = rated_->limit->burst;
  to.left = rated_->spare / rated_->interval;
  to.delay = rated_->delay;
  to.admitted = rated_->admitted;
}

void Exchange::write_tries(Receipt& receipt) const {
  receipt.tries = tries_;
  for (std::uint32_t i = 0; i < std::min(tries_, kMostReceiptTries); ++i) {
    const TryNote& from = notes_[i];
    ReceiptTry& to = receipt.servers[i];
    to.server = from.target->server->url;
    to.begun = from.begun;
    to.connected = from.connected;
    to.first_byte = from.first_byte;
    to.ended = from.ended;
    to.reason = from.reason;
    to.reused = from.reused;
  }
}

}  // namespace fairlead::exchange
