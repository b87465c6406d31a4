// The spine: one request on its way through router, middlewares and services to a response.
//
//   request → route → chain → service → server → response → chain backwards → client
//
// An exchange lives in the frame of the connection's task. It holds the worker's plan it began under.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/arena.h"
#include "codec/inbound.h"
#include "codec/message.h"
#include "exchange/failover.h"
#include "exchange/inbound_layer.h"
#include "exchange/tries.h"
#include "exchange/worker.h"
#include "loop/soon.h"
#include "loop/task.h"
#include "middleware/middleware.h"
#include "upstream/connect.h"
#include "upstream/http1_client.h"

namespace fairlead::exchange {

class Tee;

/// How an exchange ended, for the connection.
enum class Outcome : std::uint8_t {
  kAnswered,  // the response is complete; the inbound side knows whether another request may follow
  kCut,       // the response is incomplete or impossible: close with a reset
  kUpgraded,  // 101 was sent; take the server's connection with take_tunnel()
  kDiscarded  // nothing was sent; never leaves the exchange: a failover service goes on with its fallback
};

class Exchange final : public middleware::Facilities {
 public:
  Exchange(Worker& worker, std::uint32_t entry_point, const codec::Peer& peer, codec::Inbound& inbound, Arena& arena);
  ~Exchange() override;

  codec::Request request;

  /// A request has begun to arrive: from now on it is counted, timed and logged. It is the `number`th of its connection,
  /// which was accepted at `accepted`.
  void begin(Nanos accepted, std::uint32_t number);
  /// From a parsed request to a finished response. log() comes next.
  loop::Soon<Outcome> run();
  /// Answers a request that was refused before it could be understood. log() comes next.
  loop::Soon<Outcome> refuse(Reason reason, std::string_view fault);
  /// Writes the log line and counts, once.
  void log();
  /// The client is gone: writes the log line. What run() waits for is to be cancelled.
  void client_gone();
  /// Bytes in buffers towards the server, and in those of body filters.
  std::uint64_t held_bytes() const;
  /// After kUpgraded.
  std::unique_ptr<upstream::Connection> take_tunnel(net::Buffer& first);
  /// The same: the tunnel holds it until it ends.
  Slot take_slot() { return std::move(slot_); }

  /// For a mirror: makes this the exchange of a copy of what `original` is about to ask its main service. It is neither
  /// counted nor logged.
  void copy(const Exchange& original, bool with_body);
  /// Instead of run(): asks `service`.
  loop::Soon<Outcome> ask_service(std::uint32_t service) { return pass(true, service, false); }
  /// The request was answered by somebody who was asked.
  bool has_answer() const { return reason_ == Reason::kNone || reason_ == Reason::kMiddlewareReplied; }

  // middleware::Facilities
  Nanos now() const override { return worker_.loop.now(); }
  loop::Task<void> sleep(Nanos duration) override;
  loop::Task<Status> fetch(const middleware::FetchRequest& request, middleware::FetchReply& reply) override;
  loop::Task<Result<std::string_view>> buffer_request_body(std::uint64_t limit) override;
  void set_retry(const wire::Retry& policy) override { retry_ = &policy; }
  void note_rate(const middleware::RateNote& note) override { rated_ = arena_.make<middleware::RateNote>(note); }

