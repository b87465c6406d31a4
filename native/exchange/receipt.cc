#include "exchange/receipt.h"

namespace fairlead::exchange {
namespace {

const char* kept_name(Kept kept) {
  switch (kept) {
    case Kept::kFailed:
      return "failed";
    case Kept::kRefused:
      return "refused";
    case Kept::kSampled:
      return "sampled";
  }
  return "";
}

/// Times before the head was read are left out, but for that of the connection.
void write_time(std::string_view name, Nanos time, Nanos origin, JsonWriter& json) {
  if (time >= origin && time != 0) json.number(name, (time - origin) / kMicrosecond);
}

void write_queue(const QueueNote& queue, Nanos ended, Nanos origin, JsonWriter& json) {
  // It may have been cut while it waited.
  const Nanos until = queue.ended != 0 ? queue.ended : ended;
  json.key("queue").begin_object();
  write_time("begun", queue.begun, origin, json);
  write_time("ended", until, origin, json);
  json.number("waited", until > queue.begun ? until - queue.begun : 0);
  json.text("key", queue.key.view()).number("weight", queue.weight).number("keyWaiting", queue.key_waiting);
  json.number("active", queue.active).number("concurrency", queue.concurrency);
  json.number("waiting", queue.waiting).number("maxLength", queue.max_length).end_object();
}

void write_rate(const ReceiptRate& rate, JsonWriter& json) {
  json.key("rateLimit").begin_object().text("middleware", rate.middleware.view()).boolean("admitted", rate.admitted);
  json.number("average", rate.average).number("period", rate.period / kMicrosecond).number("burst", rate.burst);
  json.number("left", rate.left).number("delay", rate.delay / kMicrosecond).end_object();
}

}  // namespace

std::uint64_t receipt_id(std::string_view text) {
  constexpr std::size_t kDigits = 16;
  std::uint64_t number = 0;
  if (text.size() != kDigits) return 0;
  for (const char c : text) {
    const bool is_digit = c >= '0' && c <= '9';
    if (!is_digit && (c < 'a' || c > 'f')) return 0;
    number = number << 4 | static_cast<unsigned>(is_digit ? c - '0' : c - 'a' + 10);
  }
  return number;
}

Receipts::Receipts() {
  for (std::size_t i = 0; i < rings_.size(); ++i) {
    rings_[i].receipts = std::make_unique_for_overwrite<Receipt[]>(kRoom[i]);
  }
}

Receipt& Receipts::next(Kept kept) {
  const auto at = static_cast<std::size_t>(kept);
  return rings_[at].receipts[rings_[at].written++ % kRoom[at]];
}

const Receipt* Receipts::find(std::uint64_t id) const {
  for (std::size_t i = 0; i < rings_.size(); ++i) {
    const std::uint64_t filled = std::min<std::uint64_t>(rings_[i].written, kRoom[i]);
    for (std::uint64_t at = 0; at < filled; ++at) {
      if (rings_[i].receipts[at].id == id) return &rings_[i].receipts[at];
    }
  }
  return nullptr;
}

void write_receipt(const Receipt& receipt, std::uint32_t worker, JsonWriter& json) {
  const Nanos origin = receipt.head_read;
  json.begin_object().number("worker", worker).text("kept", kept_name(receipt.kept));
  json.number("started", receipt.wall / kMillisecond).text("client", receipt.client.view()).boolean("tls", receipt.tls);
  json.text("entryPoint", receipt.entry_point.view()).text("method", receipt.method.view());
  json.text("host", receipt.host.view()).text("target", receipt.target.view());
  if (!receipt.router.view().empty()) json.text("router", receipt.router.view());
  if (!receipt.service.view().empty()) json.text("service", receipt.service.view());
  json.number("status", receipt.status).number("originStatus", receipt.origin_status);
  json.text("reason", reason_name(receipt.reason)).text("fault", receipt.fault.view());
  json.number("number", receipt.number);
  if (origin >= receipt.accepted) json.number("connectionAge", (origin - receipt.accepted) / kMicrosecond);
  write_time("middlewaresDone", receipt.middlewares_done, origin, json);
  write_time("ended", receipt.ended, origin, json);
  json.number("bytesReceived", receipt.bytes_received).number("bytesSent", receipt.bytes_sent);
  if (receipt.has_rate) write_rate(receipt.rate, json);
  if (receipt.has_queue) write_queue(receipt.queue, receipt.ended, origin, json);
  json.number("tries", receipt.tries).key("servers").begin_array();
  for (std::uint32_t i = 0; i < std::min(receipt.tries, kMostReceiptTries); ++i) {
    const ReceiptTry& one = receipt.servers[i];
    json.begin_object().text("server", one.server.view()).boolean("reused", one.reused);
    write_time("begun", one.begun, origin, json);
    write_time("connected", one.connected, origin, json);
    write_time("firstByte", one.first_byte, origin, json);
    write_time("ended", one.ended, origin, json);
    json.text("reason", reason_name(one.reason)).end_object();
  }
  json.end_array().end_object();
}

}  // namespace fairlead::exchange
