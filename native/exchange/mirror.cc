// A mirroring service: the main service answers, and mirrors get copies of some requests.
#include "exchange/mirror.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "loop/next_turn.h"

namespace fairlead::exchange {
namespace {

using codec::BodyChunk;
using stats::Counter;

// How far a mirror may be behind the body that the main service gets, when no size bounds the bodies: a few of the largest
// pieces in which bodies are read.
constexpr std::uint64_t kMostBehind = 4 * 1024 * 1024;
// How long a mirror may take when it could have got all of the request: longer than most servers think, and short enough
// that those that hang do not pile up.
constexpr Nanos kMostTime = 60 * kSecond;
// Copies under way on one worker: each takes some 6 KiB and a connection. A mirror that hangs is not asked ever more.
constexpr std::uint32_t kMostMirrors = 1024;
// Pieces of answers after which others get their turn.
constexpr std::size_t kLongPiece = 16 * 1024;

}  // namespace

loop::Soon<Result<BodyChunk>> NoClient::read_body(Nanos) {
  const BodyChunk chunk = body_.take();
  if (!chunk.data.empty() || chunk.last) return Result<BodyChunk>(chunk);
  return wait_for_body();
}

loop::Task<Result<BodyChunk>> NoClient::wait_for_body() {
  co_await Tee::Reader::More(body_);
  co_return body_.take();
}

loop::Soon<Status> NoClient::write_head(const codec::Response&, std::string_view first, bool) {
  head_written_ = true;
  bytes_written_ += first.size();
  return Unit{};
}

/// Nothing is ever waited for here, so that a long answer would be read in one go.
loop::Soon<Status> NoClient::write_body(std::string_view data, bool) {
  bytes_written_ += data.size();
  if (data.size() < kLongPiece) return Unit{};
  return next_turn();
}

loop::Task<Status> NoClient::next_turn() {
  co_await loop::NextTurn(loop_);
  co_return Unit{};
}

void Mirror::begin(Worker& worker, const Exchange& original, std::uint32_t entry_point, const codec::Peer& peer,
                   std::uint32_t service, LocalRef<Tee> body, Start start) {
  const bool whole = !body || body->ended();
  auto* mirror = new Mirror(worker, original, entry_point, peer, service, std::move(body));
  if (start == Start::kNow) mirror->set_out();
  if (whole) mirror->has_all();
}

Mirror::Mirror(Worker& worker, const Exchange& original, std::uint32_t entry_point, const codec::Peer& peer,
               std::uint32_t service, LocalRef<Tee> body)
    : worker_(worker),
      service_(service),
      body_(worker, std::move(body)),
      peer_(peer),
      arena_(memory_),
      nobody_(worker.loop, body_),
      exchange_(worker, entry_point, peer_, nobody_, arena_),
      event_(on_event),
      alarm_(on_alarm) {
  body_.owner = event_.owner = alarm_.owner = this;
  std::memcpy(client_text_, peer.client_text.data(), peer.client_text.size());
  peer_.client_text = {client_text_, peer.client_text.size()};
  exchange_.copy(original, body_.has_body());
  worker.mirrors.push_back(*this);
  ++worker.mirror_count;
  worker.counters.add(Counter::kMirrorsActive);
}

Mirror::~Mirror() {
  task_.cancel();
  --worker_.mirror_count;
  worker_.counters.subtract(Counter::kMirrorsActive);
  worker_.counters.add(outcome_);
}

/// Not at once: the original goes first.
void Mirror::set_out() { worker_.loop.make_ready_later(event_, loop::Wake::kReady); }

void Mirror::on_event(loop::Waiter& waiter) {
  Mirror& self = *static_cast<Event&>(waiter).owner;
  if (self.task_.valid()) {
    delete &self;
    return;
  }
  self.worker_.counters.add(Counter::kMirrorRequests);
  self.outcome_ = Counter::kMirrorCancelled;
  self.task_ = self.run();
  self.task_.start();
}

void Mirror::on_alarm(loop::Timer& timer) { static_cast<Alarm&>(timer).owner->end(Counter::kMirrorGivenUp); }

loop::Task<void> Mirror::run() {
  const Outcome outcome = co_await exchange_.ask_service(service_);
  const bool answered = outcome == Outcome::kAnswered && exchange_.has_answer();
  outcome_ = answered ? Counter::kMirrorAnswered : Counter::kMirrorFailed;
  // Its frame must come to rest before it can be given back.
  worker_.loop.make_ready(event_, loop::Wake::kReady);
}

void Mirror::end(Counter outcome) {
  if (task_.valid() && !task_.done()) outcome_ = outcome;
  delete this;
}

void Mirror::has_all() {
  if (!task_.valid() && !event_.linked()) set_out();
  worker_.loop.timers().arm(alarm_, worker_.loop.now() + kMostTime);
}

void Exchange::copy(const Exchange& original, bool with_body) {
  plan_ = original.plan_;
  router_ = original.router_;
  service_ = original.service_;
  started_ = now();
  std::memcpy(request_id_, original.request_id_, sizeof(request_id_));
  request = original.request;
  request.headers = codec::Headers(arena_);
  for (const codec::Header& header : original.request.headers) {
    request.headers.add({arena_.copy(header.name), arena_.copy(header.value), header.id});
  }
  for (std::string_view* text : {&request.method_text, &request.target, &request.path, &request.query,
                                 &request.routing_path, &request.authority, &request.host, &request.flattened_host}) {
    *text = arena_.copy(*text);
  }
  request.expects_continue = false;
  if (original.body_buffered_) {
    request.body = codec::BodyKind::kLength;
    request.content_length = original.buffered_body_.size();
  }
  if (!with_body) request.body = codec::BodyKind::kNone;
}

loop::Soon<Outcome> Exchange::serve_mirrored(std::uint32_t service) {
  const wire::Service& self = snapshot().services[service];
  const LocalRef<Tee> tee = begin_mirrors(service);
  if (tee && body_buffered_) {
    tee->append(buffered_body_);
    tee->finish(inbound_->trailers());
  } else if (tee) {
    layers_ = std::make_unique<TeeLayer>(*inbound_, std::move(layers_), worker_, tee);
    inbound_ = layers_.get();
  }
  return pass(true, self.children[0].service, false);
}

/// Copies the request for the mirrors whose turn it is. The body they wait for, or null.
LocalRef<Tee> Exchange::begin_mirrors(std::uint32_t service) {
  const wire::Service& self = snapshot().services[service];
  const wire::Mirroring& rules = self.mirroring[0];
  MirrorShares& shares = plan_->service(service).mirror_shares();
  const bool has_body = body_buffered_ ? !buffered_body_.empty() : request.body != codec::BodyKind::kNone;
  const bool teed = has_body && rules.mirror_body;
  const bool possible = can_mirror(rules, teed);
  // Whether a body without a length is too long is known when its end is.
  const bool whole = teed && (body_buffered_ || (rules.max_body_size >= 0 && request.body != codec::BodyKind::kLength));
  LocalRef<Tee> tee;
  shares.count();
  for (std::uint32_t i = 1; i < self.children.size(); ++i) {
    if (!shares.is_due(i, self.children[i].weight)) continue;
    if (!possible || worker_.mirror_count >= kMostMirrors) {
      worker_.counters.add(Counter::kMirrorSkipped);
      continue;
    }
    if (teed && !tee) tee = LocalRef<Tee>(new Tee(worker_, tee_capacity(rules)));
    Mirror::begin(worker_, *this, entry_point_, peer_, self.children[i].service, tee,
                  whole ? Mirror::Start::kWithWholeBody : Mirror::Start::kNow);
  }
  return tee;
}

/// Upgrades have no end that a copy could reach; and when memory is short, or the end is near, copies go first.
bool Exchange::can_mirror(const wire::Mirroring& rules, bool with_body) const {
  if (request.wants_upgrade || worker_.draining || worker_.stage >= stats::Stage::kFrugal) return false;
  if (!with_body || rules.max_body_size < 0) return true;
  const auto most = static_cast<std::uint64_t>(rules.max_body_size);
  if (body_buffered_) return buffered_body_.size() <= most;
  return request.body != codec::BodyKind::kLength || request.content_length <= most;
}

std::uint64_t Exchange::tee_capacity(const wire::Mirroring& rules) const {
  if (rules.max_body_size >= 0) return static_cast<std::uint64_t>(rules.max_body_size);
  return std::max<std::uint64_t>(kMostBehind, buffered_body_.size());
}

}  // namespace fairlead::exchange