 private:
  /// A middleware that has seen this request, and what it remembers of it.
  struct Active {
    const middleware::Middleware* middleware;
    void* state;
  };
  /// Body filters that can be stacked; further ones are left out.
  static constexpr std::uint32_t kMostFilters = 4;
  struct ExchangeTimer : loop::Timer {
    using Timer::Timer;
    Exchange* owner = nullptr;
  };
  /// The try that is under way, until its balancer has been told of the end.
  struct Attempt {
    scheduler::Balancer* balancer = nullptr;  // the plan keeps it
    std::uint32_t service = 0;
    std::uint32_t server = 0;
    Nanos sent = 0;
    Nanos first_byte = 0;
  };
  /// What services on the way to an answer change of an exchange.
  struct Before {
    codec::Request request;
    /// Null when there are none.
    codec::Headers* cookies;
    const wire::Retry* retry;
    std::uint32_t active_count;
  };
  /// What a receipt tells of a try. Times as in ReceiptTry.
  struct TryNote {
    const Target* target;
    Nanos begun;
    Nanos connected;
    Nanos first_byte;
    Nanos ended;
    Reason reason;
    bool reused;
  };
  /// The note of the try that is under way; the last one stands for all that do not fit.
  TryNote& note() { return notes_[tries_ < kMostReceiptTries ? tries_ - 1 : kMostReceiptTries - 1]; }
  void keep_receipt(Kept kept);
  void write_rate(Receipt& receipt) const;
  void write_tries(Receipt& receipt) const;
  const wire::Snapshot& snapshot() const { return plan_->plan().snapshot(); }
  const wire::EntryPoint& settings() const { return snapshot().entry_points[entry_point_]; }

  /// Answers the expectation of the client, whose body is wanted here.
  loop::Task<Status> tell_to_continue();

  // fetch.cc
  loop::Task<Status> fetch_reply(const middleware::FetchRequest& asked, middleware::FetchReply& reply);
  void own(middleware::FetchReply& reply, std::string_view body);

  // flatten.cc
  /// route(), once it is known where the CNAME records of the host lead to, or that nobody can tell.
  loop::Soon<Outcome> route_flattened();
  loop::Task<Outcome> flatten_later();

  // route.cc
  loop::Soon<Outcome> route() { return route_among(plan_->plan().routes(entry_point_, peer_.tls)); }
  loop::Soon<Outcome> route_among(const router::Router& routes);
  /// From a router that has children to the best of these, behind its chain.
  loop::Soon<Outcome> descend(std::uint32_t router);
  loop::Task<Outcome> descend_later(loop::Soon<bool> passing, std::uint32_t layer);
  Reason refused_by_router(const wire::Router& router) const;
  /// Runs `chain`; false when a middleware has answered into reply_.
  loop::Soon<bool> run_chain(Chain chain);
  /// The same from the first middleware on that may wait.
  loop::Task<bool> run_slow_chain(Chain chain);
  bool run_one(const middleware::Middleware* middleware);
  bool goes_on(middleware::Verdict verdict);
  /// Asks `service` behind `chain`: that of the router, then (`entering`) that of the service itself.
  loop::Soon<Outcome> ask(std::uint32_t service, Chain chain, bool entering);
  loop::Task<Outcome> ask_later(loop::Soon<bool> passing, std::uint32_t service, bool entering);
  loop::Soon<Outcome> pass(bool passed, std::uint32_t service, bool entering);
  loop::Soon<Outcome> serve(std::uint32_t service);
  void answer_internally(wire::ServiceKind kind);

  // in_turn.cc
  /// forward(), once the limit of the service allows it.
  loop::Soon<Outcome> forward_in_turn(std::uint32_t service);
  loop::Task<Outcome> forward_later(std::uint32_t service, Limit& limit, std::string_view key, std::uint64_t cost);
  // stickiness.cc
  std::uint32_t find_kept(const scheduler::Sticky& sticky, const scheduler::Balancer& balancer);
  void keep_at(const scheduler::Sticky& sticky, std::uint32_t chosen);
  void set_cookies();
  std::uint32_t choose_child(std::uint32_t service);
  // mirror.cc
  /// Asks the main service of a mirroring service, after copies of the request have been made.
  loop::Soon<Outcome> serve_mirrored(std::uint32_t service);
  LocalRef<Tee> begin_mirrors(std::uint32_t service);
  bool can_mirror(const wire::Mirroring& rules, bool with_body) const;
  std::uint64_t tee_capacity(const wire::Mirroring& rules) const;

  // failover.cc
  /// Asks the main service of a failover service, and the fallback when that is to answer.
  loop::Task<Outcome> fail_over(std::uint32_t service);
  /// Nothing: what `main` answered was discarded, and the request is ready to be sent elsewhere.
  loop::Task<std::optional<Outcome>> ask_first(std::uint32_t main, const wire::Failover& rules);
  /// Whether the body is at most `bound` bytes long (negative: no bound), after it has been read if that is what it takes.
  loop::Task<Status> check_body(std::int64_t bound, Replay* kept);
  Before before() const;
  void start_over(const Before& before);
  /// An answer with this status is not for the client: some failover service has a fallback for it.
  bool discards(std::uint16_t status);

  // forward.cc
  /// Asks servers of `service` until there is an answer to pass on, within the time for all of it.
  loop::Task<Outcome> forward(std::uint32_t service);
  loop::Task<Outcome> forward_in_time(std::uint32_t service, Nanos deadline);
  loop::Task<Outcome> try_servers(std::uint32_t service);
  /// Takes a server as the target of a try. An idle connection to it, or null: one has to be made.
  std::unique_ptr<upstream::Connection> choose(std::uint32_t service, std::uint32_t server, bool fresh);
  loop::Task<upstream::ConnectResult> connect();
  /// The time for this try is over.
  bool try_is_late() const { return try_deadline_ != 0 && now() >= try_deadline_; }
  void begin_conversation(std::unique_ptr<upstream::Connection> connection);
  /// What became of a try says something about the server.
  void judge(upstream::TryOutcome outcome);
  loop::Task<Status> converse();
  Status conversed(Status status);
  void end_conversation();
  /// Judges a try. True: what came of it is let go, and there is another.
  bool again(Tries& tries, const TryResult& result);
  /// Its method allows to send it twice; and so does its body, of which all that was read is at hand.
  bool may_repeat() const;
  bool repeatable() const;
  /// The response of this try is for nobody.
  void discard_response();
  void end_attempt(bool failed);
  /// The end of all tries: a response is passed on, a failure becomes an answer of ours.
  loop::Soon<Outcome> settle(const Status& status);
  /// A deadline that router or service may set; `usual` when neither does. 0 = none.
  Nanos limit(std::int64_t wire::Timeouts::*which, Nanos usual) const {
    for (const wire::Timeouts* said : limits_) {
      if (said != nullptr && said->*which >= 0) return static_cast<Nanos>(said->*which);
    }
    return usual;
  }
  const wire::Timeouts* timeouts(std::uint32_t index) const {
    return index == wire::kNone ? nullptr : &snapshot().timeouts[index];
  }
  loop::Task<Status> write_interim(const codec::Response& interim);
  loop::Task<Status> relay_interim();

  // send.cc
  loop::Soon<Status> send_request();
  loop::Task<Status> end_head(loop::Soon<Status> sending, bool last, bool has_trailers);
  Result<codec::BodyChunk> first_of_body();
  void head_sent(bool last);
  loop::Task<void> pump_body(bool send_continue);
  void start_pump(bool send_continue);
  void body_failed(Error error);
  void request_sent();
  /// From now on what is read of the request body is kept, up to `limit` bytes, so that it can be sent again. Null when
  /// there is none, when it lies in memory anyway, and when it is known to be longer.
  Replay* keep_body(std::uint64_t limit);
  /// Where what was read of the body is kept: the uppermost layer, or null.
  Replay* kept_body() const { return layers_ == nullptr ? nullptr : layers_->replay(); }
  /// Takes away the layers above `layer`.
  void uncover(const InboundLayer& layer);
  static void on_response_late(loop::Timer& timer);
  static void on_continue_late(loop::Timer& timer);

  // respond.cc
  loop::Soon<Outcome> respond();
  loop::Task<Outcome> respond_later(loop::Soon<Status> streaming);
  loop::Soon<Outcome> conclude(const Status& status);
  loop::Task<Outcome> upgrade();
  Nanos idle_deadline() const;
  loop::Soon<Status> stream_body(codec::BodyChunk chunk);
  loop::Task<Status> stream_rest(loop::Soon<Status> writing, codec::BodyChunk chunk);
  loop::Task<Status> stream_filtered(codec::BodyChunk chunk);
  void prepare_response(const codec::BodyChunk& first);
  void pass_back(const Active& active, codec::Response& response, bool has_body);
  Status filter(std::string_view input, bool flush, bool last);
  Active& activate(const middleware::Middleware& middleware);
  loop::Soon<Outcome> answer(const middleware::LocalReply& reply);
  loop::Task<Outcome> answer_later(loop::Soon<Status> writing);
  Outcome answered(const Status& written);
  loop::Soon<Outcome> fail(Error error);

  middleware::Context context(const Active& active);

  Worker& worker_;
  LocalRef<WorkerPlan> plan_;
  std::uint32_t entry_point_;
  const codec::Peer& peer_;
  /// The client's side: its codec, or the uppermost of layers_.
  codec::Inbound* inbound_;
  std::unique_ptr<InboundLayer> layers_;
  Arena& arena_;
  middleware::LocalReply reply_;
  /// Whom a middleware recognised; views into the arena.
  std::string_view user_;
  codec::Response response_;
  const codec::Response* sent_ = nullptr;
  Active* active_ = nullptr;
  std::uint32_t active_count_ = 0;
  std::uint32_t active_capacity_ = 0;
  std::array<std::unique_ptr<middleware::BodyFilter>, kMostFilters> filters_;
  std::uint32_t filter_count_ = 0;
  ByteBuffer filtered_[2];

  /// Of target_.
  upstream::Pool* pool_ = nullptr;
  std::optional<upstream::Http1Client> outbound_;
  upstream::Forwarding forwarding_;
  loop::Task<void> pump_;
  Status pump_status_ = Unit{};
  bool pump_failed_ = false;
  bool timed_out_ = false;
  /// An interim response is on its way to the client: until it has left nothing else can be said.
  bool writes_interim_ = false;
  /// No response head has come from the server that is being tried.
  bool awaits_head_ = false;
  /// A middleware has read the request body; it is sent from here.
  bool body_buffered_ = false;
  std::string_view buffered_body_;
  ExchangeTimer response_timer_;
  ExchangeTimer continue_timer_;

  const wire::Router* router_ = nullptr;
  const wire::Service* service_ = nullptr;
  const Target* target_ = nullptr;
  /// When a request is sent again; null unless a middleware has asked for it.
  const wire::Retry* retry_ = nullptr;
  Attempt attempt_;
  /// At a service with a limit; the plan keeps the account.
  Slot slot_;
  Nanos queue_duration_ = 0;
  /// For the receipt; null unless the request has waited, or has met a rate limit.
  const QueueNote* queued_ = nullptr;
  const middleware::RateNote* rated_ = nullptr;
  /// Of the load balancer that is asked, when it keeps its clients.
  const scheduler::Sticky* sticky_ = nullptr;
  /// Whom the cookie of the client named, at the service that was asked last.
  scheduler::Sticky::Found kept_;
  /// Set-Cookie fields for the services on the way; null when there are none.
  codec::Headers* cookies_ = nullptr;
  /// What router and service say about the time; null for most.
  std::array<const wire::Timeouts*, 2> limits_{};
  Nanos try_deadline_ = 0;
  /// The innermost failover service whose main service is being asked; null for most requests.
  Failover* failover_ = nullptr;
  Reason reason_ = Reason::kNone;
  std::string_view fault_;
  std::uint16_t status_ = 0;
  std::uint16_t origin_status_ = 0;
  std::uint32_t tries_ = 0;
  /// Those of them that followed another one at the same service.
  std::uint32_t retries_ = 0;
  /// The try whose interim responses the client has seen; those of others are kept from it.
  std::uint32_t interim_try_ = 0;
  bool begun_ = false;
  bool logged_ = false;
  Nanos started_ = 0;
  Nanos accepted_ = 0;
  Nanos middlewares_done_ = 0;
  std::uint32_t number_ = 0;
  /// As many as there were tries.
  TryNote notes_[kMostReceiptTries];
  Nanos origin_duration_ = 0;
  char request_id_[16];
};

}  // namespace fairlead::exchange
